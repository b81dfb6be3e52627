// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bits} from "../types/Bits.sol";
import {PackedPosition, Position} from "../types/Position.sol";

/**
 * One side's rank index: which cells (u, v) of the grid hold positions, and in which order those positions joined their cell.
 *
 * Four levels of 256-bit words, 16 × 16 children a word: bit ((u & 15) << 4) | (v & 15) of the word of (u >> 4, v >> 4). A bit is set
 * exactly when something lies below it. Positions of one cell form a circular FIFO list through their own storage slots: `next` of
 * the last is the first, `prev` of the first is 0. Tail pointers are packed eight to a word, neighbours in v
 * together: margin moves and the waterfill change v and keep u. The tail of an empty cell is stale.
 *
 * Only Settlement calls the functions that write.
 */
library RankIndex {
    struct State {
        mapping(uint256 node => uint256 word) nodes;
        mapping(uint256 group => uint256 word) tails;
    }

    /// @dev Shift of the root level: two bits of each coordinate are left for it.
    uint256 internal constant ROOT = 12;
    /// @dev One bit at the bottom of each of the sixteen columns of a word.
    uint256 internal constant COLUMNS = 0x0001000100010001000100010001000100010001000100010001000100010001;

    function word(State storage self, uint256 shift, uint256 u, uint256 v) internal view returns (uint256) {
        return self.nodes[_node(shift, u, v)];
    }

    function isEmpty(State storage self) internal view returns (bool) {
        return self.nodes[_node(ROOT, 0, 0)] == 0;
    }

    /// @notice Last position of a cell; stale when the cell is empty.
    function tailOf(State storage self, uint256 u, uint256 v) internal view returns (uint256) {
        (uint256 group, uint256 shift) = _tailPlace(u, v);
        return uint32(self.tails[group] >> shift);
    }

    /// @notice First position of a cell that is not empty.
    function headOf(
        State storage self,
        mapping(uint256 => PackedPosition) storage positions,
        uint256 u,
        uint256 v
    ) internal view returns (uint256) {
        return positions[tailOf(self, u, v)].nextOf();
    }

    /// @notice Appends `id` to its cell. The caller stores the returned links in the position.
    function add(
        State storage self,
        mapping(uint256 => PackedPosition) storage positions,
        uint256 id,
        uint256 u,
        uint256 v
    ) internal returns (uint256 prev, uint256 next) {
        bool occupied = _setBits(self, u, v);
        (uint256 group, uint256 shift) = _tailPlace(u, v);
        uint256 tails = self.tails[group];
        self.tails[group] = (tails & ~(uint256(type(uint32).max) << shift)) | (id << shift);
        if (!occupied) return (0, id);
        uint256 tail = uint32(tails >> shift);
        next = positions[tail].nextOf();
        positions[tail].setNext(id);
        return (tail, next);
    }

    /// @notice Takes `id` out of its cell. Does not touch the position's own slots.
    function remove(
        State storage self,
        mapping(uint256 => PackedPosition) storage positions,
        uint256 id,
        Position memory p,
        uint256 u,
        uint256 v
    ) internal {
        if (p.next == id) {
            clearCell(self, u, v);
            return;
        }
        (uint256 group, uint256 shift) = _tailPlace(u, v);
        uint256 tails = self.tails[group];
        uint256 tail = uint32(tails >> shift);
        if (p.prev == 0) {
            positions[p.next].setPrev(0);
            positions[tail].setNext(p.next);
            return;
        }
        positions[p.prev].setNext(p.next);
        if (tail == id) self.tails[group] = (tails & ~(uint256(type(uint32).max) << shift)) | (p.prev << shift);
        else positions[p.next].setPrev(p.prev);
    }

    /// @notice Makes `id` the first of its cell, after everything before it was taken.
    function setHead(
        State storage self,
        mapping(uint256 => PackedPosition) storage positions,
        uint256 id,
        uint256 u,
        uint256 v
    ) internal {
        positions[id].setPrev(0);
        positions[tailOf(self, u, v)].setNext(id);
    }

    /// @notice Marks a cell empty, and every word above it that thereby becomes empty.
    function clearCell(State storage self, uint256 u, uint256 v) internal {
        unchecked {
            for (uint256 shift; ; shift += 4) {
                uint256 node = _node(shift, u >> 4, v >> 4);
                uint256 w = self.nodes[node] & ~_bit(u, v);
                self.nodes[node] = w;
                if (w != 0 || shift == ROOT) return;
                u >>= 4;
                v >>= 4;
            }
        }
    }

    /// @notice The cell with the lowest v, and among those the lowest u: the position nearest to its bankruptcy price.
    function lowestV(State storage self) internal view returns (bool found, uint256 u, uint256 v) {
        if (isEmpty(self)) return (false, 0, 0);
        (u, v) = _lowestV(self, ROOT, 0, 0);
        return (true, u, v);
    }

    function _lowestV(
        State storage self,
        uint256 shift,
        uint256 u0,
        uint256 v0
    ) private view returns (uint256 bestU, uint256 bestV) {
        unchecked {
            uint256 w = self.nodes[_node(shift, u0, v0)];
            uint256 fold = w | (w >> 128);
            fold |= fold >> 64;
            fold |= fold >> 32;
            fold |= fold >> 16;
            uint256 vDigit = Bits.lowest(fold & 0xffff);
            uint256 v = (v0 << 4) | vDigit;
            w = (w >> vDigit) & COLUMNS;
            if (shift == 0) return ((u0 << 4) | (Bits.lowest(w) >> 4), v);
            bestV = type(uint256).max;
            while (w != 0) {
                uint256 i = Bits.lowest(w);
                w ^= 1 << i;
                (uint256 cu, uint256 cv) = _lowestV(self, shift - 4, (u0 << 4) | (i >> 4), v);
                if (cv < bestV) (bestU, bestV) = (cu, cv);
                if (bestV == v << shift) break; // no sibling can be lower
            }
        }
    }

    /// @return occupied Whether the cell held a position already.
    function _setBits(State storage self, uint256 u, uint256 v) private returns (bool occupied) {
        unchecked {
            for (uint256 shift; ; shift += 4) {
                uint256 node = _node(shift, u >> 4, v >> 4);
                uint256 w = self.nodes[node];
                uint256 bit = _bit(u, v);
                if (w & bit != 0) return shift == 0;
                self.nodes[node] = w | bit;
                if (w != 0 || shift == ROOT) return false;
                u >>= 4;
                v >>= 4;
            }
        }
    }

    function _bit(uint256 u, uint256 v) private pure returns (uint256) {
        unchecked {
            return 1 << (((u & 15) << 4) | (v & 15));
        }
    }

    function _node(uint256 shift, uint256 u, uint256 v) private pure returns (uint256) {
        unchecked {
            return (shift << 60) | (u << 30) | v;
        }
    }

    function _tailPlace(uint256 u, uint256 v) private pure returns (uint256 group, uint256 shift) {
        unchecked {
            return ((u << 30) | (v >> 3), (v & 7) << 5);
        }
    }
}
