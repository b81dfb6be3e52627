// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * A resting order in one word, and the ids under which it is known.
 *
 * | selfTrade 2 | postOnly 1 | generation 16 | seat 5 | reduceOnly 1 | isBid 1 | live 1 | leverage 8 | expiry 32 | tick 24 | lots 40 | next 32 | prev 32 | account 32 | : 227
 *
 * `prev`, `next`: neighbours in the price level's FIFO list, 0 at the ends. In a free slot `next` links the free list.
 * `seat`: which of the account's 32 seats in this market the order takes.
 * `expiry`: last second at which the order may fill; 0 for none.
 * `generation`: how often the slot was used. The external id is generation << 32 | slot, so a stale id never finds the order
 * that reuses its slot.
 * `postOnly`, `selfTrade`: how it was placed; an amendment that queues it anew places it so again.
 */
type Order is uint256;

using OrderLibrary for Order global;

library OrderLibrary {
    uint256 private constant PREV = 32;
    uint256 private constant NEXT = 64;
    uint256 private constant LOTS = 96;
    uint256 private constant TICK = 136;
    uint256 private constant EXPIRY = 160;
    uint256 private constant LEVERAGE = 192;
    uint256 private constant LIVE = 200;
    uint256 private constant IS_BID = 201;
    uint256 private constant REDUCE_ONLY = 202;
    uint256 private constant SEAT = 203;
    uint256 private constant GENERATION = 208;
    uint256 private constant POST_ONLY = 224;
    uint256 private constant SELF_TRADE = 225;

    struct Fields {
        uint256 account;
        uint256 tick;
        uint256 lots;
        uint256 expiry;
        uint256 leverage;
        bool isBid;
        bool reduceOnly;
        uint256 seat;
        uint256 generation;
        bool postOnly;
        uint256 selfTrade; // IExchange.SelfTrade
    }

    function pack(Fields memory f) internal pure returns (Order) {
        return
            Order.wrap(
                f.account |
                    (f.lots << LOTS) |
                    (f.tick << TICK) |
                    (f.expiry << EXPIRY) |
                    (f.leverage << LEVERAGE) |
                    (1 << LIVE) |
                    (f.isBid ? 1 << IS_BID : 0) |
                    (f.reduceOnly ? 1 << REDUCE_ONLY : 0) |
                    (f.seat << SEAT) |
                    (f.generation << GENERATION) |
                    (f.postOnly ? 1 << POST_ONLY : 0) |
                    (f.selfTrade << SELF_TRADE)
            );
    }

    function account(Order o) internal pure returns (uint256) {
        return uint32(Order.unwrap(o));
    }

    function prev(Order o) internal pure returns (uint256) {
        return uint32(Order.unwrap(o) >> PREV);
    }

    function next(Order o) internal pure returns (uint256) {
        return uint32(Order.unwrap(o) >> NEXT);
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

    function isLive(Order o) internal pure returns (bool) {
        return (Order.unwrap(o) >> LIVE) & 1 != 0;
    }

    function isBid(Order o) internal pure returns (bool) {
        return (Order.unwrap(o) >> IS_BID) & 1 != 0;
    }

    function reduceOnly(Order o) internal pure returns (bool) {
        return (Order.unwrap(o) >> REDUCE_ONLY) & 1 != 0;
    }

    function seat(Order o) internal pure returns (uint256) {
        return (Order.unwrap(o) >> SEAT) & 31;
    }

    function generation(Order o) internal pure returns (uint256) {
        return uint16(Order.unwrap(o) >> GENERATION);
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
        return Order.wrap((Order.unwrap(o) & ~(uint256(type(uint32).max) << PREV)) | (value << PREV));
    }

    function withNext(Order o, uint256 value) internal pure returns (Order) {
        return Order.wrap((Order.unwrap(o) & ~(uint256(type(uint32).max) << NEXT)) | (value << NEXT));
    }

    /// @dev A free slot: only the generation and the link to the next free slot stay.
    function freed(Order o, uint256 nextFree) internal pure returns (Order) {
        return Order.wrap((nextFree << NEXT) | (generation(o) << GENERATION));
    }
}

/**
 * A price level in one word: | count 32 | lots 64 | tail 32 | head 32 |. Empty exactly when head is 0.
 */
type Level is uint256;

using LevelLibrary for Level global;

library LevelLibrary {
    function make(uint256 head_, uint256 tail_, uint256 lots_, uint256 count_) internal pure returns (Level) {
        return Level.wrap(head_ | (tail_ << 32) | (lots_ << 64) | (count_ << 128));
    }

    function head(Level level) internal pure returns (uint256) {
        return uint32(Level.unwrap(level));
    }

    function tail(Level level) internal pure returns (uint256) {
        return uint32(Level.unwrap(level) >> 32);
    }

    function lots(Level level) internal pure returns (uint256) {
        return uint64(Level.unwrap(level) >> 64);
    }

    function count(Level level) internal pure returns (uint256) {
        return uint32(Level.unwrap(level) >> 128);
    }
}
