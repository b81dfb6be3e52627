// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

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

/**
 * Closing a bankrupt position against the opposing side at its bankruptcy price X, improved by insurance cover.
 *
 * Listed (stage 3): entries are taken in the order given, each checked to rank after the one before; their cells are emptied on the
 * way, and one walk over the index then proves that nothing better than the last one was left out.
 * Picked (stages 3 and 4): the contract finds the best itself, one after the other; when no position is eligible, the opposing
 * position nearest to its own bankruptcy price goes first, in profit or not.
 */
library Counterparties {
    using Book for Book.State;
    using RankIndex for RankIndex.State;
    using Margin for Position;
    using LiquidationPlan for Position;
    using Thresholds for Thresholds.Set;

    struct Run {
        MarketContext ctx;
        Tally tally;
        Settlement.Loan bankrupt;
        int256 price; // X, X16, rounded down
        bool isLong; // side of the counterparties
        RankScore.Params params;
        RankVerifier.Bound last; // rank of the cell last taken
        Settlement.Cursor cursor;
        uint256 rank; // counterparties taken
        uint256 coverBudget; // what the fund can still pay, quote atoms
        uint256 cover; // what it paid
        uint256 lots; // closed
        uint256 cost; // of the bankrupt position's lots that were closed, quote atoms
        Thresholds.Set thresholds;
        bool ended; // they were crossed: the call ends here
    }

    /// What one counterparty gives and gets.
    struct Share {
        uint256 lots; // closed
        uint256 left; // lots that stay open
        uint256 cover; // quote atoms of insurance cover
        uint256 payout; // quote atoms
        int256 pnl; // quote atoms
    }

    /// @notice A run against a bankrupt position as it stands now.
    /// @param coverBudget What the fund can pay, quote atoms.
    function start(
        MarketContext memory ctx,
        Tally memory tally,
        Settlement.Loan memory bankrupt,
        uint256 coverBudget
    ) internal pure returns (Run memory run) {
        (run.ctx, run.tally, run.coverBudget) = (ctx, tally, coverBudget);
        run.thresholds = Thresholds.current(bankrupt.position, ctx, coverBudget);
        run.bankrupt = bankrupt;
        run.isLong = !bankrupt.position.isLong();
        run.price = bankrupt.position.bankruptcyPrice();
        run.params = eligibility(ctx, run.isLong, run.price);
        run.last.score = type(uint256).max;
    }

    /// @notice Which cells of a side are eligible for a bankrupt opposing position at X: in profit at X and solvent at the mark, by
    /// whole cells, on the safe side.
    function eligibility(
        MarketContext memory ctx,
        bool isLong,
        int256 price
    ) internal pure returns (RankScore.Params memory params) {
        params.isLong = isLong;
        params.base = ctx.base;
        params.price = ctx.price;
        params.adjusted = ctx.adjusted;
        if (price > 0) params.uLimit = Grid.coordinateU(isLong, Grid.entryTick(uint256(price), ctx.base));
        params.vMin = Grid.coordinateV(isLong, Grid.bankruptcyTick(ctx.adjusted, ctx.base)) + 1;
    }

    // ------------------------------------------------------------------------------------------------ listed

    /// @notice Takes the listed counterparties until the bankrupt position is closed, the list ends or a threshold is crossed, and
    /// proves the ranking.
    function takeListed(
        ExchangeState storage state,
        Market storage market,
        Run memory run,
        uint32[] calldata list
    ) internal {
        for (uint256 i; i < list.length && !run.ended; ++i) {
            uint256 account = list[i];
            Settlement.Loan memory loan = Settlement.load(market, run.ctx, account);
            if (loan.position.lots == 0) {
                for (uint256 j; j < i; ++j) {
                    if (list[j] == account) revert IExchangeErrors.DuplicateCounterparty(account);
                }
                continue; // gone
            }
            if (loan.wasLong != run.isLong) revert IExchangeErrors.WrongSide(account);
            if (loan.u >= run.params.uLimit || loan.v < run.params.vMin) continue; // not eligible any more
            _enter(market, run, loan);
            _close(state, market, run, loan, false);
        }
        Settlement.leaveCell(market, run.isLong, run.cursor);
        if (run.rank != 0) {
            RankVerifier.requireNothingBetter(Settlement.index(market, run.isLong), run.params, run.last);
        }
    }

    /// @dev Checks that `loan` comes next after the last one taken: in its cell FIFO, across cells by rank.
    function _enter(Market storage market, Run memory run, Settlement.Loan memory loan) private {
        Settlement.Cursor memory c = run.cursor;
        if (c.active && loan.u == c.u && loan.v == c.v) {
            if (loan.position.prev != c.last) revert IExchangeErrors.RankingNotFifo(loan.account);
        } else {
            // a cell must be exhausted before the next one is entered
            if (c.active && c.next != c.first) revert IExchangeErrors.RankingIncomplete(c.u, c.v);
            Settlement.leaveCell(market, run.isLong, c);
            if (loan.position.prev != 0) revert IExchangeErrors.RankingNotFifo(loan.account);
            uint256 score = RankScore.score(run.params, loan.u, loan.v);
            uint256 cell = Grid.cellOf(loan.u, loan.v);
            if (score > run.last.score || (score == run.last.score && cell <= run.last.cell)) {
                revert IExchangeErrors.RankingUnsorted(loan.account);
            }
            (run.last.score, run.last.cell) = (score, cell);
            (c.active, c.u, c.v, c.first) = (true, loan.u, loan.v, loan.account);
        }
        (c.last, c.next) = (loan.account, loan.position.next);
    }

    // ------------------------------------------------------------------------------------------------ picked

    /// @notice Takes the contract's own choice, at most `limit` counterparties.
    function takePicked(ExchangeState storage state, Market storage market, Run memory run, uint256 limit) internal {
        RankIndex.State storage index = Settlement.index(market, run.isLong);
        bool principal;
        for (uint256 i; i < limit && !run.ended; ++i) {
            RankVerifier.Bound memory place;
            if (!principal) {
                bool found;
                (found, place) = RankVerifier.best(index, run.params);
                principal = !found;
            }
            uint256 u = place.cell >> Grid.BITS;
            uint256 v = place.cell & Grid.MAX;
            if (principal) (, u, v) = index.lowestV();
            Settlement.Loan memory loan = Settlement.load(market, run.ctx, index.headOf(market.positions, u, v));
            run.last = place;
            Settlement.Cursor memory c = run.cursor;
            (c.active, c.u, c.v, c.first) = (true, u, v, loan.account);
            (c.last, c.next) = (loan.account, loan.position.next);
            _close(state, market, run, loan, principal);
            Settlement.leaveCell(market, run.isLong, c);
        }
    }

    // ------------------------------------------------------------------------------------------------ closing

    /// @dev Closes as much of `loan` against the bankrupt position as both have.
    function _close(
        ExchangeState storage state,
        Market storage market,
        Run memory run,
        Settlement.Loan memory loan,
        bool principal
    ) private {
        uint256 lots = loan.position.size();
        uint256 open = run.bankrupt.position.size();
        uint256 left;
        if (lots > open) {
            (lots, left) = (open, lots - open);
            // it stays first in its cell: the cursor must not step past it
            if (run.cursor.first == loan.account) run.cursor.active = false;
            else run.cursor.next = loan.account;
            Settlement.leaveCell(market, run.isLong, run.cursor);
        }
        Share memory share = _split(run, loan.position, lots, left);
        if (left == 0) Settlement.clearTaken(market, run.tally, loan);
        else Settlement.store(market, run.ctx, run.tally, loan);
        Ledger.creditSilently(state, loan.account, share.payout);
        unchecked {
            run.coverBudget -= share.cover;
            run.cover += share.cover;
            run.lots += lots;
            ++run.rank;
            run.tally.cover += share.cover;
            run.tally.pot += int256(share.cover) - int256(share.payout);
        }
        Position memory b = run.bankrupt.position;
        run.ended = b.lots == 0 || run.thresholds.crossed(b, run.ctx, run.coverBudget);
        _report(market, run, loan.account, share, principal);
    }

    /**
     * @dev Takes `lots` out of both positions. Of a counterparty of which nothing is `left` it takes K_o and the cost as they are, and
     * leaves the copy, which nobody reads any more.
     * n = K·x/q of the bankrupt, in its favour; the counterparty is paid its own share of K against n, and the cover:
     *     short counterparty: ⌊K_o·x/q_o⌋ − n + d,   long counterparty: n − ⌈K_o·x/q_o⌉ + d,   never below zero.
     * By the corridor its share is no worse than X; only rounding can take it under zero, by less than an atom, and the pot's dust
     * bears that. The cover d = ⌊C·x/q⌋ with C = min(what the fund can pay, deficit at the mark) is recomputed for each
     * counterparty, so that the result does not depend on how a deleveraging is cut into calls. Unchecked: see Margin.
     */
    function _split(
        Run memory run,
        Position memory o,
        uint256 lots,
        uint256 left
    ) private pure returns (Share memory r) {
        unchecked {
            Position memory b = run.bankrupt.position;
            (r.lots, r.left) = (lots, left);
            if (run.coverBudget != 0) {
                uint256 cover = b.deficit(run.ctx);
                if (run.coverBudget < cover) cover = run.coverBudget;
                r.cover = (cover * lots) / b.size();
            }
            int256 traded = b.shareRoundedOutward(lots);
            run.cost += b.takeShare(lots, traded);
            int256 share;
            int256 cost;
            if (left == 0) {
                (share, cost) = (o.bankruptcyCost(), int256(o.cost));
            } else {
                share = o.shareRoundedOutward(lots);
                cost = int256(o.takeShare(lots, share));
            }
            int256 cover_ = int256(r.cover);
            r.payout = Rounding.positivePart(cover_ + (run.isLong ? traded - share : share - traded));
            r.pnl = cover_ + (run.isLong ? traded - cost : cost - traded);
        }
    }

    function _report(
        Market storage market,
        Run memory run,
        uint256 account,
        Share memory share,
        bool principal
    ) private {
        uint256 bankrupt = run.bankrupt.account;
        if (principal) {
            emit IExchangeEvents.PrincipalClosed(
                run.ctx.id,
                bankrupt,
                account,
                run.price,
                share.lots,
                share.pnl,
                share.payout,
                share.left,
                market.book.nextSequence()
            );
        } else {
            emit IExchangeEvents.AutoDeleveraged(
                run.ctx.id,
                bankrupt,
                account,
                run.rank,
                run.last.score,
                run.price,
                share.lots,
                share.pnl,
                share.payout,
                share.left,
                market.book.nextSequence()
            );
        }
    }
}
