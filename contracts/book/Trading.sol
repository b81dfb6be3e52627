// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {OrderRequest, OrderResult, TimeInForce} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {FillRule} from "../risk/FillRule.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {Settlement} from "../risk/Settlement.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {PIPS} from "../types/MarketConfig.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {OrderLibrary} from "../types/Order.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Book} from "./Book.sol";
import {Matching} from "./Matching.sol";
import {OrderDesk} from "./OrderDesk.sol";

/**
 * Placing orders. Linked library; `account` is the caller's own, or one that it may trade for.
 */
library Trading {
    using Book for Book.State;
    using Margin for Position;
    using SafeCast for uint256;

    /// @notice See IExchange.placeOrder.
    function place(
        ExchangeState storage state,
        uint256 account,
        OrderRequest calldata request
    ) external returns (OrderResult memory) {
        return _place(state, account, request);
    }

    /// @notice See IExchange.closePosition.
    function close(
        ExchangeState storage state,
        uint256 account,
        uint256 marketId,
        uint256 limitTick,
        uint256 maxSteps
    ) external returns (OrderResult memory) {
        Position memory p = _market(state, marketId).positions[account].load();
        if (p.lots == 0) revert IExchangeErrors.NoPosition(marketId, account);
        return
            _place(
                state,
                account,
                OrderRequest({
                    market: uint32(marketId),
                    isBid: p.lots < 0,
                    tick: limitTick.toUint24(),
                    lots: uint40(Math.min(p.size(), type(uint40).max)),
                    timeInForce: TimeInForce.ImmediateOrCancel,
                    reduceOnly: true,
                    leverage: 0,
                    expiry: 0,
                    maxSteps: maxSteps.toUint16(),
                    clientId: 0
                })
            );
    }

    /// @notice See IExchange.poke.
    function poke(ExchangeState storage state, uint256 marketId) external returns (bool insolvent) {
        Market storage market = state.markets[marketId];
        (insolvent, ) = Upkeep.run(market, Mark.load(market, marketId));
    }

    // ------------------------------------------------------------------------------------------------ private

    function _place(
        ExchangeState storage state,
        uint256 account,
        OrderRequest memory request
    ) private returns (OrderResult memory result) {
        Market storage market = state.markets[request.market];
        bool crosses = _crosses(market, request);
        if (!crosses && !request.reduceOnly && request.timeInForce == TimeInForce.GoodTilCancelled) {
            result.orderId = uint64(_placeResting(state, market, account, request));
            return result;
        }
        MarketContext memory ctx = Mark.load(market, request.market);
        {
            (bool insolvent, ) = Upkeep.accrue(market, ctx);
            if (insolvent) revert IExchangeErrors.MarketInsolvent(ctx.id);
            if (crosses) Upkeep.observe(market, ctx); // what only rests is judged when it fills
        }
        if (request.leverage == 0) request.leverage = uint8(_leverageOf(market, account, request.reduceOnly));
        _validate(market, request);

        Matching.Taker memory t;
        t.loan.account = account;
        if (crosses || request.reduceOnly) t.loan = Settlement.load(market, ctx, account);
        t.terms = FillRule.Terms({
            buys: request.isBid,
            feeRate: int256(uint256(ctx.config.takerFeeRate)),
            leverage: request.leverage,
            isMaker: false,
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
        if (t.filled != 0) Settlement.store(market, ctx, tally, t.loan);
        else if (t.refusal == FillRule.Refusal.PriceTooOld) {
            revert IExchangeErrors.PriceTooOldToTrade(ctx.id, ctx.age, ctx.config.tradeAge);
        } else if (t.refusal != FillRule.Refusal.None) {
            revert IExchangeErrors.FillRefused(account, uint256(t.refusal));
        }
        if (_mayRest(market, t, request)) {
            result.orderId = uint64(_rest(state, market, account, t.remaining, request, t.funds));
        } else {
            Ledger.setFree(state, account, t.funds);
        }
        Ledger.apply_(state, market, ctx, tally);
        result.filledLots = t.filled;
        result.filledNotional = t.notional;
        result.steps = request.maxSteps - t.steps;
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
        _validate(market, request);
        return _rest(state, market, account, request.lots, request, Ledger.freeOf(state, account));
    }

    /// @dev The account's setting. What only reduces needs none.
    function _leverageOf(Market storage market, uint256 account, bool reduceOnly) private view returns (uint256) {
        return reduceOnly ? 1 : market.orderMargins[account].leverage();
    }

    function _market(ExchangeState storage state, uint256 marketId) private view returns (Market storage market) {
        market = state.markets[marketId];
        if (address(market.config.source) == address(0)) revert IExchangeErrors.UnknownMarket(marketId);
    }

    function _validate(Market storage market, OrderRequest memory request) private view {
        uint256 minNotional = market.config.minNotional;
        uint256 maxSteps = market.config.maxSteps;
        if (request.tick == 0) revert IExchangeErrors.InvalidTick(request.tick);
        if (request.lots == 0) revert IExchangeErrors.InvalidLots(request.lots);
        uint256 notional = uint256(request.lots) * request.tick * market.config.tickValue;
        // the last dust of a position can be closed, but no dust ever rests
        bool closesDust = request.reduceOnly && request.timeInForce == TimeInForce.ImmediateOrCancel;
        if (!closesDust && notional < minNotional) {
            revert IExchangeErrors.NotionalTooSmall(notional, minNotional);
        }
        uint256 maxLeverage = PIPS / market.config.initialRate;
        if (request.leverage == 0 || request.leverage > maxLeverage) {
            revert IExchangeErrors.InvalidLeverage(request.leverage, maxLeverage);
        }
        if (request.expiry != 0 && request.expiry < block.timestamp) {
            revert IExchangeErrors.OrderExpired(request.expiry);
        }
        if (request.maxSteps == 0 || request.maxSteps > maxSteps) {
            revert IExchangeErrors.InvalidStepBudget(request.maxSteps, maxSteps);
        }
    }

    /// @dev A refused taker's rest is cancelled; so is one whose budget ended, that still crosses, or that is dust.
    function _mayRest(
        Market storage market,
        Matching.Taker memory t,
        OrderRequest memory request
    ) private view returns (bool) {
        if (t.remaining == 0 || request.timeInForce != TimeInForce.GoodTilCancelled) return false;
        if (t.refusal != FillRule.Refusal.None || t.exhausted) return false;
        // what a fill or the reduce-only clip left over may be dust
        if (t.remaining * request.tick * market.config.tickValue < market.config.minNotional) return false;
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
        OrderLibrary.Fields memory f;
        f.account = account;
        f.tick = request.tick;
        f.lots = lots;
        f.expiry = request.expiry;
        f.leverage = request.leverage;
        f.isBid = request.isBid;
        f.reduceOnly = request.reduceOnly;
        uint256 held;
        (orderId, held) = OrderDesk.rest(market, f);
        if (held > funds) revert IExchangeErrors.InsufficientFreeCollateral(account, funds, held);
        emit IExchangeEvents.OrderPlaced(
            request.market,
            account,
            orderId,
            f.isBid,
            f.tick,
            lots,
            f.reduceOnly,
            f.leverage,
            f.expiry,
            request.clientId,
            market.book.nextSequence()
        );
        Ledger.setFree(state, account, funds - held);
    }
}
