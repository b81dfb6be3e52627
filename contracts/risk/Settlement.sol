// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Margin} from "./Margin.sol";
import {RankIndex} from "./RankIndex.sol";

/**
 * The only code that writes positions, and therefore the only code that writes the rank index.
 *
 * Whoever changes a position loads it with its cell, works on the copy in memory, and hands it back once.
 */
library Settlement {
    using Book for Book.State;
    using RankIndex for RankIndex.State;
    using Margin for Position;

    /// A position on loan from storage. `u`, `v`: its cell as indexed, valid while `inIndex`.
    struct Loan {
        uint256 account;
        Position position;
        bool inIndex;
        bool wasLong;
        uint256 u;
        uint256 v;
        int256 longValue; // what it adds to Market.longValue as stored
    }

    /// A run through the head of the queue: cells are emptied front to back, and written once they are left.
    struct Cursor {
        bool active;
        uint256 u;
        uint256 v;
        uint256 first; // the cell's first position when the cursor entered it
        uint256 last; // the last position taken
        uint256 next; // the one after it; equal to `first` when the cell is exhausted
    }

    /// @notice Loads a position, remembers its cell and settles its funding.
    function load(
        Market storage market,
        MarketContext memory ctx,
        uint256 account
    ) internal view returns (Loan memory loan) {
        loan.account = account;
        loan.position = market.positions[account].load();
        if (loan.position.lots != 0) {
            loan.inIndex = true;
            loan.wasLong = loan.position.isLong();
            (loan.u, loan.v) = loan.position.cell(ctx.base);
            loan.longValue = loan.position.longValue();
            loan.position.settle(ctx.funding);
        } else {
            loan.position.fundingIndex = ctx.funding;
        }
    }

    /// @notice Writes a loaned position back and moves it in the index if its cell changed.
    function store(Market storage market, MarketContext memory ctx, Tally memory tally, Loan memory loan) internal {
        Position memory p = loan.position;
        // neighbours may have come and gone while the position was on loan
        if (loan.inIndex) (p.prev, p.next) = market.positions[loan.account].links();
        bool open = p.lots != 0;
        bool long_ = p.isLong();
        (uint256 u, uint256 v) = open ? p.cell(ctx.base) : (0, 0);
        bool stays = open && loan.inIndex && long_ == loan.wasLong && u == loan.u && v == loan.v;
        if (loan.inIndex && !stays) {
            index(market, loan.wasLong).remove(market.positions, loan.account, p, loan.u, loan.v);
        }
        if (open) {
            if (!stays) {
                (p.prev, p.next) = index(market, long_).add(market.positions, loan.account, u, v);
                if (long_) {
                    if (v < market.longBound) market.longBound = uint16(v);
                } else if (v < market.shortBound) {
                    market.shortBound = uint16(v);
                }
            }
            market.positions[loan.account].store(p);
            emit IExchangeEvents.PositionChanged(
                ctx.id,
                loan.account,
                p.lots,
                p.cost,
                p.margin,
                p.fundingIndex,
                market.book.nextSequence()
            );
        } else if (loan.inIndex) {
            market.positions[loan.account].clear();
            emit IExchangeEvents.PositionChanged(ctx.id, loan.account, 0, 0, 0, 0, market.book.nextSequence());
        }
        int256 longValue = open ? p.longValue() : int256(0);
        tally.longValue += longValue - loan.longValue;
        loan.longValue = longValue;
        (loan.inIndex, loan.wasLong, loan.u, loan.v) = (open, long_, u, v);
    }

    /// @notice Clears a position that the cursor took in full. Its cell is written when the cursor leaves it. Emits nothing: that the
    /// position is closed is told by the caller's AutoDeleveraged or PrincipalClosed, which says that no lots are left.
    function clearTaken(Market storage market, Tally memory tally, Loan memory loan) internal {
        market.positions[loan.account].clear();
        tally.longValue -= loan.longValue;
    }

    /// @notice Writes the cell that the cursor stands in: empty, or headed by the position after the last one taken.
    function leaveCell(Market storage market, bool isLong, Cursor memory cursor) internal {
        if (!cursor.active) return;
        cursor.active = false;
        RankIndex.State storage side = index(market, isLong);
        if (cursor.next == cursor.first) side.clearCell(cursor.u, cursor.v);
        else side.setHead(market.positions, cursor.next, cursor.u, cursor.v);
    }

    function index(Market storage market, bool isLong) internal view returns (RankIndex.State storage) {
        return isLong ? market.longs : market.shorts;
    }
}
