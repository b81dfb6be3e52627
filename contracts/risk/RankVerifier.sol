// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {Bits} from "../types/Bits.sol";
import {Grid} from "./Grid.sol";
import {RankIndex} from "./RankIndex.sol";
import {RankScore} from "./RankScore.sol";

/**
 * Proofs and searches over the rank index. Never writes.
 *
 * Rank is (score descending, cell id ascending, FIFO). Both the score and the cell id get worse with u and with v, so the best that
 * can lie below a node is its corner (lowest u, lowest v), and a corner that is not better than a bound rules out every child at or
 * above it in both coordinates: one mask clears them. What is visited is the staircase between better and not better, whatever
 * the number of positions.
 */
library RankVerifier {
    using RankIndex for RankIndex.State;

    /// A place in the ranking: everything better than it comes first.
    struct Bound {
        uint256 score;
        uint256 cell;
    }

    /// What `lowest` looks for, and the best found so far.
    struct Corner {
        uint256 uLimit;
        uint256 vFrom;
        uint256 uFrom;
        uint256 u;
        uint256 v;
    }

    /// @notice Reverts with RankingIncomplete if an eligible cell ranks better than `bound`.
    function requireNothingBetter(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory bound
    ) internal view {
        _require(index, p, bound, RankIndex.ROOT, 0, 0);
    }

    /// @notice The best eligible cell that ranks after `previous`.
    function bestAfter(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory previous
    ) internal view returns (bool found, Bound memory place) {
        place.cell = type(uint256).max;
        _descend(index, p, previous, place, RankIndex.ROOT, 0, 0);
        _search(index, p, previous, place, RankIndex.ROOT, 0, 0);
        return (place.cell != type(uint256).max, place);
    }

    /// @notice The best eligible cell.
    function best(
        RankIndex.State storage index,
        RankScore.Params memory p
    ) internal view returns (bool found, Bound memory place) {
        return bestAfter(index, p, Bound({score: type(uint256).max, cell: 0}));
    }

    /**
     * @notice The first eligible cell in the order (v, u) at or after (vFrom, uFrom); the order of LeverageWaterfill.
     * @param uLimit Eligible cells have u below this.
     * @param vEnd Cells with v at or above this are of no interest.
     */
    function lowest(
        RankIndex.State storage index,
        uint256 uLimit,
        uint256 vFrom,
        uint256 uFrom,
        uint256 vEnd
    ) internal view returns (bool found, uint256 u, uint256 v) {
        Corner memory best_ = Corner({uLimit: uLimit, vFrom: vFrom, uFrom: uFrom, u: 0, v: vEnd});
        if (uLimit != 0 && vFrom < vEnd) _lowest(index, best_, RankIndex.ROOT, 0, 0);
        return (best_.v != vEnd, best_.u, best_.v);
    }

    /// @dev Rows from the lowest v on; in a row all columns, because each may hold the lowest. A row that answered ends the node.
    function _lowest(
        RankIndex.State storage index,
        Corner memory c,
        uint256 level,
        uint256 u0,
        uint256 v0
    ) private view {
        unchecked {
            uint256 shiftV = RankIndex.shiftV(level);
            uint256 w = _eligible(index, c.uLimit, c.vFrom, level, u0, v0);
            while (w != 0) {
                uint256 row = RankIndex.lowestRow(w, level);
                uint256 v = (v0 << RankIndex.rowBits(level)) | row;
                if (v << shiftV >= c.v) return;
                uint256 columns = (w >> row) & RankIndex.columns(level);
                w ^= columns << row;
                while (columns != 0) {
                    uint256 i = Bits.lowest(columns);
                    columns ^= 1 << i;
                    if (level != 0) {
                        _lowest(index, c, level - 1, (u0 << 4) | (i >> 4), v);
                        if (c.v <= _corner(c.vFrom, v << shiftV)) break; // no sibling of this row can be lower
                        continue;
                    }
                    uint256 u = (u0 << 3) | (i >> 5);
                    if (v == c.vFrom && u < c.uFrom) continue;
                    (c.u, c.v) = (u, v);
                    return;
                }
                if (c.v < (v + 1) << shiftV) return;
            }
        }
    }

    function _require(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory bound,
        uint256 level,
        uint256 u0,
        uint256 v0
    ) private view {
        unchecked {
            if (level == 0) return _requireLeaf(index, p, bound, u0, v0);
            uint256 w = _eligible(index, p.uLimit, p.vMin, level, u0, v0);
            uint256 shift = RankIndex.shiftU(level);
            uint256 column = type(uint256).max;
            uint256 gain;
            while (w != 0) {
                uint256 i = Bits.lowest(w);
                uint256 u = ((u0 << 4) | (i >> 4)) << shift;
                if (u != column) (column, gain) = (u, RankScore.gain(p, u));
                uint256 v = _corner(p.vMin, ((v0 << 4) | (i & 15)) << (shift + 2));
                if (_better(gain, RankScore.equity(p, v), Grid.cellOf(u, v), bound)) {
                    w &= w - 1;
                    _require(index, p, bound, level - 1, u >> shift, v >> (shift + 2));
                } else {
                    w &= RankIndex.NODE_COLUMNS * ((1 << (i & 15)) - 1); // what is not dominated
                }
            }
        }
    }

    function _requireLeaf(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory bound,
        uint256 u0,
        uint256 v0
    ) private view {
        unchecked {
            uint256 w = _eligible(index, p.uLimit, p.vMin, 0, u0, v0);
            while (w != 0) {
                uint256 i = Bits.lowest(w);
                uint256 u = (u0 << 3) | (i >> 5);
                uint256 v = (v0 << 5) | (i & 31);
                if (_better(RankScore.gain(p, u), RankScore.equity(p, v), Grid.cellOf(u, v), bound)) {
                    revert IExchangeErrors.RankingIncomplete(u, v);
                }
                w &= RankIndex.LEAF_COLUMNS * ((1 << (i & 31)) - 1); // what is not dominated: the column is done
            }
        }
    }

    function _search(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory previous,
        Bound memory bestYet,
        uint256 level,
        uint256 u0,
        uint256 v0
    ) private view {
        unchecked {
            uint256 w = _eligible(index, p.uLimit, p.vMin, level, u0, v0);
            uint256 column = type(uint256).max;
            uint256 gain;
            while (w != 0) {
                uint256 i = Bits.lowest(w);
                (uint256 u, uint256 v) = _child(i, level, u0, v0);
                if (u != column) (column, gain) = (u, RankScore.gain(p, u));
                v = _corner(p.vMin, v);
                uint256 equity = RankScore.equity(p, v);
                if (!_better(gain, equity, Grid.cellOf(u, v), bestYet)) {
                    w &= _notDominated(i, level);
                    continue;
                }
                w &= w - 1;
                if (level != 0) _searchBelow(index, p, previous, bestYet, level, Grid.cellOf(u, v));
                else _note(gain / equity, Grid.cellOf(u, v), previous, bestYet);
            }
        }
    }

    /// @dev Keeps a cell that is better than the best so far, if it ranks after `previous`.
    function _note(uint256 score, uint256 cell, Bound memory previous, Bound memory bestYet) private pure {
        if (_after(score, cell, previous)) (bestYet.score, bestYet.cell) = (score, cell);
    }

    /// @dev The word whose corner is `cell`.
    function _searchBelow(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory previous,
        Bound memory bestYet,
        uint256 level,
        uint256 cell
    ) private view {
        unchecked {
            uint256 u = (cell >> Grid.BITS) >> RankIndex.shiftU(level);
            uint256 v = (cell & Grid.MAX) >> RankIndex.shiftV(level);
            _search(index, p, previous, bestYet, level - 1, u, v);
        }
    }

    /// @dev One greedy path down, so that the exhaustive search starts with a bound that prunes.
    function _descend(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory previous,
        Bound memory bestYet,
        uint256 level,
        uint256 u0,
        uint256 v0
    ) private view {
        unchecked {
            uint256 w = _eligible(index, p.uLimit, p.vMin, level, u0, v0);
            Bound memory local = Bound({score: 0, cell: type(uint256).max});
            while (w != 0) {
                uint256 i = Bits.lowest(w);
                (uint256 u, uint256 v) = _child(i, level, u0, v0);
                v = _corner(p.vMin, v);
                uint256 score = RankScore.score(p, u, v);
                uint256 cell = Grid.cellOf(u, v);
                if (level == 0 && !_after(score, cell, previous)) {
                    w &= w - 1;
                    continue;
                }
                w &= _notDominated(i, level); // what it dominates is no better
                if (score > local.score || (score == local.score && cell < local.cell)) {
                    (local.score, local.cell) = (score, cell);
                }
            }
            if (local.cell == type(uint256).max) return;
            if (level == 0) {
                (bestYet.score, bestYet.cell) = (local.score, local.cell);
                return;
            }
            u0 = (local.cell >> Grid.BITS) >> RankIndex.shiftU(level);
            v0 = (local.cell & Grid.MAX) >> RankIndex.shiftV(level);
            _descend(index, p, previous, bestYet, level - 1, u0, v0);
        }
    }

    /// @dev The corner (lowest u, lowest v) of what lies below bit `i` of a word.
    function _child(uint256 i, uint256 level, uint256 u0, uint256 v0) private pure returns (uint256 u, uint256 v) {
        unchecked {
            if (level == 0) return ((u0 << 3) | (i >> 5), (v0 << 5) | (i & 31));
            u = ((u0 << 4) | (i >> 4)) << RankIndex.shiftU(level);
            v = ((v0 << 4) | (i & 15)) << RankIndex.shiftV(level);
        }
    }

    /// @dev score > bound.score, or equal and the cell nearer to the best corner.
    function _better(uint256 gain, uint256 equity, uint256 cell, Bound memory bound) private pure returns (bool) {
        unchecked {
            if (gain < bound.score * equity) return false;
            return cell < bound.cell || gain >= (bound.score + 1) * equity;
        }
    }

    function _after(uint256 score, uint256 cell, Bound memory previous) private pure returns (bool) {
        return score < previous.score || (score == previous.score && cell > previous.cell);
    }

    /// @dev The children of a word that can hold a cell with u < uLimit and v ≥ vMin.
    function _eligible(
        RankIndex.State storage index,
        uint256 uLimit,
        uint256 vMin,
        uint256 level,
        uint256 u0,
        uint256 v0
    ) private view returns (uint256 w) {
        unchecked {
            w = index.word(level, u0, v0);
            if (w == 0) return 0;
            if (level == 0) {
                uint256 end = u0 << 3;
                if (uLimit <= end) return 0;
                if (uLimit - end < 8) w &= (1 << ((uLimit - end) << 5)) - 1;
                uint256 begin = v0 << 5;
                if (vMin <= begin) return w;
                return vMin - begin < 32 ? w & ~(RankIndex.LEAF_COLUMNS * ((1 << (vMin - begin)) - 1)) : 0;
            }
            return _eligibleWords(w, uLimit, vMin, 4 * level - 1, u0, v0);
        }
    }

    /// @dev The same for a word above the leaves.
    function _eligibleWords(
        uint256 w,
        uint256 uLimit,
        uint256 vMin,
        uint256 shift,
        uint256 u0,
        uint256 v0
    ) private pure returns (uint256) {
        unchecked {
            // columns that begin below uLimit
            uint256 end = (uLimit + (1 << shift) - 1) >> shift;
            uint256 first = u0 << 4;
            if (end <= first) return 0;
            if (end - first < 16) w &= (1 << ((end - first) << 4)) - 1;
            // rows that reach vMin
            uint256 row = vMin >> (shift + 2);
            first = v0 << 4;
            if (row <= first) return w;
            return row - first < 16 ? w & ~(RankIndex.NODE_COLUMNS * ((1 << (row - first)) - 1)) : 0;
        }
    }

    function _corner(uint256 vMin, uint256 v) private pure returns (uint256) {
        return v < vMin ? vMin : v;
    }

    /// @dev What child `i` does not dominate: the rows below its own, in every column. Columns to the left are done: bits are taken in
    /// order of u, then v.
    function _notDominated(uint256 i, uint256 level) private pure returns (uint256) {
        unchecked {
            if (level == 0) return RankIndex.LEAF_COLUMNS * ((1 << (i & 31)) - 1);
            return RankIndex.NODE_COLUMNS * ((1 << (i & 15)) - 1);
        }
    }
}
