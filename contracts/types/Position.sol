// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";

/**
 * A position, unpacked in memory. One position per account and market (isolated margin).
 *
 * `lots` is signed: positive for a long, negative for a short, zero for none.
 * `cost` is what the open lots cost (long) or brought in (short), in quote atoms; entry price = cost / |lots|.
 * `margin` is the collateral of this position, in quote atoms. Funding can push it below zero while equity is positive.
 * `fundingIndex` is the market's cumulative funding per lot at the last settlement, in atoms × 2^16.
 * `grownAt` is when exposure last grew, or margin was last taken out, in seconds.
 * `prev` and `next` are the neighbours in the FIFO list of the index cell: `prev` is 0 for the first, and the last one's `next`
 * points back at the first. They belong to RankIndex.
 */
struct Position {
    int256 lots;
    uint256 cost;
    uint256 grownAt;
    uint256 prev;
    uint256 next;
    int256 margin;
    int256 fundingIndex;
}

/**
 * A position in storage: two words.
 *
 * head: | next 32 | prev 32 | grownAt 32 | cost 112 | lots 48 (signed) |   (bit 0 is on the right)
 * tail: | fundingIndex 128 (signed) | margin 128 (signed) |
 *
 * A closed position has head == 0. Its tail is left as it is: a second cleared slot would cost more than the capped refund returns.
 */
struct PackedPosition {
    uint256 head;
    uint256 tail;
}

using PositionLibrary for PackedPosition global;

library PositionLibrary {
    uint256 internal constant LINKS = type(uint256).max << 192;
    uint256 internal constant PREV_SHIFT = 192;
    uint256 internal constant NEXT_SHIFT = 224;
    uint256 private constant MAX_COST = type(uint112).max;

    function load(PackedPosition storage self) internal view returns (Position memory p) {
        uint256 head = self.head;
        if (head == 0) return p; // the tail of a closed position is stale
        uint256 tail = self.tail;
        p.lots = int48(uint48(head));
        p.cost = uint112(head >> 48);
        p.grownAt = uint32(head >> 160);
        p.prev = uint32(head >> PREV_SHIFT);
        p.next = head >> NEXT_SHIFT;
        p.margin = int128(uint128(tail));
        p.fundingIndex = int256(tail) >> 128;
    }

    /// @dev Writes the whole position, links included. `lots` must not be zero: use `clear`.
    function store(PackedPosition storage self, Position memory p) internal {
        if (p.lots != int48(p.lots) || p.cost > MAX_COST) revert IExchangeErrors.PositionOverflow();
        if (p.margin != int128(p.margin) || p.fundingIndex != int128(p.fundingIndex))
            revert IExchangeErrors.PositionOverflow();
        self.head =
            uint48(int48(p.lots)) |
            (p.cost << 48) |
            (uint256(uint32(p.grownAt)) << 160) |
            (uint256(uint32(p.prev)) << PREV_SHIFT) |
            (p.next << NEXT_SHIFT);
        self.tail = uint128(int128(p.margin)) | (uint256(p.fundingIndex) << 128);
    }

    /// @dev Reads one word only.
    function nextOf(PackedPosition storage self) internal view returns (uint256) {
        return self.head >> NEXT_SHIFT;
    }

    /// @dev Reads one word only.
    function links(PackedPosition storage self) internal view returns (uint256 prev, uint256 next) {
        uint256 head = self.head;
        return (uint32(head >> PREV_SHIFT), head >> NEXT_SHIFT);
    }

    function clear(PackedPosition storage self) internal {
        self.head = 0;
    }

    function setPrev(PackedPosition storage self, uint256 id) internal {
        self.head = (self.head & ~(uint256(type(uint32).max) << PREV_SHIFT)) | (id << PREV_SHIFT);
    }

    function setNext(PackedPosition storage self, uint256 id) internal {
        self.head = (self.head & ~(uint256(type(uint32).max) << NEXT_SHIFT)) | (id << NEXT_SHIFT);
    }
}
