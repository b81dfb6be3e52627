// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {Matching} from "../book/Matching.sol";
import {OrderDesk} from "../book/OrderDesk.sol";
import {DeleverageLimits} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Gate} from "../risk/Gate.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {Settlement} from "../risk/Settlement.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Counterparties} from "./Counterparties.sol";
import {LiquidationPlan} from "./LiquidationPlan.sol";

/**
 * Stages 2 to 4 of the waterfall, for bankrupt positions only: the book with insurance, then counterparties in profit in verified
 * rank order, then the opposing side by bankruptcy price alone. Linked library.
 *
 * One call: settle → sweep the book within the step budget → stop if closed, solvent, or if the budget ended with orders left
 * within the limit → recompute X → close counterparties → prove that nobody better was left out → reward.
 */
library AutoDeleverage {
    using Margin for Position;
    using LiquidationPlan for Position;

    /// @notice See IExchange.autoDeleverage.
    function deleverage(
        ExchangeState storage state,
        uint256 marketId,
        uint32[] calldata counterparties,
        DeleverageLimits calldata limits
    ) external returns (uint256 lots) {
        if (limits.deadline != 0 && block.timestamp > limits.deadline) {
            revert IExchangeErrors.DeadlineExpired(limits.deadline);
        }
        Market storage market = state.markets[marketId];
        MarketContext memory ctx = Mark.load(market, marketId);
        if (limits.maxSteps == 0 || limits.maxSteps > ctx.config.maxSteps) {
            revert IExchangeErrors.InvalidStepBudget(limits.maxSteps, ctx.config.maxSteps);
        }
        Gate.refresh(market, ctx);
        (uint256 account, ) = Gate.pick(market, ctx, limits.nominee);
        if (account == 0) revert IExchangeErrors.NothingToDeleverage(marketId);
        OrderDesk.removeAll(state, market, marketId, account, IExchangeEvents.RemovalReason.Liquidation);

        Settlement.Loan memory loan = Settlement.load(market, ctx, account);
        Position memory p = loan.position;
        bool mature = block.timestamp - p.grownAt >= ctx.config.maturity;
        Tally memory tally;
        bool done;
        (lots, done) = _sweep(state, market, ctx, loan, tally, limits.maxSteps, mature);
        if (!done) {
            // the sweep kept X no nearer to the mark: recompute it from what is left
            Counterparties.Run memory run = Counterparties.start(ctx, loan);
            if (run.price < limits.minPrice || run.price > limits.maxPrice) {
                revert IExchangeErrors.PriceOutsideLimits(run.price, limits.minPrice, limits.maxPrice);
            }
            if (mature) run.coverBudget = Ledger.coverAvailable(state, market, ctx.config.dailyCoverCap) - tally.cover;
            if (counterparties.length != 0) {
                Counterparties.takeListed(state, market, ctx, run, counterparties, tally);
            } else {
                Counterparties.takePicked(state, market, ctx, run, limits.maxCounterparties, tally);
            }
            if (run.lots == 0 && lots == 0) revert IExchangeErrors.NoEligibleCounterparty(marketId);
            lots += run.lots;
            tally.openInterest -= int256(run.lots);
            uint256 reward = mature ? _reward(state, ctx, run.lots) : 0;
            emit IExchangeEvents.DeleverageCall(
                marketId,
                account,
                msg.sender,
                run.lots,
                run.price,
                ctx.price,
                run.cover,
                reward
            );
        }
        Settlement.store(market, ctx, loan);
        market.taken = loan.position.isBankrupt(ctx) ? uint32(account) : 0;
        Ledger.apply_(state, market, ctx, tally);
    }

    /**
     * @dev Stage 2, repeated until a pass fills nothing: a fill better than the limit leaves more of the cover, or a better X, for what is
     * left, so the limit moves on. Each pass but the last takes a step, so the budget bounds them.
     * @return lots Lots filled.
     * @return done Whether the call ends here: closed, solvent, or out of steps with orders left within the limit.
     */
    function _sweep(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Settlement.Loan memory loan,
        Tally memory tally,
        uint256 steps,
        bool mature
    ) private returns (uint256 lots, bool done) {
        while (true) {
            Matching.Taker memory t = _pass(state, market, ctx, loan, tally, steps, mature);
            lots += t.filled;
            steps = t.steps;
            Position memory p = loan.position;
            if (p.lots == 0 || !p.isBankrupt(ctx) || t.exhausted) return (lots, true);
            if (t.filled == 0) return (lots, false);
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
        if (mature) {
            uint256 available = Ledger.coverAvailable(state, market, ctx.config.dailyCoverCap) - tally.cover;
            t.funds = Math.min(available, p.deficit(ctx));
        }
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
            ctx.price
        );
    }

    /// @dev Paid from the keeper reserve into the caller's free collateral, in proportion to the notional closed at the mark.
    function _reward(
        ExchangeState storage state,
        MarketContext memory ctx,
        uint256 lots
    ) private returns (uint256 reward) {
        uint256 caller = state.accountOf[msg.sender];
        if (caller == 0) return 0;
        reward = (lots * ctx.price * ctx.config.rewardRate) / (1_000_000 << 16);
        if (reward > state.keeperReserve) reward = state.keeperReserve;
        if (reward == 0) return 0;
        state.keeperReserve -= uint128(reward);
        Ledger.credit(state, caller, reward);
    }
}
