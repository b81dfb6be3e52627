// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * A resting order in one word, and the ids under which it is known.
 *
 * | selfTrade 2 | postOnly 1 | generation 24 | reduceOnly 1 | isBid 1 | leverage 8 | expiry 32 | tick 24 | lots 40 | next 37 | prev 37 | account 32 | : 239
 *
 * `prev`, `next`: slots of the neighbours in the price level's FIFO list, 0 at the ends.
 * `expiry`: last second at which the order may fill; 0 for none.
 * `generation`: how often the slot was used, from one on.
 * `postOnly`, `selfTrade`: how it was placed; an amendment that queues it anew places it so again.
 *
 * An account has 32 seats in a market, and each seat its own slot: account << 5 | seat. So a slot says whose it is, no table leads from
 * seats to slots, and whoever comes back finds its own word. Whether the order in a slot is open, the account's seats say (OrderMargin): an
 * order that left stays where it was until the next one overwrites it. The external id is generation << 40 | slot, so a stale id never finds the
 * order that reuses its slot.
 */
type Order is uint256;

using OrderLibrary for Order global;

library OrderLibrary {
    uint256 private constant PREV = 32;
    uint256 private constant NEXT = 69;
    uint256 private constant LOTS = 106;
    uint256 private constant TICK = 146;
    uint256 private constant EXPIRY = 170;
    uint256 private constant LEVERAGE = 202;
    uint256 private constant IS_BID = 210;
    uint256 private constant REDUCE_ONLY = 211;
    uint256 private constant GENERATION = 212;
    uint256 private constant POST_ONLY = 236;
    uint256 private constant SELF_TRADE = 237;
    uint256 private constant NOT_FIRM = (1 << REDUCE_ONLY) | (uint256(type(uint32).max) << EXPIRY);

    uint256 private constant SEAT_BITS = 5;
    uint256 private constant SLOT_MASK = (1 << 37) - 1;
    uint256 private constant ID_GENERATION = 40;

    /// @notice An order that has no place and no generation yet.
    function make(
        uint256 account_,
        bool isBid_,
        uint256 tick_,
        uint256 lots_,
        uint256 leverage_,
        uint256 expiry_
    ) internal pure returns (Order) {
        return
            Order.wrap(
                account_ |
                    (lots_ << LOTS) |
                    (tick_ << TICK) |
                    (expiry_ << EXPIRY) |
                    (leverage_ << LEVERAGE) |
                    (isBid_ ? 1 << IS_BID : 0)
            );
    }

    /// @param selfTrade_ IExchange.SelfTrade
    function withTerms(Order o, bool reduceOnly_, bool postOnly_, uint256 selfTrade_) internal pure returns (Order) {
        return
            Order.wrap(
                Order.unwrap(o) |
                    (reduceOnly_ ? 1 << REDUCE_ONLY : 0) |
                    (postOnly_ ? 1 << POST_ONLY : 0) |
                    (selfTrade_ << SELF_TRADE)
            );
    }

    /// @notice An order that has no generation yet, with one.
    function withGeneration(Order o, uint256 value) internal pure returns (Order) {
        return Order.wrap(Order.unwrap(o) | (value << GENERATION));
    }

    function account(Order o) internal pure returns (uint256) {
        return uint32(Order.unwrap(o));
    }

    function prev(Order o) internal pure returns (uint256) {
        return (Order.unwrap(o) >> PREV) & SLOT_MASK;
    }

    function next(Order o) internal pure returns (uint256) {
        return (Order.unwrap(o) >> NEXT) & SLOT_MASK;
    }

    function lots(Order o) internal pure returns (uint256) {
        return uint40(Order.unwrap(o) >> LOTS);
    }

    function tick(Order o) internal pure returns (uint256) {
        return uint24(Order.unwrap(o) >> TICK);
    }

    function expiry(Order o) internal pure returns (uint256) {
        return uint32(Order.unwrap(o) >> EXPIRY);
    }

    function leverage(Order o) internal pure returns (uint256) {
        return uint8(Order.unwrap(o) >> LEVERAGE);
    }

    function isBid(Order o) internal pure returns (bool) {
        return (Order.unwrap(o) >> IS_BID) & 1 != 0;
    }

    function reduceOnly(Order o) internal pure returns (bool) {
        return (Order.unwrap(o) >> REDUCE_ONLY) & 1 != 0;
    }

    /// @notice `lots` of the order, as far as they count for an impact price: all of an order that neither expires nor only reduces, of any
    /// other none. Whoever quotes for funding must quote for whoever comes, at any time.
    function firm(Order o, uint256 lots_) internal pure returns (uint256) {
        return Order.unwrap(o) & NOT_FIRM == 0 ? lots_ : 0;
    }

    function generation(Order o) internal pure returns (uint256) {
        return uint24(Order.unwrap(o) >> GENERATION);
    }

    function postOnly(Order o) internal pure returns (bool) {
        return (Order.unwrap(o) >> POST_ONLY) & 1 != 0;
    }

    function selfTrade(Order o) internal pure returns (uint256) {
        return (Order.unwrap(o) >> SELF_TRADE) & 3;
    }

    function withLots(Order o, uint256 value) internal pure returns (Order) {
        return Order.wrap((Order.unwrap(o) & ~(uint256(type(uint40).max) << LOTS)) | (value << LOTS));
    }

    function withPrev(Order o, uint256 value) internal pure returns (Order) {
        return Order.wrap((Order.unwrap(o) & ~(SLOT_MASK << PREV)) | (value << PREV));
    }

    function withNext(Order o, uint256 value) internal pure returns (Order) {
        return Order.wrap((Order.unwrap(o) & ~(SLOT_MASK << NEXT)) | (value << NEXT));
    }

    /// @notice The generation that comes after this slot's last one: 1 to 2^24 − 1, then 1 again.
    function nextGeneration(Order o) internal pure returns (uint256) {
        uint256 last = generation(o);
        unchecked {
            return last == type(uint24).max ? 1 : last + 1;
        }
    }

    /// @notice The slot of an account's seat.
    function slotOf(uint256 account_, uint256 seat) internal pure returns (uint256) {
        return (account_ << SEAT_BITS) | seat;
    }

    function seatOf(uint256 slot) internal pure returns (uint256) {
        return slot & ((1 << SEAT_BITS) - 1);
    }

    /// @notice The external id of the order in a slot.
    function idOf(uint256 slot, Order o) internal pure returns (uint256) {
        return (generation(o) << ID_GENERATION) | slot;
    }

    /// @notice The slot that an external id means.
    function slotOfId(uint256 id) internal pure returns (uint256) {
        return id & ((1 << ID_GENERATION) - 1);
    }
}

/**
 * A price level in one word: | firm 64 | count 32 | lots 64 | tail 37 | head 37 |. Empty exactly when head is 0: account 0 has no orders.
 *
 * `firm`: those of `lots` that count for an impact price (see Order.firm).
 * An order has less than 2^40 lots, so 2^24 of them fit a sum.
 */
type Level is uint256;

using LevelLibrary for Level global;

library LevelLibrary {
    uint256 private constant TAIL = 37;
    uint256 private constant LOTS = 74;
    uint256 private constant COUNT = 138;
    uint256 private constant FIRM = 170;
    uint256 private constant SLOT_MASK = (1 << 37) - 1;

    /// @notice A level that holds only the order in `slot`.
    function only(uint256 slot, uint256 lots_, uint256 firm_) internal pure returns (Level) {
        return Level.wrap(slot | (slot << TAIL) | (lots_ << LOTS) | (1 << COUNT) | (firm_ << FIRM));
    }

    /// @notice With one more order, the last in line.
    function append(Level level, uint256 slot, uint256 lots_, uint256 firm_) internal pure returns (Level) {
        unchecked {
            return Level.wrap(Level.unwrap(withTail(level, slot)) + (lots_ << LOTS) + (1 << COUNT) + (firm_ << FIRM));
        }
    }

    /// @notice With one order less. Its neighbours are `prev` and `next`, not both 0.
    function without(
        Level level,
        uint256 prev,
        uint256 next,
        uint256 lots_,
        uint256 firm_
    ) internal pure returns (Level) {
        if (prev == 0) level = withHead(level, next);
        if (next == 0) level = withTail(level, prev);
        unchecked {
            return Level.wrap(Level.unwrap(less(level, lots_, firm_)) - (1 << COUNT));
        }
    }

    /// @notice With `lots_` less in one of its orders, `firm_` of them firm.
    function less(Level level, uint256 lots_, uint256 firm_) internal pure returns (Level) {
        unchecked {
            return Level.wrap(Level.unwrap(level) - (lots_ << LOTS) - (firm_ << FIRM));
        }
    }

    function withHead(Level level, uint256 slot) internal pure returns (Level) {
        return Level.wrap((Level.unwrap(level) & ~SLOT_MASK) | slot);
    }

    function withTail(Level level, uint256 slot) internal pure returns (Level) {
        return Level.wrap((Level.unwrap(level) & ~(SLOT_MASK << TAIL)) | (slot << TAIL));
    }

    function head(Level level) internal pure returns (uint256) {
        return Level.unwrap(level) & SLOT_MASK;
    }

    function tail(Level level) internal pure returns (uint256) {
        return (Level.unwrap(level) >> TAIL) & SLOT_MASK;
    }

    function lots(Level level) internal pure returns (uint256) {
        return uint64(Level.unwrap(level) >> LOTS);
    }

    function count(Level level) internal pure returns (uint256) {
        return uint32(Level.unwrap(level) >> COUNT);
    }

    function firm(Level level) internal pure returns (uint256) {
        return uint64(Level.unwrap(level) >> FIRM);
    }
}
