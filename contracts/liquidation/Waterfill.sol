// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Grid} from "../risk/Grid.sol";
import {Margin} from "../risk/Margin.sol";
import {RankIndex} from "../risk/RankIndex.sol";
import {RankScore} from "../risk/RankScore.sol";
import {RankVerifier} from "../risk/RankVerifier.sol";
import {Settlement} from "../risk/Settlement.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Rounding} from "../types/Rounding.sol";
import {Ledger} from "../vault/Ledger.sol";
import {LiquidationPlan} from "./LiquidationPlan.sol";
import {Thresholds} from "./Thresholds.sol";
import {WaterLevel} from "./WaterLevel.sol";
import {WaterStep} from "./WaterStep.sol";

/**
 * Stage 3 under LeverageWaterfill: the most levered counterparties are brought down towards one common leverage. Linked library.
 *
 * THE SEQUENCE. A step takes the first eligible position in the order (v, u, FIFO) and closes as many of its lots as bring it into
 * the next row, at most what the bankrupt position has left. Margin and result stay in the position; in its new cell it is the
 * last. Steps repeat until the bankrupt position is closed. Each step depends on the state alone, so there is exactly one
 * sequence, and every call is a piece of it: where a call ends cannot change what follows (ADL-4), and there is no leverage for
 * a caller to choose. The common leverage λ is where the sequence runs out of lots; the touched end within a row of it.
 *
 * A CALL runs the sequence in memory over the positions that it lists, which must be the first of the order, and writes each once. It
 * goes on until the bankrupt position is closed, or the next step belongs to a position that is not listed. What is not reached is
 * not touched, so a list may be longer than needed. That nobody was left out is what the index answers: no unlisted eligible cell lies
 * before the last step.
 *
 * BOUNDED. A call makes at most MAX_STEPS steps. Each closes at least a lot, and rows end. A call also ends where Thresholds are crossed.
 *
 * SPLITTING an account does not let it give up less, as long as its parts stand together where it stood: each rounds its lots up, and
 * whatever they give up more, all others give up less (the total is given, and what the others give up only grows along the sequence).
 * Parts that others stand between, or of different leverage, or that rounding carried into the middle of a wide step, come down one after
 * the other: worth at most a step.
 */
library Waterfill {
    using Book for Book.State;
    using LiquidationPlan for Position;
    using Margin for Position;
    using RankIndex for RankIndex.State;
    using Thresholds for Thresholds.Set;
    using WaterLevel for WaterLevel.Queue;

    /// @dev Steps of one call. With the positions that they bring down they still fit behind a sweep of 64 fills (test/gas).
    uint256 internal constant MAX_STEPS = 160;
    /// @dev Most positions that the contract picks in one call: each is searched for, and written into a new cell.
    uint256 internal constant MAX_PICKED = 80;
    uint256 private constant NONE = type(uint256).max;

    /// What the call knows of its market and of the bankrupt position, settled.
    struct Job {
        uint256 id;
        uint256 price;
        int256 funding;
        int256 adjusted;
        uint256 base;
        uint256 uLimit; // eligible cells have u below this
        uint256 vMin; // … and v at or above this
        int256 x; // X, X16
        uint256 account; // the bankrupt one
        Position bankrupt;
        uint256 budget; // what the fund can pay, quote atoms
        Thresholds.Set thresholds;
        uint256 limit; // most positions that the contract picks, when the list is empty
    }

    struct Outcome {
        Position bankrupt;
        uint256 cover; // quote atoms
        uint256 lots; // closed
        uint256 cost; // of the bankrupt position's lots that were closed, quote atoms
        uint256 taken; // counterparties
        bool ended; // closed, or a threshold was crossed
        bool dry; // nobody eligible is left
        int256 pot; // quote atoms
        int256 longValue; // X16
    }

    /// A counterparty in the water.
    struct Member {
        Settlement.Loan loan;
        uint256 u; // its cell now
        uint256 v;
        uint256 score;
        uint256 lots; // closed
        int256 pnl;
        uint256 payout;
        bool stays; // in its cell as indexed
    }

    /// The run, in memory.
    struct Run {
        MarketContext ctx;
        Tally tally;
        RankScore.Params params;
        Settlement.Cursor cursor;
        WaterLevel.Queue water; // members by (v, u, arrival)
        Member[] members; // in the order in which they entered
        uint256 entered;
        uint256 coverNow; // what the fund can pay for the bankrupt position as it stands, quote atoms
        uint256 steps;
        uint256 wide; // from this row on steps are wide (WaterStep)
        uint256 place; // of the list
        Settlement.Loan next; // of the list, or the contract's own pick
        uint256 nextKey; // its place; NONE when the list is exhausted
        uint256 end; // first place that is not listed; NONE when there is none, or not known to be needed
        uint256 bound; // no unlisted cell may lie before this place
        uint256[] left; // members that are no longer eligible, in the order in which they came down
        uint256 leftCount;
    }

    /// @notice Runs the sequence over the listed positions, or over the first `job.limit` when the list is empty.
    function run(
        ExchangeState storage state,
        Market storage market,
        Job memory job,
        uint32[] calldata list
    ) external returns (Outcome memory o) {
        Run memory r = _begin(job, list.length == 0 ? Math.min(job.limit, MAX_PICKED) : list.length);
        o.bankrupt = job.bankrupt;
        _advance(market, job, r, list);
        while (!o.ended && r.steps < MAX_STEPS) {
            uint256 head = r.water.head();
            if (r.nextKey < head) {
                head = r.nextKey | r.entered;
                _enter(market, job, r);
                if (r.bound < r.nextKey) r.bound = r.nextKey;
                r.nextKey = NONE;
                _step(state, market, job, r, o, head);
                if (!o.ended) _advance(market, job, r, list);
            } else if (head < r.end) {
                r.water.pop();
                // whoever lies in this cell and is not listed was there before
                uint256 cell = WaterLevel.afterCell(head);
                if (r.bound < cell) r.bound = cell;
                _step(state, market, job, r, o, head);
            } else {
                o.dry = head == NONE && r.end == NONE;
                break;
            }
        }
        Settlement.leaveCell(market, r.params.isLong, r.cursor);
        _requireNobodyBefore(market, job, r);
        _write(market, r);
        _report(market, job, r);
        (o.pot, o.longValue, o.taken) = (r.tally.pot, r.tally.longValue, r.entered);
    }

    function _begin(Job memory job, uint256 count) private pure returns (Run memory r) {
        MarketContext memory ctx = r.ctx;
        (ctx.id, ctx.price, ctx.funding) = (job.id, job.price, job.funding);
        (ctx.adjusted, ctx.base) = (job.adjusted, job.base);
        r.params.isLong = job.bankrupt.lots < 0;
        r.wide = WaterStep.wideFrom(r.params.isLong, job.adjusted, job.base);
        (r.params.base, r.params.price, r.params.adjusted) = (job.base, job.price, job.adjusted);
        r.coverNow = job.bankrupt.payable_(ctx, job.budget);
        r.water = WaterLevel.create(count);
        r.members = new Member[](count);
        r.left = new uint256[](count);
        r.end = NONE;
    }

    // ------------------------------------------------------------------------------------------------ who comes next

    /// @dev Finds the next position to enter: of the list, or by the contract's own search. Without one, finds where the list ends.
    function _advance(Market storage market, Job memory job, Run memory r, uint32[] calldata list) private view {
        if (list.length == 0) return _pick(market, job, r);
        while (r.place < list.length) {
            uint256 account = list[r.place++];
            Settlement.Loan memory loan = Settlement.load(market, r.ctx, account);
            if (loan.position.lots == 0) {
                _requireListedOnce(r, account, list);
                continue; // gone
            }
            if (loan.wasLong != r.params.isLong) revert IExchangeErrors.WrongSide(account);
            if (loan.u >= job.uLimit || loan.v < job.vMin) continue; // not eligible any more
            _requireOrder(r, loan, list);
            (r.next, r.nextKey) = (loan, WaterLevel.keyOf(loan.u, loan.v, 0));
            return;
        }
        r.nextKey = NONE;
        (r.end, ) = _firstUnlisted(market, job, r, Grid.MAX + 1);
    }

    /// @dev The contract's own pick, until it has picked enough.
    function _pick(Market storage market, Job memory job, Run memory r) private view {
        r.nextKey = NONE;
        (uint256 key, uint256 account) = _firstUnlisted(market, job, r, Grid.MAX + 1);
        if (r.entered == r.members.length) {
            r.end = key;
        } else if (key != NONE) {
            (r.next, r.nextKey) = (Settlement.load(market, r.ctx, account), key);
        }
    }

    /// @dev The first place in the index behind those that entered. They stand there still, all of them before the cursor.
    function _firstUnlisted(
        Market storage market,
        Job memory job,
        Run memory r,
        uint256 vEnd
    ) private view returns (uint256 key, uint256 account) {
        Settlement.Cursor memory c = r.cursor;
        // what is left of the cell that the cursor stands in
        if (c.active && c.next != c.first) return (WaterLevel.keyOf(c.u, c.v, 0), c.next);
        RankIndex.State storage index = Settlement.index(market, r.params.isLong);
        (uint256 v, uint256 u) = c.active ? (c.v, c.u + 1) : (job.vMin, uint256(0));
        bool found;
        (found, u, v) = RankVerifier.lowest(index, job.uLimit, v, u, vEnd);
        if (!found) return (NONE, 0);
        return (WaterLevel.keyOf(u, v, 0), index.headOf(market.positions, u, v));
    }

    /// @dev Checks that `loan` comes after the last one that entered: by (v, u), and inside a cell FIFO.
    function _requireOrder(Run memory r, Settlement.Loan memory loan, uint32[] calldata list) private pure {
        Settlement.Cursor memory c = r.cursor;
        bool sameCell = c.active && loan.u == c.u && loan.v == c.v;
        bool fifo = loan.position.prev == (sameCell ? c.last : 0);
        bool sorted = !c.active || WaterLevel.keyOf(loan.u, loan.v, 0) >= WaterLevel.keyOf(c.u, c.v, 0);
        if (fifo && sorted) {
            // a cell must be exhausted before the next one is entered
            if (!sameCell && c.active && c.next != c.first) revert IExchangeErrors.RankingIncomplete(c.u, c.v);
            return;
        }
        _requireListedOnce(r, loan.account, list);
        if (!sorted) revert IExchangeErrors.RankingUnsorted(loan.account);
        revert IExchangeErrors.RankingNotFifo(loan.account);
    }

    function _requireListedOnce(Run memory r, uint256 account, uint32[] calldata list) private pure {
        for (uint256 i; i + 1 < r.place; ++i) {
            if (list[i] == account) revert IExchangeErrors.DuplicateCounterparty(account);
        }
    }

    /// @dev The next position of the list joins the water, and its cell is left to those behind it.
    function _enter(Market storage market, Job memory job, Run memory r) private {
        Settlement.Loan memory loan = r.next;
        Settlement.Cursor memory c = r.cursor;
        if (!c.active || loan.u != c.u || loan.v != c.v) {
            Settlement.leaveCell(market, r.params.isLong, c);
            (c.active, c.u, c.v, c.first) = (true, loan.u, loan.v, loan.account);
        }
        (c.last, c.next) = (loan.account, loan.position.next);
        Member memory m;
        (m.loan, m.u, m.v) = (loan, loan.u, loan.v);
        m.score = (job.price << RankScore.SCALE_BITS) / RankScore.equity(r.params, loan.v);
        r.members[r.entered++] = m;
    }

    /// @dev By now the cells of those that entered are written: whatever eligible lies before the bound was left out.
    function _requireNobodyBefore(Market storage market, Job memory job, Run memory r) private view {
        if (r.entered == 0) return;
        (uint256 key, ) = _firstUnlisted(market, job, r, WaterLevel.vOf(r.bound) + 1);
        if (key >= r.bound) return;
        revert IExchangeErrors.RankingIncomplete(WaterLevel.uOf(key), WaterLevel.vOf(key));
    }

    // ------------------------------------------------------------------------------------------------ a step

    /// @dev Brings the member at the head of the order down.
    function _step(
        ExchangeState storage state,
        Market storage market,
        Job memory job,
        Run memory r,
        Outcome memory o,
        uint256 key
    ) private {
        ++r.steps;
        Member memory m = r.members[WaterLevel.memberOf(key)];
        Position memory p = m.loan.position;
        _close(job, r, o, m);
        if (p.lots == 0) {
            m.payout = Rounding.positivePart(p.margin);
            r.tally.pot -= int256(m.payout);
            Settlement.clearTaken(market, r.tally, m.loan);
            Ledger.creditSilently(state, m.loan.account, m.payout);
            return;
        }
        (uint256 u, uint256 v) = p.cell(job.base);
        if (u == m.u && v == m.v) {
            // the bankrupt position is closed; where it stood first, it still does
            if (WaterLevel.arrivalOf(key) == 0) _stay(market, r, m);
            else r.water.push(key);
            return;
        }
        (m.u, m.v) = (u, v);
        if (u < job.uLimit) r.water.push(WaterLevel.keyOf(u, v, r.steps) | WaterLevel.memberOf(key));
        else r.left[r.leftCount++] = WaterLevel.memberOf(key);
    }

    /// @dev Closes lots of a member against the bankrupt position, at X improved by the cover. Margin and result stay in it.
    function _close(Job memory job, Run memory r, Outcome memory o, Member memory m) private pure {
        unchecked {
            // what the types of a stored position and of the ledger bound; see Margin
            Position memory b = o.bankrupt;
            Position memory p = m.loan.position;
            uint256 open = b.size();
            uint256 cover = r.coverNow;
            uint256 lots = WaterStep.lotsToNextRow(b, p, m.v, r.wide, job.base, cover);
            if (lots > open) lots = open;
            cover = (cover * lots) / open;

            int256 traded = b.shareRoundedOutward(lots);
            o.cost += b.takeShare(lots, traded);
            int256 margin = p.margin;
            p.close(lots, uint256(traded)); // not negative: X is positive where anybody is eligible
            p.margin += int256(cover);
            m.pnl += p.margin - margin;
            m.lots += lots;
            job.budget -= cover;
            o.cover += cover;
            o.lots += lots;
            r.tally.pot += int256(cover);
            r.coverNow = b.payable_(r.ctx, job.budget);
            o.ended = b.lots == 0 || job.thresholds.crossed(b, r.coverNow);
        }
    }

    /// @dev The last step was cut short inside the cell that the member came from: it goes on heading it.
    function _stay(Market storage market, Run memory r, Member memory m) private {
        Settlement.Cursor memory c = r.cursor;
        if (c.first == m.loan.account) c.active = false;
        else c.next = m.loan.account;
        Settlement.leaveCell(market, r.params.isLong, c);
        m.stays = true;
        Settlement.store(market, r.ctx, r.tally, m.loan);
    }

    // ------------------------------------------------------------------------------------------------ writing

    /// @dev Writes the members into their cells in the order in which they would have come to lie there step by step.
    function _write(Market storage market, Run memory r) private {
        for (uint256 key = r.water.head(); key != NONE; key = r.water.head()) {
            r.water.pop();
            _store(market, r, r.members[WaterLevel.memberOf(key)].loan);
        }
        for (uint256 i; i < r.leftCount; ++i) _store(market, r, r.members[r.left[i]].loan);
    }

    function _store(Market storage market, Run memory r, Settlement.Loan memory loan) private {
        loan.inIndex = false; // its old cell was left by the cursor
        Settlement.store(market, r.ctx, r.tally, loan);
    }

    function _report(Market storage market, Job memory job, Run memory r) private {
        for (uint256 i; i < r.entered; ++i) {
            Member memory m = r.members[i];
            emit IExchangeEvents.AutoDeleveraged(
                job.id,
                job.account,
                m.loan.account,
                i + 1,
                m.score,
                job.x,
                m.lots,
                m.pnl,
                m.payout,
                m.loan.position.size(),
                market.book.nextSequence()
            );
        }
    }
}
