// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Front} from "../types/Front.sol";
import {Level, LevelLibrary, Order, OrderLibrary} from "../types/Order.sol";
import {Impact} from "./Impact.sol";
import {TickBitmap} from "./TickBitmap.sol";

/**
 * The order book of one market as a data structure: price levels, FIFO queues, order slots. It knows nothing of money, margin or
 * prices' meaning; Matching and OrderDesk do.
 *
 * Order slots are recycled: each belongs to a seat of an account (see Order), and its generation number grows with each use.
 */
library Book {
    using TickBitmap for TickBitmap.State;

    struct State {
        // one word
        uint24 bestBid; // 0 when there are no bids
        uint24 bestAsk; // 0 when there are no asks
        uint40 sequence; // of the market's last event
        Front bidFront; // where the impact bid is, or the search for it
        Front askFront;
        Impact.Samples samples; // one word
        TickBitmap.State bidTicks;
        TickBitmap.State askTicks;
        mapping(uint256 key => Level) levels;
        mapping(uint256 slot => Order) orders;
    }

    /// @notice The number of the market's next event.
    function nextSequence(State storage self) internal returns (uint256) {
        unchecked {
            return ++self.sequence; // 40 bits: 2^40 events
        }
    }

    function front(State storage self, bool isBid) internal view returns (Front) {
        return isBid ? self.bidFront : self.askFront;
    }

    /// @dev Only Impact and ImpactSearch write it.
    function setFront(State storage self, bool isBid, Front value) internal {
        if (isBid) self.bidFront = value;
        else self.askFront = value;
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

    /// @notice The level next to `tick` on the better side, 0 when there is none.
    function tickBefore(State storage self, bool isBid, uint256 tick) internal view returns (uint256) {
        return isBid ? self.bidTicks.atOrAbove(tick + 1) : self.askTicks.atOrBelow(tick - 1);
    }

    /// @notice Puts an order at the end of its level's queue.
    /// @param slot Of a seat that is free.
    /// @param order Without a generation, which the slot knows.
    /// @param depth See `Impact.changed`; the same below.
    function insert(State storage self, uint256 slot, Order order, uint256 depth) internal returns (uint256 orderId) {
        bool isBid = order.isBid();
        uint256 tick = order.tick();
        uint256 lots = order.lots();
        uint256 firm = order.firm(lots);
        order = order.withGeneration(self.orders[slot].nextGeneration());
        uint256 key = _levelKey(isBid, tick);
        Level queue = self.levels[key];
        if (queue.head() == 0) {
            (isBid ? self.bidTicks : self.askTicks).insert(tick);
            uint256 top = best(self, isBid);
            if (top == 0 || (isBid ? tick > top : tick < top)) _setBest(self, isBid, tick);
            self.levels[key] = LevelLibrary.only(slot, lots, firm);
        } else {
            uint256 tail = queue.tail();
            order = order.withPrev(tail);
            self.orders[tail] = self.orders[tail].withNext(slot);
            self.levels[key] = queue.append(slot, lots, firm);
        }
        self.orders[slot] = order;
        Impact.changed(self, isBid, tick, firm, true, depth);
        return OrderLibrary.idOf(slot, order);
    }

    /// @notice Takes an order out of its queue. Its slot is free once its seat is.
    function remove(State storage self, Order order, uint256 depth) internal {
        bool isBid = order.isBid();
        uint256 tick = order.tick();
        uint256 lots = order.lots();
        uint256 firm = order.firm(lots);
        uint256 key = _levelKey(isBid, tick);
        uint256 prev = order.prev();
        uint256 next = order.next();
        if (prev != 0) self.orders[prev] = self.orders[prev].withNext(next);
        if (next != 0) self.orders[next] = self.orders[next].withPrev(prev);
        if (prev == 0 && next == 0) {
            self.levels[key] = Level.wrap(0);
            (isBid ? self.bidTicks : self.askTicks).remove(tick);
            if (best(self, isBid) == tick) _setBest(self, isBid, tickFrom(self, isBid, tick));
        } else {
            self.levels[key] = self.levels[key].without(prev, next, lots, firm);
        }
        Impact.changed(self, isBid, tick, firm, false, depth);
    }

    /// @notice Takes `lots` off an order, less than it has; it keeps its place.
    function reduce(State storage self, uint256 slot, Order order, uint256 lots, uint256 depth) internal {
        unchecked {
            self.orders[slot] = order.withLots(order.lots() - lots);
        }
        (bool isBid, uint256 tick, uint256 firm) = (order.isBid(), order.tick(), order.firm(lots));
        uint256 key = _levelKey(isBid, tick);
        self.levels[key] = self.levels[key].less(lots, firm);
        Impact.changed(self, isBid, tick, firm, false, depth);
    }

    function _setBest(State storage self, bool isBid, uint256 tick) private {
        if (isBid) self.bestBid = uint24(tick);
        else self.bestAsk = uint24(tick);
    }

    function _levelKey(bool isBid, uint256 tick) private pure returns (uint256) {
        return isBid ? tick | (1 << 24) : tick;
    }
}
