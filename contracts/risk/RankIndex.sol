// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Bits} from "../types/Bits.sol";
import {PackedPosition, Position} from "../types/Position.sol";

/**
 * One side's rank index: which cells (u, v) of the grid hold positions, and in which order those positions joined their cell.
 *
 * Four levels of 256-bit words. A word of level 0, a leaf, holds 8 × 32 cells: bit ((u & 7) << 5) | (v & 31) of the word of (u >> 3, v >> 5).
 * One of the levels above holds 16 × 16 words of the level below: bit ((u & 15) << 4) | (v & 15). A bit is set exactly when something lies
 * below it. Positions of one cell form a circular FIFO list through their own storage slots: `next` of the last is the first, `prev` of the
 * first is 0. Tail pointers are packed eight to a word, neighbours in v together: margin moves and the waterfill change v and keep u. The
 * tail of an empty cell is stale.
 *
 * Only Settlement calls the functions that write.
 */
library RankIndex {
    struct State {
        mapping(uint256 node => uint256 word) nodes;
        mapping(uint256 group => uint256 word) tails;
    }

    /// @dev Level of the root. Its word holds two columns of one row: what the levels below leave of twelve and of thirteen bits.
    uint256 internal constant ROOT = 3;
    /// @dev One bit at the bottom of each column, of a leaf and of the words above.
    uint256 internal constant LEAF_COLUMNS = 0x0000000100000001000000010000000100000001000000010000000100000001;
    uint256 internal constant NODE_COLUMNS = 0x0001000100010001000100010001000100010001000100010001000100010001;

    /// @notice Child i of a word lies in column i >> rowBits and row i & (2^rowBits − 1).
    function rowBits(uint256 level) internal pure returns (uint256) {
        return level == 0 ? 5 : 4;
    }

    /// @notice One bit at the bottom of each column of a word.
    function columns(uint256 level) internal pure returns (uint256) {
        return level == 0 ? LEAF_COLUMNS : NODE_COLUMNS;
    }

    /// @notice How far a cell's u is shifted to name the child that it lies in.
    function shiftU(uint256 level) internal pure returns (uint256) {
        unchecked {
            return level == 0 ? 0 : 4 * level - 1;
        }
    }

    /// @notice How far a cell's v is shifted to name the child that it lies in.
    function shiftV(uint256 level) internal pure returns (uint256) {
        unchecked {
            return level == 0 ? 0 : 4 * level + 1;
        }
    }

    /// @notice The word of a level; `u` and `v` are a cell's coordinates less the bits that the word and those below it resolve.
    function word(State storage self, uint256 level, uint256 u, uint256 v) internal view returns (uint256) {
        return self.nodes[_node(level, u, v)];
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
            uint256 node = _node(0, u >> 3, v >> 5);
            uint256 w = self.nodes[node] & ~_leafBit(u, v);
            self.nodes[node] = w;
            (u, v) = (u >> 3, v >> 5);
            for (uint256 level = 1; w == 0 && level <= ROOT; ++level) {
                node = _node(level, u >> 4, v >> 4);
                w = self.nodes[node] & ~_nodeBit(u, v);
                self.nodes[node] = w;
                (u, v) = (u >> 4, v >> 4);
            }
        }
    }

    /// @notice The cell with the lowest v, and among those the lowest u: the position nearest to its bankruptcy price.
    function lowestV(State storage self) internal view returns (bool found, uint256 u, uint256 v) {
        if (isEmpty(self)) return (false, 0, 0);
        (u, v) = _lowestV(self, ROOT, 0, 0);
        return (true, u, v);
    }

    /// @dev The lowest row of a word that is not empty.
    function lowestRow(uint256 w, uint256 level) internal pure returns (uint256) {
        unchecked {
            w |= w >> 128;
            w |= w >> 64;
            w |= w >> 32;
            if (level == 0) return Bits.lowest(w & type(uint32).max);
            return Bits.lowest((w | (w >> 16)) & type(uint16).max);
        }
    }

    function _lowestV(
        State storage self,
        uint256 level,
        uint256 u0,
        uint256 v0
    ) private view returns (uint256 bestU, uint256 bestV) {
        unchecked {
            uint256 w = self.nodes[_node(level, u0, v0)];
            uint256 row = lowestRow(w, level);
            if (level == 0) return ((u0 << 3) | (Bits.lowest((w >> row) & LEAF_COLUMNS) >> 5), (v0 << 5) | row);
            w = (w >> row) & NODE_COLUMNS;
            uint256 v = (v0 << 4) | row;
            bestV = type(uint256).max;
            while (w != 0) {
                uint256 i = Bits.lowest(w);
                w ^= 1 << i;
                (uint256 cu, uint256 cv) = _lowestV(self, level - 1, (u0 << 4) | (i >> 4), v);
                if (cv < bestV) (bestU, bestV) = (cu, cv);
                if (bestV == v << (4 * level + 1)) break; // no sibling can be lower
            }
        }
    }

    /// @return occupied Whether the cell held a position already.
    function _setBits(State storage self, uint256 u, uint256 v) private returns (bool occupied) {
        unchecked {
            uint256 node = _node(0, u >> 3, v >> 5);
            uint256 w = self.nodes[node];
            uint256 bit = _leafBit(u, v);
            if (w & bit != 0) return true;
            self.nodes[node] = w | bit;
            (u, v) = (u >> 3, v >> 5);
            for (uint256 level = 1; w == 0 && level <= ROOT; ++level) {
                node = _node(level, u >> 4, v >> 4);
                w = self.nodes[node];
                self.nodes[node] = w | _nodeBit(u, v);
                (u, v) = (u >> 4, v >> 4);
            }
        }
    }

    function _leafBit(uint256 u, uint256 v) private pure returns (uint256) {
        unchecked {
            return 1 << (((u & 7) << 5) | (v & 31));
        }
    }

    function _nodeBit(uint256 u, uint256 v) private pure returns (uint256) {
        unchecked {
            return 1 << (((u & 15) << 4) | (v & 15));
        }
    }

    function _node(uint256 level, uint256 u, uint256 v) private pure returns (uint256) {
        unchecked {
            return (level << 60) | (u << 30) | v;
        }
    }

    function _tailPlace(uint256 u, uint256 v) private pure returns (uint256 group, uint256 shift) {
        unchecked {
            return ((u << 30) | (v >> 3), (v & 7) << 5);
        }
    }
}
