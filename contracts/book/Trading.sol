// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {OrderRequest, OrderResult, TimeInForce} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {FillRule} from "../risk/FillRule.sol";
import {Gate} from "../risk/Gate.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {Settlement} from "../risk/Settlement.sol";
import {PIPS} from "../types/MarketConfig.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Order, OrderLibrary} from "../types/Order.sol";
import {Position} from "../types/Position.sol";
import {Rounding} from "../types/Rounding.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Book} from "./Book.sol";
import {Matching} from "./Matching.sol";
import {OrderDesk} from "./OrderDesk.sol";

/**
 * What an account does for itself: orders and margin. Linked library; `account` is the caller's own.
 */
library Trading {
    using Book for Book.State;
    using Margin for Position;

    /// @notice See IExchange.placeOrder.
    function place(
        ExchangeState storage state,
        uint256 account,
        OrderRequest calldata request
    ) external returns (OrderResult memory result) {
        Market storage market = state.markets[request.market];
        MarketContext memory ctx = Mark.load(market, request.market);
        _requireSolvent(market, ctx);
        _validate(ctx, request);

        Matching.Taker memory t;
        t.loan = Settlement.load(market, ctx, account);
        t.terms = FillRule.Terms({
            buys: request.isBid,
            feeRate: ctx.config.takerFeeRate,
            leverage: request.leverage,
            agedPriceMayOpen: false
        });
        t.funds = Ledger.freeOf(state, account);
        t.remaining = request.lots;
        if (request.reduceOnly) {
            t.remaining = FillRule.closingLots(t.loan.position, request.isBid, request.lots);
            if (t.remaining == 0) revert IExchangeErrors.NothingToReduce(account);
        }
        t.limitTick = request.tick;
        t.steps = request.maxSteps;

        Tally memory tally;
        Matching.run(state, market, ctx, t, tally);
        if (t.filled != 0) Settlement.store(market, ctx, t.loan);
        else if (t.refusal == FillRule.Refusal.PriceTooOld) {
            revert IExchangeErrors.PriceTooOldToTrade(ctx.id, ctx.age, ctx.config.tradeAge);
        } else if (t.refusal != FillRule.Refusal.None) {
            revert IExchangeErrors.FillRefused(account, uint256(t.refusal));
        }
        if (_mayRest(market, t, request)) result.orderId = uint64(_rest(market, ctx, t, request));
        Ledger.setFree(state, account, t.funds);
        Ledger.apply_(state, market, ctx, tally);
        result.filledLots = t.filled;
        result.filledNotional = t.notional;
        result.steps = request.maxSteps - t.steps;
    }

    /// @notice See IExchange.cancelOrder.
    function cancel(ExchangeState storage state, uint256 account, uint256 marketId, uint256 orderId) external {
        Market storage market = _market(state, marketId);
        (uint256 slot, Order order) = market.book.find(orderId);
        if (order.account() != account) revert IExchangeErrors.NotOrderOwner(orderId, account);
        uint256 freed = OrderDesk.remove(market, marketId, slot, order, IExchangeEvents.RemovalReason.Cancelled);
        Ledger.credit(state, account, freed);
    }

    /// @notice See IExchange.cancelAll.
    function cancelAll(ExchangeState storage state, uint256 account, uint256 marketId) external returns (uint256) {
        Market storage market = _market(state, marketId);
        return OrderDesk.removeAll(state, market, marketId, account, IExchangeEvents.RemovalReason.Cancelled);
    }

    /// @notice See IExchange.addMargin. Needs a price only to know whether the market is solvent; without one, nothing can be
    /// traded or resolved either, and margin may be added.
    function addMargin(ExchangeState storage state, uint256 account, uint256 marketId, uint256 amount) external {
        if (amount == 0) revert IExchangeErrors.ZeroAmount();
        Market storage market = _market(state, marketId);
        (bool priced, MarketContext memory ctx) = Mark.tryLoad(market, marketId);
        Settlement.Loan memory loan = _loan(market, ctx, account);
        if (priced) {
            (bool insolvent, bool isLong) = Gate.refresh(market, ctx);
            if (insolvent && loan.position.isLong() != isLong) revert IExchangeErrors.MarketInsolvent(marketId);
        } else if (market.taken != 0) {
            bool isLong = market.positions[market.taken].load().isLong();
            if (loan.position.isLong() != isLong) revert IExchangeErrors.MarketInsolvent(marketId);
        }
        Ledger.debit(state, account, amount);
        loan.position.margin += int256(amount);
        Settlement.store(market, ctx, loan);
        market.pot += SafeCast.toUint128(amount);
        emit IExchangeEvents.MarginAdded(marketId, account, amount);
    }

    /// @notice See IExchange.removeMargin.
    function removeMargin(ExchangeState storage state, uint256 account, uint256 marketId, uint256 amount) external {
        if (amount == 0) revert IExchangeErrors.ZeroAmount();
        Market storage market = state.markets[marketId];
        MarketContext memory ctx = Mark.load(market, marketId);
        _requireSolvent(market, ctx);
        Settlement.Loan memory loan = _loan(market, ctx, account);
        Position memory p = loan.position;
        int256 equity = p.equity(ctx);
        int256 ceiling = p.margin < equity ? p.margin : equity;
        uint256 available = Rounding.positivePart(ceiling - int256(Margin.openRequirement(ctx, p.size())));
        if (amount > available) revert IExchangeErrors.InsufficientMargin(account, available, amount);
        p.margin -= int256(amount);
        Settlement.store(market, ctx, loan);
        market.pot -= SafeCast.toUint128(amount);
        Ledger.credit(state, account, amount);
        emit IExchangeEvents.MarginRemoved(marketId, account, amount);
    }

    /// @notice See IExchange.poke.
    function poke(ExchangeState storage state, uint256 marketId) external returns (bool insolvent) {
        Market storage market = state.markets[marketId];
        (insolvent, ) = Gate.refresh(market, Mark.load(market, marketId));
    }

    // ------------------------------------------------------------------------------------------------ private

    function _market(ExchangeState storage state, uint256 marketId) private view returns (Market storage market) {
        market = state.markets[marketId];
        if (address(market.config.source) == address(0)) revert IExchangeErrors.UnknownMarket(marketId);
    }

    function _requireSolvent(Market storage market, MarketContext memory ctx) private {
        (bool insolvent, ) = Gate.refresh(market, ctx);
        if (insolvent) revert IExchangeErrors.MarketInsolvent(ctx.id);
    }

    function _loan(
        Market storage market,
        MarketContext memory ctx,
        uint256 account
    ) private view returns (Settlement.Loan memory loan) {
        loan = Settlement.load(market, ctx, account);
        if (loan.position.lots == 0) revert IExchangeErrors.NoPosition(ctx.id, account);
    }

    function _validate(MarketContext memory ctx, OrderRequest calldata request) private view {
        if (request.tick == 0) revert IExchangeErrors.InvalidTick(request.tick);
        if (request.lots == 0) revert IExchangeErrors.InvalidLots(request.lots);
        uint256 notional = uint256(request.lots) * request.tick * ctx.config.tickValue;
        // the last dust of a position can be closed, but no dust ever rests
        bool closesDust = request.reduceOnly && request.timeInForce == TimeInForce.ImmediateOrCancel;
        if (!closesDust && notional < ctx.config.minNotional) {
            revert IExchangeErrors.NotionalTooSmall(notional, ctx.config.minNotional);
        }
        uint256 maxLeverage = PIPS / ctx.config.initialRate;
        if (request.leverage == 0 || request.leverage > maxLeverage) {
            revert IExchangeErrors.InvalidLeverage(request.leverage, maxLeverage);
        }
        if (request.expiry != 0 && request.expiry < block.timestamp) {
            revert IExchangeErrors.OrderExpired(request.expiry);
        }
        if (request.maxSteps == 0 || request.maxSteps > ctx.config.maxSteps) {
            revert IExchangeErrors.InvalidStepBudget(request.maxSteps, ctx.config.maxSteps);
        }
    }

    /// @dev A refused taker's rest is cancelled; so is one whose budget ended, that still crosses, or that is dust.
    function _mayRest(
        Market storage market,
        Matching.Taker memory t,
        OrderRequest calldata request
    ) private view returns (bool) {
        if (t.remaining == 0 || request.timeInForce != TimeInForce.GoodTilCancelled) return false;
        if (t.refusal != FillRule.Refusal.None || t.exhausted) return false;
        // what a fill or the reduce-only clip left over may be dust
        if (t.remaining * request.tick * market.config.tickValue < market.config.minNotional) return false;
        uint256 opposite = market.book.best(!request.isBid);
        return opposite == 0 || (request.isBid ? request.tick < opposite : request.tick > opposite);
    }

    function _rest(
        Market storage market,
        MarketContext memory ctx,
        Matching.Taker memory t,
        OrderRequest calldata request
    ) private returns (uint256 orderId) {
        OrderLibrary.Fields memory f;
        f.account = t.loan.account;
        f.tick = request.tick;
        f.lots = t.remaining;
        f.expiry = request.expiry;
        f.leverage = request.leverage;
        f.isBid = request.isBid;
        f.reduceOnly = request.reduceOnly;
        uint256 held;
        (orderId, held) = OrderDesk.rest(market, f);
        if (held > t.funds) revert IExchangeErrors.InsufficientFreeCollateral(f.account, t.funds, held);
        t.funds -= held;
        emit IExchangeEvents.OrderPlaced(
            ctx.id,
            f.account,
            orderId,
            f.isBid,
            f.tick,
            f.lots,
            f.reduceOnly,
            f.leverage,
            f.expiry,
            request.clientId
        );
    }
}
