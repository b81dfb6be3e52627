// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange} from "../interfaces/IExchange.sol";
import {Grid} from "../risk/Grid.sol";
import {RankIndex} from "../risk/RankIndex.sol";
import {RankScore} from "../risk/RankScore.sol";
import {Bits} from "../types/Bits.sol";
import {Position} from "../types/Position.sol";

/**
 * Counts an ADL queue through the index tree, without sorting it: every eligible cell is visited once, in the order of the tree, and its
 * members are counted as ahead of the account in question or not. Never writes; calls only views of the exchange.
 *
 * A unit of work is an index word or a position read. What a walk visits are the cells of one side that are eligible, and the words above
 * them: the cost does not depend on how many accounts there are, nor on the other side.
 *
 * Cursor: | 1 | met 1 | path 32 | account 32 |. `path` names a cell or a subtree by its bit in the word of each level, root first; `account` is
 * the member of the cell to go on with, 0 for the first; `met` says that the account in question was passed in that cell. The leading one tells the first path from "nothing left".
 */
library RankCount {
    struct Walk {
        IExchange exchange;
        uint256 market;
        RankScore.Params params;
        bool byLeverage; // LeverageWaterfill: by v, then u, whatever the profit
        uint256 account; // whose rank is asked for; 0 for nobody's
        uint256 score; // of its cell
        uint256 cell;
        uint256 cursor; // where to begin, 0 for the beginning
        uint256 left; // units of work
        uint256 queued; // positions counted
        uint256 ahead; // those of them that rank before the account
        uint256 next; // where to go on, 0 when everything was counted
    }

    uint256 private constant ROOT_LEVEL = RankIndex.ROOT;
    uint256 private constant MET = 1 << 64;
    uint256 private constant LIVE = 1 << 65;

    /// @notice Counts from the cursor on, until the work is done or used up.
    function run(Walk memory w) internal view {
        _words(w, ROOT_LEVEL, 0, 0, 0, w.cursor != 0);
    }

    /// @param path Bits of the levels above this one. @param resumed Whether the cursor lies below this word: reading it again is free.
    /// @return more Whether the walk may go on.
    function _words(
        Walk memory w,
        uint256 level,
        uint256 u0,
        uint256 v0,
        uint256 path,
        bool resumed
    ) private view returns (bool more) {
        if (!resumed && !_spend(w, path << (8 * (level + 1)), 0)) return false;
        uint256 word = w.exchange.indexWordAt(w.market, w.params.isLong, level, u0, v0);
        uint256 rowBits = RankIndex.rowBits(level);
        uint256 first = resumed ? (w.cursor >> (32 + 8 * level)) & 0xff : 0;
        word &= type(uint256).max << first;
        while (word != 0) {
            uint256 i = Bits.lowest(word);
            word ^= 1 << i;
            uint256 u = (u0 << (8 - rowBits)) | (i >> rowBits);
            uint256 v = (v0 << rowBits) | (i & ((1 << rowBits) - 1));
            if (u << RankIndex.shiftU(level) >= w.params.uLimit) break; // bits come in the order of u
            if ((v + 1) << RankIndex.shiftV(level) <= w.params.vMin) continue;
            uint256 below = (path << 8) | i;
            bool here = resumed && i == first;
            if (level != 0) more = _words(w, level - 1, u, v, below, here);
            else more = _members(w, u, v, below, here ? w.cursor & type(uint32).max : 0, here && w.cursor & MET != 0);
            if (!more) return false;
        }
        return true;
    }

    /// @dev Counts the members of a cell, first in first.
    function _members(
        Walk memory w,
        uint256 u,
        uint256 v,
        uint256 path,
        uint256 account,
        bool met
    ) private view returns (bool more) {
        uint256 cell = Grid.cellOf(u, v);
        bool better = w.account != 0 && _isBefore(w, u, v);
        uint256 tail = w.exchange.indexTailAt(w.market, w.params.isLong, u, v);
        Position memory last = w.exchange.positionAt(w.market, tail);
        if (account == 0) account = last.next;
        while (true) {
            if (!_spend(w, path, account)) {
                if (met) w.next |= MET;
                return false;
            }
            ++w.queued;
            if (cell == w.cell && account == w.account) met = true;
            if (better || (cell == w.cell && !met)) ++w.ahead;
            if (account == tail) return true;
            account = w.exchange.positionAt(w.market, account).next;
        }
    }

    /// @notice What a cell ranks by, × 2^64: the market's policy decides.
    function scoreOf(
        RankScore.Params memory params,
        bool byLeverage,
        uint256 u,
        uint256 v
    ) internal pure returns (uint256) {
        return byLeverage ? (params.price << 64) / RankScore.equity(params, v) : RankScore.score(params, u, v);
    }

    /// @dev Whether a cell ranks before the account's.
    function _isBefore(Walk memory w, uint256 u, uint256 v) private pure returns (bool) {
        uint256 cell = Grid.cellOf(u, v);
        if (w.byLeverage) {
            (uint256 ownU, uint256 ownV) = (w.cell >> Grid.BITS, w.cell & Grid.MAX);
            return v < ownV || (v == ownV && u < ownU);
        }
        uint256 score = RankScore.score(w.params, u, v);
        return score > w.score || (score == w.score && cell < w.cell);
    }

    /// @dev Takes one unit of work, or notes where the next page begins.
    function _spend(Walk memory w, uint256 path, uint256 account) private pure returns (bool) {
        if (w.left == 0) {
            w.next = LIVE | (path << 32) | account;
            return false;
        }
        --w.left;
        return true;
    }
}
