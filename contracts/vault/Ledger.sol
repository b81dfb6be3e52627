// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ExchangeState, Market, Monitor} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Breaker} from "../risk/Breaker.sol";
import {PIPS} from "../types/MarketConfig.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";

/**
 * Free collateral, pots, the insurance fund's claim, the keeper reserve and the treasury. Moves numbers, never tokens.
 */
library Ledger {
    /// @dev What always stays of the fund's claim, quote atoms: with a claim of zero under existing shares, the next stake would
    /// mint shares without bound.
    uint256 internal constant CLAIM_FLOOR = 1e6;

    using Book for Book.State;
    using SafeCast for int256;
    using SafeCast for uint256;

    function freeOf(ExchangeState storage state, uint256 account) internal view returns (uint256) {
        return state.accounts[account].free;
    }

    /// @notice Writes free collateral and says so, if it is another amount.
    function setFree(ExchangeState storage state, uint256 account, uint256 amount) internal {
        if (amount == state.accounts[account].free) return;
        _write(state, account, amount);
        emit IExchangeEvents.FreeCollateralChanged(account, amount);
    }

    function credit(ExchangeState storage state, uint256 account, uint256 amount) internal {
        if (amount != 0) setFree(state, account, freeOf(state, account) + amount);
    }

    /// @notice Like `credit`, for a caller whose own event gives the amount.
    function creditSilently(ExchangeState storage state, uint256 account, uint256 amount) internal {
        if (amount != 0) _write(state, account, freeOf(state, account) + amount);
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

    /// @notice Writes what a call changed in the totals. Call it after everything else.
    function apply_(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Tally memory tally
    ) internal {
        if (tally.pot != 0 || tally.openInterest != 0 || tally.longValue != 0) _applyTotals(market, ctx, tally);
        if (tally.cover != 0) {
            uint256 today = block.timestamp / 1 days;
            uint256 drawn = market.coverDay == today ? market.coverDrawn : 0;
            market.coverDay = uint24(today);
            market.coverDrawn = (drawn + tally.cover).toUint96();
        }
        if (tally.fees != 0 || tally.cover != 0) {
            uint256 toFund = (tally.fees * ctx.config.insuranceShare) / PIPS;
            uint256 toTreasury = (tally.fees * ctx.config.treasuryShare) / PIPS;
            setReserves(
                state,
                state.insurance + toFund - tally.cover,
                state.keeperReserve + tally.fees - toFund - toTreasury,
                state.treasury + toTreasury
            );
        }
    }

    /// @notice Writes the three reserves.
    function setReserves(
        ExchangeState storage state,
        uint256 insurance,
        uint256 keeperReserve,
        uint256 treasury
    ) internal {
        (state.insurance, state.keeperReserve, state.treasury) = (
            insurance.toUint96(),
            keeperReserve.toUint80(),
            treasury.toUint80()
        );
        emit IExchangeEvents.ReservesChanged(insurance, keeperReserve, treasury);
    }

    /// @dev Checked casts: by the theorem a pot never goes below zero, and if it did, the call must fail.
    function _applyTotals(Market storage market, MarketContext memory ctx, Tally memory tally) private {
        uint256 pot = (int256(uint256(market.pot)) + tally.pot).toUint256();
        uint256 open = (int256(uint256(market.openInterest)) + tally.openInterest).toUint256();
        (market.pot, market.openInterest, market.longValue) = (
            pot.toUint96(),
            open.toUint64(),
            (market.longValue + tally.longValue).toInt96()
        );
        if (tally.openInterest != 0) _applyGrowth(market, tally.openInterest);
        emit IExchangeEvents.MarketTotals(ctx.id, pot, open, market.book.nextSequence());
    }

    /// @dev What grows uses the allowance up, what closes gives it back.
    function _applyGrowth(Market storage market, int256 growth) private {
        Monitor memory m = market.monitor;
        int256 used = int256(Breaker.growthUsed(market.risk, m)) + growth;
        if (used <= 0 && m.growthUsed == 0) return;
        market.monitor.growthUsed = used <= 0 ? 0 : uint256(used).toUint40();
        market.monitor.growthAt = uint32(block.timestamp);
    }

    function _write(ExchangeState storage state, uint256 account, uint256 amount) private {
        if (amount > type(uint96).max) revert IExchangeErrors.BalanceOverflow(account);
        state.accounts[account].free = uint96(amount);
    }
}
