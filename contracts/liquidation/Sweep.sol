// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {Matching} from "../book/Matching.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Margin} from "../risk/Margin.sol";
import {Settlement} from "../risk/Settlement.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {LiquidationPlan} from "./LiquidationPlan.sol";

/**
 * Stage 2 of the waterfall: a bankrupt position in the book, with cover from the insurance fund. Linked library, called only when
 * something in the book is within the limit.
 */
library Sweep {
    using Book for Book.State;
    using LiquidationPlan for Position;
    using Margin for Position;

    /// @notice Whether the best opposing price is within the limit of a settled bankrupt position.
    function isWithinLimit(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Position memory p,
        bool mature
    ) internal view returns (bool) {
        bool sells = p.lots > 0;
        uint256 best = market.book.best(sells);
        if (best == 0) return false;
        uint256 limit = p.bankruptTick(ctx, _funds(state, market, ctx, p, 0, mature));
        return sells ? best >= limit : best <= limit;
    }

    /**
     * @notice Sweeps the book, in passes until one fills nothing: a fill better than the limit leaves more of the cover, or a better X,
     * for what is left, so the limit moves on. Each pass but the last takes a step, so the budget bounds them.
     * @param loan The bankrupt position. The caller writes it.
     * @return after_ The position after the sweep.
     * @return tally What the sweep changed in the totals. The caller applies it.
     * @return lots Lots filled.
     * @return done Whether the call ends here: closed, solvent, or out of steps with orders left within the limit.
     */
    function run(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Settlement.Loan memory loan,
        uint256 steps,
        bool mature
    ) external returns (Settlement.Loan memory after_, Tally memory tally, uint256 lots, bool done) {
        after_ = loan;
        while (true) {
            Matching.Taker memory t = _pass(state, market, ctx, loan, tally, steps, mature);
            lots += t.filled;
            steps = t.steps;
            Position memory p = loan.position;
            done = p.lots == 0 || !p.isBankrupt(ctx) || t.exhausted;
            if (done || t.filled == 0) return (after_, tally, lots, done);
        }
    }

    /// @dev One pass through the book. Each fill draws from the fund what its price is worse than the bankruptcy price.
    function _pass(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Settlement.Loan memory loan,
        Tally memory tally,
        uint256 steps,
        bool mature
    ) private returns (Matching.Taker memory t) {
        Position memory p = loan.position;
        t.kind = Matching.Kind.Bankruptcy;
        t.loan = loan;
        t.terms.buys = p.lots < 0;
        t.remaining = p.size();
        t.steps = steps;
        t.funds = _funds(state, market, ctx, p, tally.cover, mature);
        t.limitTick = p.bankruptTick(ctx, t.funds);
        Matching.run(state, market, ctx, t, tally);
        if (t.filled == 0) return t;
        emit IExchangeEvents.BankruptcySwept(
            ctx.id,
            loan.account,
            msg.sender,
            t.filled,
            t.notional,
            t.cover,
            t.limitTick,
            ctx.price,
            market.book.nextSequence()
        );
    }

    /// @dev C = min(what the fund can pay, deficit at the mark). A position that grew recently has no claim.
    function _funds(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Position memory p,
        uint256 drawn,
        bool mature
    ) private view returns (uint256) {
        if (!mature) return 0;
        return Math.min(Ledger.coverAvailable(state, market, ctx.config.dailyCoverCap) - drawn, p.deficit(ctx));
    }
}
