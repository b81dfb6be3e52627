// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {OrderRequest, OrderResult, SelfTrade, TimeInForce} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {FillRule} from "../risk/FillRule.sol";
import {Mark} from "../risk/Mark.sol";
import {Settlement} from "../risk/Settlement.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Order, OrderLibrary} from "../types/Order.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Book} from "./Book.sol";
import {Matching} from "./Matching.sol";
import {OrderDesk} from "./OrderDesk.sol";
import {OrderRules} from "./OrderRules.sol";
import {SelfTrades} from "./SelfTrades.sol";

/**
 * Placing an order: match it, then rest what is left. Linked library; `account` is the caller's own, or one that it may trade for.
 * Whatever takes liquidity for an account comes through here: new orders, amended ones, closes, triggers.
 */
library Trading {
    using Book for Book.State;

    /// @notice See IExchange.placeOrder.
    function place(
        ExchangeState storage state,
        uint256 account,
        OrderRequest memory request
    ) external returns (OrderResult memory result) {
        Market storage market = state.markets[request.market];
        bool crosses = _crosses(market, request);
        if (!crosses && !request.reduceOnly && OrderRules.mayRest(request)) {
            result.orderId = uint64(_placeResting(state, market, account, request));
            return result;
        }
        return _take(state, market, account, request, crosses);
    }

    // ------------------------------------------------------------------------------------------------ private

    /// @dev An order that crosses, or that only reduces, or that never rests.
    function _take(
        ExchangeState storage state,
        Market storage market,
        uint256 account,
        OrderRequest memory request,
        bool crosses
    ) private returns (OrderResult memory result) {
        MarketContext memory ctx = Mark.load(market, request.market);
        {
            (bool insolvent, ) = Upkeep.accrue(market, ctx);
            if (insolvent) revert IExchangeErrors.MarketInsolvent(ctx.id);
            if (crosses) Upkeep.observe(market, ctx); // what only rests is judged when it fills
        }
        if (request.leverage == 0) request.leverage = uint8(_leverageOf(market, account, request.reduceOnly));
        OrderRules.validate(market, request);
        if (crosses && request.timeInForce == TimeInForce.PostOnly) {
            revert IExchangeErrors.PostOnlyWouldCross(ctx.id, request.tick, market.book.best(!request.isBid));
        }
        Matching.Taker memory t = _takerOf(market, ctx, account, request, crosses);
        t.funds = Ledger.freeOf(state, account);
        _fill(state, market, ctx, t, request);
        if (_mayRest(market, t, request)) {
            result.orderId = uint64(_rest(state, market, account, t.remaining, request, t.funds));
        } else {
            Ledger.setFree(state, account, t.funds);
        }
        result.filledLots = t.filled;
        result.filledNotional = t.notional;
        result.steps = request.maxSteps - t.steps;
    }

    function _takerOf(
        Market storage market,
        MarketContext memory ctx,
        uint256 account,
        OrderRequest memory request,
        bool crosses
    ) private view returns (Matching.Taker memory t) {
        t.loan.account = account;
        if (crosses || request.reduceOnly) t.loan = Settlement.load(market, ctx, account);
        t.terms = FillRule.Terms({
            buys: request.isBid,
            feeRate: int256(uint256(ctx.config.takerFeeRate)),
            leverage: request.leverage,
            isMaker: false,
            agedPriceMayOpen: false
        });
        t.remaining = request.lots;
        if (request.reduceOnly) {
            t.remaining = FillRule.closingLots(t.loan.position, request.isBid, request.lots);
            if (t.remaining == 0) revert IExchangeErrors.NothingToReduce(account);
        }
        t.limitTick = request.tick;
        t.steps = request.maxSteps;
        t.minds = request.selfTrade != SelfTrade.CancelResting;
    }

    /// @dev Matches and writes what that changed, but for the free collateral of the taker.
    function _fill(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Matching.Taker memory t,
        OrderRequest memory request
    ) private {
        uint256 wanted = t.remaining;
        Tally memory tally;
        _match(state, market, ctx, t, tally, request.selfTrade);
        if (t.filled != 0) Settlement.store(market, ctx, tally, t.loan);
        else _requireNotRefused(ctx, t);
        if (request.timeInForce == TimeInForce.FillOrKill && t.filled != wanted) {
            revert IExchangeErrors.FillOrKillFailed(t.loan.account, t.filled, wanted);
        }
        Ledger.apply_(state, market, ctx, tally);
    }

    /// @dev Of a taker that filled nothing: earlier fills would stay.
    function _requireNotRefused(MarketContext memory ctx, Matching.Taker memory t) private pure {
        if (t.refusal == FillRule.Refusal.PriceTooOld) {
            revert IExchangeErrors.PriceTooOldToTrade(ctx.id, ctx.age, ctx.config.tradeAge);
        }
        if (t.refusal != FillRule.Refusal.None) {
            revert IExchangeErrors.FillRefused(t.loan.account, uint256(t.refusal));
        }
    }

    /// @dev Runs the taker through the book, past its own orders if it minds them.
    function _match(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Matching.Taker memory t,
        Tally memory tally,
        SelfTrade mode
    ) private {
        while (true) {
            Matching.run(state, market, ctx, t, tally);
            if (t.own == 0) return;
            (uint256 lost, uint256 freed) = SelfTrades.prevent(market, ctx.id, mode, t.own, t.remaining);
            (t.own, t.remaining, t.funds) = (0, t.remaining - lost, t.funds + freed);
        }
    }

    /// @dev An order that only rests fills nothing: it needs a usable price and a solvent market, and is judged when it fills. The same
    /// checks in the same order as above.
    function _placeResting(
        ExchangeState storage state,
        Market storage market,
        uint256 account,
        OrderRequest memory request
    ) private returns (uint256 orderId) {
        (uint256 price, ) = Mark.current(market, request.market);
        Upkeep.requireOpen(market, request.market, price);
        if (request.leverage == 0) request.leverage = uint8(_leverageOf(market, account, false));
        OrderRules.validate(market, request);
        return _rest(state, market, account, request.lots, request, Ledger.freeOf(state, account));
    }

    /// @dev The account's setting. What only reduces needs none.
    function _leverageOf(Market storage market, uint256 account, bool reduceOnly) private view returns (uint256) {
        return reduceOnly ? 1 : market.orderMargins[account].leverage();
    }

    /// @dev A refused taker's rest is cancelled; so is one whose budget ended, that still crosses, or that is dust.
    function _mayRest(
        Market storage market,
        Matching.Taker memory t,
        OrderRequest memory request
    ) private view returns (bool) {
        if (t.remaining == 0 || !OrderRules.mayRest(request)) return false;
        if (t.refusal != FillRule.Refusal.None || t.exhausted) return false;
        // what a fill or the reduce-only clip left over may be dust
        unchecked {
            if (t.remaining * request.tick * market.config.tickValue < market.config.minNotional) return false;
        }
        return !_crosses(market, request);
    }

    function _crosses(Market storage market, OrderRequest memory request) private view returns (bool) {
        uint256 opposite = market.book.best(!request.isBid);
        return opposite != 0 && (request.isBid ? request.tick >= opposite : request.tick <= opposite);
    }

    /// @dev Rests `lots` and writes the account's free collateral: `funds` less what they hold back.
    function _rest(
        ExchangeState storage state,
        Market storage market,
        uint256 account,
        uint256 lots,
        OrderRequest memory request,
        uint256 funds
    ) private returns (uint256 orderId) {
        Order order = OrderLibrary.make(account, request.isBid, request.tick, lots, request.leverage, request.expiry);
        order = order.withTerms(
            request.reduceOnly,
            request.timeInForce == TimeInForce.PostOnly,
            uint256(request.selfTrade)
        );
        uint256 held;
        (orderId, held) = OrderDesk.rest(market, order);
        if (held > funds) revert IExchangeErrors.InsufficientFreeCollateral(account, funds, held);
        emit IExchangeEvents.OrderPlaced(
            request.market,
            account,
            orderId,
            order.isBid(),
            order.tick(),
            lots,
            order.reduceOnly(),
            order.leverage(),
            order.expiry(),
            request.clientId,
            market.book.nextSequence()
        );
        unchecked {
            Ledger.setFree(state, account, funds - held);
        }
    }
}
