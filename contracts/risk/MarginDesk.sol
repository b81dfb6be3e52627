// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ExchangeState, Market, TopUp} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {PIPS} from "../types/MarketConfig.sol";
import {MarketContext, MarketStatus, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Rounding} from "../types/Rounding.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Margin} from "./Margin.sol";
import {Mark} from "./Mark.sol";
import {Settlement} from "./Settlement.sol";
import {Upkeep} from "./Upkeep.sol";

/**
 * Margin in and out of an open position without a trade: by its owner, or by anyone within the owner's top-up order; and the
 * account's leverage setting. Linked library.
 */
library MarginDesk {
    using Book for Book.State;
    using Margin for Position;

    /// @dev A top-up moves at least this much, quote atoms: each one pays a tip.
    uint256 internal constant MIN_TOP_UP = 10e6;
    /// @dev 0.1 % of what is moved, at most 1 unit of the collateral: about the gas of the call, and no business.
    uint256 internal constant TIP_RATE = 1_000;
    uint256 internal constant MAX_TIP = 1e6;

    /// @notice See IExchange.addMargin. Needs a price only to know whether the market is solvent; without one, nothing can be
    /// traded or resolved either, and margin may be added.
    function add(ExchangeState storage state, uint256 account, uint256 marketId, uint256 amount) external {
        if (amount == 0) revert IExchangeErrors.ZeroAmount();
        Market storage market = state.markets[marketId];
        if (address(market.config.source) == address(0)) revert IExchangeErrors.UnknownMarket(marketId);
        if (market.status == MarketStatus.Retired) revert IExchangeErrors.MarketRetired(marketId);
        (bool priced, MarketContext memory ctx) = Mark.tryLoad(market, marketId);
        bool insolvent;
        bool isLong;
        if (priced) {
            (insolvent, isLong) = Upkeep.run(market, ctx);
        } else if (market.taken != 0) {
            (insolvent, isLong) = (true, market.positions[market.taken].load().isLong());
        }
        Settlement.Loan memory loan = _loan(market, ctx, account);
        if (insolvent && loan.position.isLong() != isLong) revert IExchangeErrors.MarketInsolvent(marketId);
        Ledger.debit(state, account, amount);
        _put(state, market, ctx, loan, amount);
        emit IExchangeEvents.MarginAdded(marketId, account, amount, market.book.nextSequence());
    }

    /// @notice See IExchange.removeMargin. Taking margin out is taking leverage: it needs a price that may open exposure, and the surcharge on new exposure applies to all lots: taking margin out of them is new leverage.
    function remove(ExchangeState storage state, uint256 account, uint256 marketId, uint256 amount) external {
        if (amount == 0) revert IExchangeErrors.ZeroAmount();
        Market storage market = state.markets[marketId];
        MarketContext memory ctx = Mark.load(market, marketId);
        Mark.requireTradeAge(ctx);
        Upkeep.requireSolvent(market, ctx);
        Settlement.Loan memory loan = _loan(market, ctx, account);
        Position memory p = loan.position;
        int256 equity = p.equity(ctx);
        int256 ceiling = p.margin < equity ? p.margin : equity;
        int256 needed = int256(Margin.openRequirement(ctx, p.size(), p.size()));
        uint256 available = Rounding.positivePart(ceiling - needed);
        if (amount > available) revert IExchangeErrors.InsufficientMargin(account, available, amount);
        p.margin -= int256(amount);
        p.grownAt = block.timestamp; // new leverage has to mature as new lots do
        Tally memory tally;
        tally.pot = -int256(amount);
        Settlement.store(market, ctx, tally, loan);
        Ledger.credit(state, account, amount);
        emit IExchangeEvents.MarginRemoved(marketId, account, amount, market.book.nextSequence());
        Ledger.apply_(state, market, ctx, tally);
    }

    /// @notice See IExchange.setLeverage.
    function setLeverage(ExchangeState storage state, uint256 account, uint256 marketId, uint256 leverage) external {
        Market storage market = state.markets[marketId];
        if (address(market.config.source) == address(0)) revert IExchangeErrors.UnknownMarket(marketId);
        uint256 highest = PIPS / market.config.initialRate;
        if (leverage == 0 || leverage > highest) revert IExchangeErrors.InvalidLeverage(leverage, highest);
        market.orderMargins[account] = market.orderMargins[account].withLeverage(leverage);
        emit IExchangeEvents.LeverageSet(marketId, account, leverage, market.book.nextSequence());
    }

    /// @notice See IExchange.setTopUp.
    function setTopUp(
        ExchangeState storage state,
        uint256 account,
        uint256 marketId,
        uint256 triggerRate,
        uint256 maximum
    ) external {
        Market storage market = state.markets[marketId];
        if (address(market.config.source) == address(0)) revert IExchangeErrors.UnknownMarket(marketId);
        // above the initial rate it could be called for a position that was just opened
        uint256 highest = market.config.initialRate;
        if (triggerRate > highest) revert IExchangeErrors.InvalidTrigger(triggerRate, highest);
        if (maximum > type(uint96).max) revert IExchangeErrors.BalanceOverflow(account);
        market.topUps[account] = TopUp(uint24(triggerRate), uint96(maximum));
        emit IExchangeEvents.TopUpSet(marketId, account, triggerRate, maximum, market.book.nextSequence());
    }

    /// @notice See IExchange.topUp.
    function topUp(ExchangeState storage state, uint256 marketId, uint256 account) external returns (uint256 amount) {
        Market storage market = state.markets[marketId];
        MarketContext memory ctx = Mark.load(market, marketId);
        Upkeep.requireSolvent(market, ctx);
        Settlement.Loan memory loan = _loan(market, ctx, account);
        amount = _topUpAmount(market, ctx, account, loan.position);
        uint256 tip;
        uint256 caller = state.accountOf[msg.sender];
        if (caller != 0 && caller != account) tip = Math.min((amount * TIP_RATE) / PIPS, MAX_TIP);
        uint256 remaining = market.topUps[account].remaining;
        if (amount + tip > remaining) revert IExchangeErrors.InsufficientTopUp(account, remaining, amount + tip);
        market.topUps[account].remaining = uint96(remaining - amount - tip);
        Ledger.debit(state, account, amount + tip);
        Ledger.credit(state, caller, tip);
        _put(state, market, ctx, loan, amount);
        emit IExchangeEvents.ToppedUp(marketId, account, msg.sender, amount, tip, market.book.nextSequence());
    }

    /// @dev What brings the position to initial margin; at least the minimum that a top-up moves.
    function _topUpAmount(
        Market storage market,
        MarketContext memory ctx,
        uint256 account,
        Position memory p
    ) private view returns (uint256) {
        uint256 trigger = market.topUps[account].triggerRate;
        if (trigger == 0) revert IExchangeErrors.NoTopUp(ctx.id, account);
        int256 equity = p.equity(ctx);
        // the initial rate may have been lowered since: a position above it needs nothing
        trigger = Math.min(trigger, ctx.config.initialRate);
        uint256 floor_ = Margin.requirement(p.size(), ctx.price, trigger);
        if (equity >= int256(floor_)) revert IExchangeErrors.AboveTrigger(account, equity, floor_);
        int256 missing = int256(Margin.openRequirement(ctx, p.size(), 0)) - equity;
        return Math.max(Rounding.positivePart(missing), MIN_TOP_UP);
    }

    /// @dev Puts `amount` into a position on loan and writes it back.
    function _put(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Settlement.Loan memory loan,
        uint256 amount
    ) private {
        loan.position.margin += int256(amount);
        Tally memory tally;
        tally.pot = int256(amount);
        Settlement.store(market, ctx, tally, loan);
        Ledger.apply_(state, market, ctx, tally);
    }

    function _loan(
        Market storage market,
        MarketContext memory ctx,
        uint256 account
    ) private view returns (Settlement.Loan memory loan) {
        loan = Settlement.load(market, ctx, account);
        if (loan.position.lots == 0) revert IExchangeErrors.NoPosition(ctx.id, account);
    }
}
