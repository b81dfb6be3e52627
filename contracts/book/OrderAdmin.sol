// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {
    CancelOutcome,
    OrderOutcome,
    OrderRequest,
    OrderResult,
    SelfTrade,
    TimeInForce
} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {Order} from "../types/Order.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Book} from "./Book.sol";
import {OrderDesk} from "./OrderDesk.sol";
import {OrderRules} from "./OrderRules.sol";
import {Trading} from "./Trading.sol";

/**
 * What an account does with orders beyond placing one: amending, several at once, and closing a position. Linked library;
 * `account` is the caller's own, or one that it may trade for. Whatever takes liquidity goes through Trading.
 */
library OrderAdmin {
    using Book for Book.State;
    using Margin for Position;
    using SafeCast for uint256;

    IExchangeEvents.RemovalReason private constant AMENDED = IExchangeEvents.RemovalReason.Amended;
    /// @dev As many as an account may have open in a market.
    uint256 internal constant MAX_ITEMS = OrderDesk.SEATS;

    /// @notice See IExchange.cancelOrders.
    function cancelMany(
        ExchangeState storage state,
        uint256 account,
        uint256 marketId,
        uint256[] calldata orderIds
    ) external returns (CancelOutcome[] memory outcomes) {
        _requireFew(orderIds.length);
        Market storage market = _market(state, marketId);
        outcomes = new CancelOutcome[](orderIds.length);
        uint256 freed;
        for (uint256 i; i < orderIds.length; ++i) {
            (bool open, uint256 slot, Order order) = OrderDesk.tryFind(market, orderIds[i]);
            if (!open) outcomes[i] = CancelOutcome.Unknown;
            else if (order.account() != account) outcomes[i] = CancelOutcome.NotOwner;
            else freed += OrderDesk.remove(market, marketId, slot, order, IExchangeEvents.RemovalReason.Cancelled);
        }
        Ledger.credit(state, account, freed);
    }

    /**
     * @notice See IExchange.placeOrders. Each order is a call of its own to the library, so one that reverts leaves nothing behind, while
     * the lock, the caller's account and the value sent along stay those of the one call from outside.
     */
    function placeMany(
        ExchangeState storage state,
        uint256 account,
        OrderRequest[] calldata requests
    ) external returns (OrderOutcome[] memory outcomes) {
        _requireFew(requests.length);
        outcomes = new OrderOutcome[](requests.length);
        for (uint256 i; i < requests.length; ++i) {
            try Trading.place(state, account, requests[i]) returns (OrderResult memory result) {
                (outcomes[i].placed, outcomes[i].result) = (true, result);
            } catch (bytes memory reason) {
                // else whoever estimates gas would find the least at which every order fails for the want of it
                if (reason.length == 0) revert IExchangeErrors.OrderOutOfGas(i);
                outcomes[i].reason = reason;
            }
        }
    }

    /// @notice See IExchange.amendOrder.
    function amend(
        ExchangeState storage state,
        uint256 account,
        uint256 marketId,
        uint256 orderId,
        uint256 tick,
        uint256 lots
    ) external returns (OrderResult memory result) {
        Market storage market = _market(state, marketId);
        (uint256 slot, Order order) = _own(market, account, orderId);
        OrderRequest memory request = _requestOf(order);
        (request.market, request.maxSteps) = (uint32(marketId), market.config.maxSteps);
        (request.tick, request.lots) = (tick.toUint24(), lots.toUint40());
        if (tick == order.tick() && lots <= order.lots()) {
            OrderRules.validate(market, request);
            result.orderId = uint64(orderId);
            if (lots != order.lots()) _shrink(state, market, marketId, slot, order, order.lots() - lots);
            return result;
        }
        _takeOff(state, market, marketId, slot, order);
        result = Trading.place(state, account, request);
        emit IExchangeEvents.OrderAmended(marketId, account, orderId, result.orderId, market.book.nextSequence());
    }

    function _shrink(
        ExchangeState storage state,
        Market storage market,
        uint256 marketId,
        uint256 slot,
        Order order,
        uint256 lots
    ) private {
        Ledger.credit(state, order.account(), OrderDesk.reduce(market, marketId, slot, order, lots, AMENDED));
    }

    function _takeOff(
        ExchangeState storage state,
        Market storage market,
        uint256 marketId,
        uint256 slot,
        Order order
    ) private {
        Ledger.credit(state, order.account(), OrderDesk.remove(market, marketId, slot, order, AMENDED));
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
            Trading.place(
                state,
                account,
                OrderRequest({
                    market: uint32(marketId),
                    isBid: p.lots < 0,
                    tick: limitTick.toUint24(),
                    lots: uint40(Math.min(p.size(), type(uint40).max)),
                    timeInForce: TimeInForce.ImmediateOrCancel,
                    selfTrade: SelfTrade.CancelResting,
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

    /// @dev The request that an order was placed by, as far as it still matters.
    function _requestOf(Order order) private pure returns (OrderRequest memory r) {
        r.isBid = order.isBid();
        r.timeInForce = order.postOnly() ? TimeInForce.PostOnly : TimeInForce.GoodTilCancelled;
        r.selfTrade = SelfTrade(order.selfTrade());
        r.reduceOnly = order.reduceOnly();
        r.leverage = uint8(order.leverage());
        r.expiry = uint32(order.expiry());
    }

    function _own(
        Market storage market,
        uint256 account,
        uint256 orderId
    ) private view returns (uint256 slot, Order order) {
        (slot, order) = OrderDesk.find(market, orderId);
        if (order.account() != account) revert IExchangeErrors.NotOrderOwner(orderId, account);
    }

    function _requireFew(uint256 count) private pure {
        if (count > MAX_ITEMS) revert IExchangeErrors.TooManyItems(count, MAX_ITEMS);
    }

    function _market(ExchangeState storage state, uint256 marketId) private view returns (Market storage market) {
        market = state.markets[marketId];
        if (address(market.config.source) == address(0)) revert IExchangeErrors.UnknownMarket(marketId);
    }
}
