// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {PIPS} from "../types/MarketConfig.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";

/**
 * Free collateral, pots, the insurance fund's claim and the keeper reserve. Moves numbers, never tokens.
 */
library Ledger {
    /// @dev What always stays of the fund's claim, quote atoms: with a claim of zero under existing shares, the next stake would
    /// mint shares without bound.
    uint256 internal constant CLAIM_FLOOR = 1e6;

    using SafeCast for int256;
    using SafeCast for uint256;

    function freeOf(ExchangeState storage state, uint256 account) internal view returns (uint256) {
        return state.accounts[account].free;
    }

    function setFree(ExchangeState storage state, uint256 account, uint256 amount) internal {
        if (amount > type(uint96).max) revert IExchangeErrors.BalanceOverflow(account);
        state.accounts[account].free = uint96(amount);
    }

    function credit(ExchangeState storage state, uint256 account, uint256 amount) internal {
        if (amount != 0) setFree(state, account, freeOf(state, account) + amount);
    }

    function debit(ExchangeState storage state, uint256 account, uint256 amount) internal {
        uint256 free = freeOf(state, account);
        if (amount > free) revert IExchangeErrors.InsufficientFreeCollateral(account, free, amount);
        setFree(state, account, free - amount);
    }

    /// @notice What the fund can pay to this market now: its claim less the floor, up to what is left of the day's cap. Quote atoms.
    function coverAvailable(
        ExchangeState storage state,
        Market storage market,
        uint256 dailyCap
    ) internal view returns (uint256) {
        uint256 left = coverLeft(market, dailyCap);
        uint256 payable_ = state.insurance > CLAIM_FLOOR ? state.insurance - CLAIM_FLOOR : 0;
        return payable_ < left ? payable_ : left;
    }

    /// @notice What is left of the market's cap for today. Quote atoms.
    function coverLeft(Market storage market, uint256 dailyCap) internal view returns (uint256) {
        uint256 drawn = market.coverDay == block.timestamp / 1 days ? market.coverDrawn : 0;
        return drawn < dailyCap ? dailyCap - drawn : 0;
    }

    /// @notice Writes what a call changed in the totals.
    function apply_(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Tally memory tally
    ) internal {
        // checked casts: by the theorem a pot never goes below zero, and if it did, the call must fail
        if (tally.pot != 0) {
            market.pot = (int256(uint256(market.pot)) + tally.pot).toUint256().toUint128();
        }
        if (tally.openInterest != 0) {
            market.openInterest = (int256(uint256(market.openInterest)) + tally.openInterest).toUint256().toUint64();
        }
        if (tally.cover != 0) {
            uint256 today = block.timestamp / 1 days;
            uint256 drawn = market.coverDay == today ? market.coverDrawn : 0;
            market.coverDay = uint32(today);
            market.coverDrawn = (drawn + tally.cover).toUint96();
        }
        if (tally.fees != 0 || tally.cover != 0) {
            uint256 toFund = (tally.fees * ctx.config.insuranceShare) / PIPS;
            state.insurance = (state.insurance + toFund - tally.cover).toUint128();
            state.keeperReserve = (state.keeperReserve + tally.fees - toFund).toUint128();
        }
    }
}
