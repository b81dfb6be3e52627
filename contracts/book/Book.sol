// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {Level, LevelLibrary} from "../types/Order.sol";
import {Order, OrderLibrary} from "../types/Order.sol";
import {TickBitmap} from "./TickBitmap.sol";

/**
 * The order book of one market as a data structure: price levels, FIFO queues, order slots. It knows nothing of money, margin or
 * prices' meaning; Matching and OrderDesk do.
 *
 * Order slots are recycled: a freed slot heads a free list, and its generation number grows with each use.
 */
library Book {
    using TickBitmap for TickBitmap.State;

    /// @dev Levels a side that an impact price looks at: bounds what sampling costs.
    uint256 internal constant IMPACT_LEVELS = 4;

    struct State {
        // one word
        uint32 slotCount;
        uint32 freeSlot; // first free slot, 0 for none
        uint24 bestBid; // 0 when there are no bids
        uint24 bestAsk; // 0 when there are no asks
        uint40 sequence; // of the market's last event
        uint32 sampledAt; // up to which second the impact prices are summed
        uint24 midSeconds; // seconds since the sample began in which both impact prices existed
        uint48 midSum; // Σ over those seconds of (impact bid + impact ask), ticks
        TickBitmap.State bidTicks;
        TickBitmap.State askTicks;
        mapping(uint256 key => Level) levels;
        mapping(uint256 slot => Order) orders;
    }

    /// @notice The number of the market's next event.
    function nextSequence(State storage self) internal returns (uint256) {
        return ++self.sequence;
    }

    /**
     * @notice Sums the impact prices up to now. Before anything changes in the book: the book was as it is since it last changed.
     * @param impactNotional Quote atoms; 0 when the market has no funding, and then nothing is summed.
     */
    function sample(State storage self, uint256 tickValue, uint256 impactNotional) internal {
        if (impactNotional == 0 || self.sampledAt == block.timestamp) return;
        (uint256 sum, uint256 seconds_) = sampled(self, tickValue, impactNotional);
        (self.midSum, self.midSeconds, self.sampledAt) = (uint48(sum), uint24(seconds_), uint32(block.timestamp));
    }

    /// @notice What `sample` would write.
    function sampled(
        State storage self,
        uint256 tickValue,
        uint256 impactNotional
    ) internal view returns (uint256 midSum, uint256 midSeconds) {
        (midSum, midSeconds) = (self.midSum, self.midSeconds);
        uint256 elapsed = block.timestamp - self.sampledAt;
        if (elapsed == 0 || midSeconds + elapsed > type(uint24).max) return (midSum, midSeconds); // 194 days
        uint256 bid = impactTick(self, true, tickValue, impactNotional);
        if (bid == 0) return (midSum, midSeconds);
        uint256 ask = impactTick(self, false, tickValue, impactNotional);
        if (ask == 0) return (midSum, midSeconds);
        uint256 sum = midSum + (bid + ask) * elapsed;
        return sum > type(uint48).max ? (midSum, midSeconds) : (sum, midSeconds + elapsed);
    }

    /// @notice Begins the next sample now. Whoever calls it has used the last one.
    function restartSample(State storage self) internal {
        (self.midSum, self.midSeconds, self.sampledAt) = (0, 0, uint32(block.timestamp));
    }

    /// @notice The tick at which a side's best levels reach `impactNotional` quote atoms; 0 when the first four do not.
    function impactTick(
        State storage self,
        bool isBid,
        uint256 tickValue,
        uint256 impactNotional
    ) internal view returns (uint256 tick) {
        tick = best(self, isBid);
        uint256 sum;
        for (uint256 i; i < IMPACT_LEVELS && tick != 0; ++i) {
            sum += level(self, isBid, tick).lots() * tick * tickValue;
            if (sum >= impactNotional) return tick;
            tick = isBid ? tickFrom(self, true, tick - 1) : tickFrom(self, false, tick + 1);
        }
        return 0;
    }

    function best(State storage self, bool isBid) internal view returns (uint256) {
        return isBid ? self.bestBid : self.bestAsk;
    }

    function level(State storage self, bool isBid, uint256 tick) internal view returns (Level) {
        return self.levels[_levelKey(isBid, tick)];
    }

    /// @notice The best tick at or behind `tick`, 0 when there is none.
    function tickFrom(State storage self, bool isBid, uint256 tick) internal view returns (uint256) {
        return isBid ? self.bidTicks.atOrBelow(tick) : self.askTicks.atOrAbove(tick);
    }

    /// @notice Puts an order at the end of its level's queue.
    /// @param f Everything but the generation, which the slot knows.
    function insert(State storage self, OrderLibrary.Fields memory f) internal returns (uint256 slot, uint256 orderId) {
        slot = self.freeSlot;
        if (slot == 0) {
            slot = uint256(self.slotCount) + 1;
            if (slot > type(uint32).max) revert IExchangeErrors.BookFull();
            self.slotCount = uint32(slot);
        } else {
            Order free = self.orders[slot];
            self.freeSlot = uint32(free.next());
            f.generation = (free.generation() + 1) & 0xffff;
        }
        uint256 key = _levelKey(f.isBid, f.tick);
        Level queue = self.levels[key];
        Order order = OrderLibrary.pack(f);
        uint256 head = queue.head();
        if (head == 0) {
            head = slot;
            (f.isBid ? self.bidTicks : self.askTicks).insert(f.tick);
            uint256 top = best(self, f.isBid);
            if (top == 0 || (f.isBid ? f.tick > top : f.tick < top)) _setBest(self, f.isBid, f.tick);
        } else {
            uint256 tail = queue.tail();
            order = order.withPrev(tail);
            self.orders[tail] = self.orders[tail].withNext(slot);
        }
        self.orders[slot] = order;
        self.levels[key] = LevelLibrary.make(head, slot, queue.lots() + f.lots, queue.count() + 1);
        return (slot, idOf(slot, order));
    }

    /// @notice Takes an order out of its queue and frees its slot.
    function remove(State storage self, uint256 slot, Order order) internal {
        bool isBid = order.isBid();
        uint256 tick = order.tick();
        uint256 key = _levelKey(isBid, tick);
        Level queue = self.levels[key];
        uint256 prev = order.prev();
        uint256 next = order.next();
        if (prev != 0) self.orders[prev] = self.orders[prev].withNext(next);
        if (next != 0) self.orders[next] = self.orders[next].withPrev(prev);
        if (prev == 0 && next == 0) {
            self.levels[key] = Level.wrap(0);
            (isBid ? self.bidTicks : self.askTicks).remove(tick);
            if (best(self, isBid) == tick) _setBest(self, isBid, tickFrom(self, isBid, tick));
        } else {
            self.levels[key] = LevelLibrary.make(
                prev == 0 ? next : queue.head(),
                next == 0 ? prev : queue.tail(),
                queue.lots() - order.lots(),
                queue.count() - 1
            );
        }
        self.orders[slot] = order.freed(self.freeSlot);
        self.freeSlot = uint32(slot);
    }

    /// @notice Takes `lots` off an order, less than it has; it keeps its place.
    function reduce(State storage self, uint256 slot, Order order, uint256 lots) internal {
        self.orders[slot] = order.withLots(order.lots() - lots);
        uint256 key = _levelKey(order.isBid(), order.tick());
        Level queue = self.levels[key];
        self.levels[key] = LevelLibrary.make(queue.head(), queue.tail(), queue.lots() - lots, queue.count());
    }

    /// @notice The live order with this external id; reverts with UnknownOrder for any other, older generations included.
    function find(State storage self, uint256 orderId) internal view returns (uint256 slot, Order order) {
        slot = uint32(orderId);
        order = self.orders[slot];
        if (!order.isLive() || idOf(slot, order) != orderId) revert IExchangeErrors.UnknownOrder(orderId);
    }

    function idOf(uint256 slot, Order order) internal pure returns (uint256) {
        return (order.generation() << 32) | slot;
    }

    function _setBest(State storage self, bool isBid, uint256 tick) private {
        if (isBid) self.bestBid = uint24(tick);
        else self.bestAsk = uint24(tick);
    }

    function _levelKey(bool isBid, uint256 tick) private pure returns (uint256) {
        return isBid ? tick | (1 << 24) : tick;
    }
}
