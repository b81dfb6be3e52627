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
        uint256 shift,
        uint256 u0,
        uint256 v0
    ) private view {
        unchecked {
            uint256 w = _eligibleRows(RankIndex.word(index, shift, u0, v0), c.vFrom, shift, v0);
            while (w != 0) {
                uint256 fold = w | (w >> 128);
                fold |= fold >> 64;
                fold |= fold >> 32;
                fold |= fold >> 16;
                uint256 row = Bits.lowest(fold & 0xffff);
                uint256 v = (v0 << 4) | row;
                if (v << shift >= c.v) return;
                uint256 columns = (w >> row) & RankIndex.COLUMNS;
                w ^= columns << row;
                while (columns != 0) {
                    uint256 i = Bits.lowest(columns);
                    columns ^= 1 << i;
                    uint256 u = (u0 << 4) | (i >> 4);
                    if (u << shift >= c.uLimit) break;
                    if (shift != 0) {
                        _lowest(index, c, shift - 4, u, v);
                        if (c.v <= _corner(c.vFrom, v << shift)) break; // no sibling of this row can be lower
                    } else if (v != c.vFrom || u >= c.uFrom) {
                        (c.u, c.v) = (u, v);
                        return;
                    }
                }
                if (c.v < (v + 1) << shift) return;
            }
        }
    }

    function _require(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory bound,
        uint256 shift,
        uint256 u0,
        uint256 v0
    ) private view {
        unchecked {
            uint256 w = _eligibleRows(RankIndex.word(index, shift, u0, v0), p.vMin, shift, v0);
            uint256 column = type(uint256).max;
            uint256 gain;
            uint256 u;
            while (w != 0) {
                uint256 i = Bits.lowest(w);
                if (i >> 4 != column) {
                    column = i >> 4;
                    u = ((u0 << 4) | column) << shift;
                    if (u >= p.uLimit) return;
                    gain = RankScore.gain(p, u);
                }
                uint256 v = _corner(p.vMin, ((v0 << 4) | (i & 15)) << shift);
                if (_better(gain, RankScore.equity(p, v), Grid.cellOf(u, v), bound)) {
                    if (shift == 0) revert IExchangeErrors.RankingIncomplete(u, v);
                    w ^= 1 << i;
                    _require(index, p, bound, shift - 4, u >> shift, (v0 << 4) | (i & 15));
                } else {
                    w &= _notDominated(i & 15);
                }
            }
        }
    }

    function _search(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory previous,
        Bound memory bestYet,
        uint256 shift,
        uint256 u0,
        uint256 v0
    ) private view {
        unchecked {
            uint256 w = _eligibleRows(RankIndex.word(index, shift, u0, v0), p.vMin, shift, v0);
            while (w != 0) {
                uint256 i = Bits.lowest(w);
                uint256 u = ((u0 << 4) | (i >> 4)) << shift;
                if (u >= p.uLimit) return;
                uint256 v = _corner(p.vMin, ((v0 << 4) | (i & 15)) << shift);
                uint256 gain = RankScore.gain(p, u);
                uint256 equity = RankScore.equity(p, v);
                uint256 cell = Grid.cellOf(u, v);
                if (!_better(gain, equity, cell, bestYet)) {
                    w &= _notDominated(i & 15);
                    continue;
                }
                w ^= 1 << i;
                if (shift != 0) _search(index, p, previous, bestYet, shift - 4, u >> shift, (v0 << 4) | (i & 15));
                else if (_after(gain / equity, cell, previous)) (bestYet.score, bestYet.cell) = (gain / equity, cell);
            }
        }
    }

    /// @dev One greedy path down, so that the exhaustive search starts with a bound that prunes.
    function _descend(
        RankIndex.State storage index,
        RankScore.Params memory p,
        Bound memory previous,
        Bound memory bestYet,
        uint256 shift,
        uint256 u0,
        uint256 v0
    ) private view {
        unchecked {
            uint256 w = _eligibleRows(RankIndex.word(index, shift, u0, v0), p.vMin, shift, v0);
            Bound memory local = Bound({score: 0, cell: type(uint256).max});
            uint256 child;
            while (w != 0) {
                uint256 i = Bits.lowest(w);
                uint256 u = ((u0 << 4) | (i >> 4)) << shift;
                if (u >= p.uLimit) break;
                uint256 v = _corner(p.vMin, ((v0 << 4) | (i & 15)) << shift);
                uint256 score = RankScore.score(p, u, v);
                uint256 cell = Grid.cellOf(u, v);
                if (shift == 0 && !_after(score, cell, previous)) {
                    w ^= 1 << i;
                    continue;
                }
                w &= _notDominated(i & 15); // what it dominates is no better
                if (score > local.score || (score == local.score && cell < local.cell)) {
                    (local.score, local.cell, child) = (score, cell, i);
                }
            }
            if (local.cell == type(uint256).max) return;
            if (shift == 0) (bestYet.score, bestYet.cell) = (local.score, local.cell);
            else _descend(index, p, previous, bestYet, shift - 4, (u0 << 4) | (child >> 4), (v0 << 4) | (child & 15));
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

    /// @dev Keeps the children whose v range reaches vMin.
    function _eligibleRows(uint256 w, uint256 vMin, uint256 shift, uint256 v0) private pure returns (uint256) {
        unchecked {
            uint256 row = vMin >> shift;
            if (row <= v0 << 4) return w;
            row -= v0 << 4;
            return row > 15 ? 0 : w & (RankIndex.COLUMNS * ((0xffff << row) & 0xffff));
        }
    }

    function _corner(uint256 vMin, uint256 v) private pure returns (uint256) {
        return v < vMin ? vMin : v;
    }

    /// @dev Rows below `row` in every column. Columns to the left are done: bits are taken in order of u, then v.
    function _notDominated(uint256 row) private pure returns (uint256) {
        unchecked {
            return RankIndex.COLUMNS * ((1 << row) - 1);
        }
    }
}
