// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Matching} from "../book/Matching.sol";
import {IExchange} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {FillPreview, ILens, PreviewEnd, QueuePosition, RestingOrder} from "../interfaces/ILens.sol";
import {FillRule} from "../risk/FillRule.sol";
import {MarketContext} from "../types/MarketContext.sol";
import {Order, OrderLibrary} from "../types/Order.sol";
import {Position} from "../types/Position.sol";

/**
 * The book's queues as they stand, and what an order would meet in them. Reads level by level and link by link; holds no state.
 */
abstract contract BookLens is ILens {
    IExchange public immutable exchange;

    /// A previewed taker on its way through the book, and the positions that its fills changed.
    struct Walk {
        uint256 market;
        bool makerIsBid;
        uint256 tickValue;
        uint256 low; // of the band, ticks
        uint256 high;
        uint256 limit; // tick
        uint256 account;
        uint256 remaining; // lots
        uint256 budget; // steps
        uint256[] makers;
        int256[] changes; // signed lots, by maker
    }

    constructor(IExchange exchange_) {
        exchange = exchange_;
    }

    /// @inheritdoc ILens
    function orders(
        uint256 market,
        bool isBid,
        uint256 fromOrder,
        uint256 count
    ) external view returns (uint256 blockNumber, RestingOrder[] memory entries, uint256 nextOrder) {
        uint256 slot;
        if (fromOrder == 0) slot = _firstSlot(market, isBid, isBid ? type(uint24).max : 0);
        else (slot, ) = _find(market, fromOrder);
        entries = new RestingOrder[](count);
        uint256 found;
        while (slot != 0 && found < count) {
            Order order = Order.wrap(exchange.orderAt(market, slot));
            RestingOrder memory e = entries[found++];
            (e.orderId, e.account) = (uint64(OrderLibrary.idOf(slot, order)), uint32(order.account()));
            (e.tick, e.lots, e.expiry) = (order.tick(), order.lots(), order.expiry());
            (e.reduceOnly, e.postOnly, e.leverage) = (order.reduceOnly(), order.postOnly(), order.leverage());
            slot = order.next();
            if (slot == 0) slot = _firstSlot(market, isBid, isBid ? e.tick - 1 : e.tick + 1);
        }
        assembly ("memory-safe") {
            mstore(entries, found) // shortens the array: equivalent to copying its first `found` entries
        }
        blockNumber = block.number;
        if (slot != 0) nextOrder = OrderLibrary.idOf(slot, Order.wrap(exchange.orderAt(market, slot)));
    }

    /// @inheritdoc ILens
    function queuePosition(
        uint256 market,
        uint256 orderId
    ) external view returns (uint256 blockNumber, QueuePosition memory place) {
        (, Order order) = _find(market, orderId);
        blockNumber = block.number;
        bool isBid = order.isBid();
        uint256 tick = order.tick();
        (place.levelLots, place.levelOrders, ) = exchange.levelAt(market, isBid, tick);
        for (uint256 prev = order.prev(); prev != 0;) {
            Order ahead = Order.wrap(exchange.orderAt(market, prev));
            ++place.ordersAhead;
            place.lotsAhead += ahead.lots();
            prev = ahead.prev();
        }
        uint256 better = exchange.nextTick(market, isBid, isBid ? type(uint24).max : 0);
        while (better != tick) {
            (uint256 lots, , ) = exchange.levelAt(market, isBid, better);
            place.lotsBetter += lots;
            ++place.levelsBetter;
            better = exchange.nextTick(market, isBid, isBid ? better - 1 : better + 1);
        }
    }

    /// @inheritdoc ILens
    function previewFill(
        uint256 market,
        bool isBid,
        uint256 lots,
        uint256 limitTick,
        uint256 account,
        uint256 maxSteps
    ) external view returns (uint256 blockNumber, FillPreview memory preview) {
        Walk memory w;
        MarketContext memory ctx;
        ctx.config = exchange.marketConfig(market);
        (ctx.price, ) = exchange.markPrice(market);
        (w.low, w.high) = Matching.band(ctx);
        (w.market, w.makerIsBid, w.tickValue) = (market, !isBid, ctx.config.tickValue);
        (w.limit, w.account, w.remaining) = (limitTick, account, lots);
        if (limitTick == 0 && isBid) w.limit = type(uint24).max;
        w.budget = maxSteps == 0 || maxSteps > ctx.config.maxSteps ? ctx.config.maxSteps : maxSteps;
        (w.makers, w.changes) = (new uint256[](w.budget), new int256[](w.budget));
        _walk(w, preview);
        if (preview.filledLots != 0) {
            // up for a buyer, down for a seller
            uint256 value = preview.notional << 16;
            preview.averagePrice = isBid ? Math.ceilDiv(value, preview.filledLots) : value / preview.filledLots;
        }
        blockNumber = block.number;
    }

    /// @dev As Matching.run goes, level by level.
    function _walk(Walk memory w, FillPreview memory r) private view {
        uint256 tick = exchange.nextTick(w.market, w.makerIsBid, w.makerIsBid ? type(uint24).max : 0);
        while (w.remaining != 0) {
            if (tick == 0 || _isBeyond(w, tick)) {
                r.end = PreviewEnd.NothingCrosses;
                return;
            }
            ++r.levels;
            uint256 slot = exchange.levelHeadAt(w.market, w.makerIsBid, tick);
            while (slot != 0 && w.remaining != 0) {
                if (r.steps == w.budget) {
                    r.end = PreviewEnd.Exhausted;
                    return;
                }
                ++r.steps;
                Order order = Order.wrap(exchange.orderAt(w.market, slot));
                uint256 lots = _fillable(w, order, tick);
                if (lots == 0) {
                    ++r.removals;
                } else {
                    _note(w, order, lots, r.fills++);
                    w.remaining -= lots;
                    r.filledLots += lots;
                    r.notional += lots * tick * w.tickValue;
                    r.worstTick = tick;
                }
                // a reduce-only order that gave all it may stays in front: the next step finds nothing left to reduce
                if (lots == 0 || lots == order.lots() || w.remaining == 0) slot = order.next();
            }
            tick = exchange.nextTick(w.market, w.makerIsBid, w.makerIsBid ? tick - 1 : tick + 1);
        }
    }

    /// @dev Lots that an order gives, 0 when it would be removed instead.
    function _fillable(Walk memory w, Order order, uint256 tick) private view returns (uint256 lots) {
        if (order.expiry() != 0 && order.expiry() < block.timestamp) return 0;
        if (order.account() == w.account) return 0;
        if (w.makerIsBid ? tick > w.high : tick < w.low) return 0;
        lots = Math.min(w.remaining, order.lots());
        if (!order.reduceOnly()) return lots;
        Position memory p = exchange.positionAt(w.market, order.account());
        for (uint256 i; i < w.makers.length && w.makers[i] != 0; ++i) {
            if (w.makers[i] == order.account()) p.lots += w.changes[i];
        }
        return FillRule.closingLots(p, order.isBid(), lots);
    }

    function _note(Walk memory w, Order order, uint256 lots, uint256 i) private pure {
        w.makers[i] = order.account();
        w.changes[i] = order.isBid() ? int256(lots) : -int256(lots);
    }

    function _isBeyond(Walk memory w, uint256 tick) private pure returns (bool) {
        return w.makerIsBid ? tick < w.limit || tick < w.low : tick > w.limit || tick > w.high;
    }

    function _firstSlot(uint256 market, bool isBid, uint256 tick) private view returns (uint256) {
        uint256 best = exchange.nextTick(market, isBid, tick);
        return best == 0 ? 0 : exchange.levelHeadAt(market, isBid, best);
    }

    /// @dev Open exactly when it is among its account's orders.
    function _find(uint256 market, uint256 orderId) private view returns (uint256 slot, Order order) {
        slot = OrderLibrary.slotOfId(orderId);
        order = Order.wrap(exchange.orderAt(market, slot));
        uint256[] memory open = exchange.orderMarginAt(market, order.account()).orderIds;
        for (uint256 i; i < open.length; ++i) if (open[i] == orderId) return (slot, order);
        revert IExchangeErrors.UnknownOrder(orderId);
    }
}
