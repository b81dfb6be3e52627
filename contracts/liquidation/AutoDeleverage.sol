// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {OrderDesk} from "../book/OrderDesk.sol";
import {DeleverageLimits} from "../interfaces/IExchange.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Book} from "../book/Book.sol";
import {Gate} from "../risk/Gate.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {Settlement} from "../risk/Settlement.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {PIPS, RankPolicy} from "../types/MarketConfig.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Counterparties} from "./Counterparties.sol";
import {LiquidationPlan} from "./LiquidationPlan.sol";
import {Sweep} from "./Sweep.sol";
import {Waterfill} from "./Waterfill.sol";

/**
 * Stages 2 to 4 of the waterfall, for bankrupt positions only: the book with insurance, then counterparties in profit in verified
 * rank order, then the opposing side by bankruptcy price alone. Linked library.
 *
 * One call: settle → sweep the book within the step budget → stop if closed, solvent, or if the budget ended with orders left
 * within the limit → recompute X → close counterparties → prove that nobody better was left out → reward.
 */
library AutoDeleverage {
    using Book for Book.State;
    using LiquidationPlan for Position;
    using Margin for Position;

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
        Upkeep.run(market, ctx);
        (uint256 account, ) = Gate.pick(market, ctx, limits.nominee);
        if (account == 0) revert IExchangeErrors.NothingToDeleverage(marketId);
        uint256 sequence = market.book.sequence;
        OrderDesk.removeAll(state, market, marketId, account, IExchangeEvents.RemovalReason.Liquidation);

        Settlement.Loan memory loan = Settlement.load(market, ctx, account);
        Position memory p = loan.position;
        bool mature = block.timestamp - p.grownAt >= ctx.config.maturity;
        Tally memory tally;
        bool done;
        if (Sweep.isWithinLimit(state, market, ctx, p, mature)) {
            (loan, tally, lots, done) = Sweep.run(state, market, ctx, loan, limits.maxSteps, mature);
        }
        if (!done) {
            // the sweep kept X no nearer to the mark: recompute it from what is left
            uint256 budget = mature ? Ledger.coverAvailable(state, market, ctx.config.dailyCoverCap) - tally.cover : 0;
            Counterparties.Run memory run = Counterparties.start(ctx, tally, loan, budget);
            if (run.price < limits.minPrice || run.price > limits.maxPrice) {
                revert IExchangeErrors.PriceOutsideLimits(run.price, limits.minPrice, limits.maxPrice);
            }
            closeCounterparties(state, market, run, counterparties, limits.maxCounterparties);
            // an order that went, by a fill or because it cannot fill, is progress: it must not come back
            if (run.lots == 0 && market.book.sequence == sequence) {
                revert IExchangeErrors.NoEligibleCounterparty(marketId);
            }
            lots += run.lots;
            tally.openInterest -= int256(run.lots);
            _conclude(state, market, ctx, run, mature);
        }
        Settlement.store(market, ctx, tally, loan);
        bool resolved = !loan.position.isBankrupt(ctx);
        market.taken = resolved ? 0 : uint32(account);
        if (resolved) market.insolventSince = 0; // whoever is bankrupt next starts the clock again
        Ledger.apply_(state, market, ctx, tally);
    }

    /// @notice Stages 3 and 4 by the market's rank policy. An empty list makes the contract pick at most `limit` counterparties.
    function closeCounterparties(
        ExchangeState storage state,
        Market storage market,
        Counterparties.Run memory run,
        uint32[] calldata list,
        uint256 limit
    ) internal {
        if (run.ctx.config.rankPolicy == RankPolicy.LeverageWaterfill) {
            bool dry = _fill(state, market, run, list, limit);
            if (list.length != 0 || !dry) return;
            run.params.uLimit = 0; // nobody eligible is left: what follows is the principal stage
            limit -= run.rank;
        }
        if (list.length != 0) Counterparties.takeListed(state, market, run, list);
        else Counterparties.takePicked(state, market, run, limit);
    }

    /// @dev Stage 3 under LeverageWaterfill. Returns whether nobody eligible is left.
    function _fill(
        ExchangeState storage state,
        Market storage market,
        Counterparties.Run memory run,
        uint32[] calldata list,
        uint256 limit
    ) private returns (bool) {
        MarketContext memory ctx = run.ctx;
        Tally memory tally = run.tally;
        Waterfill.Outcome memory o = Waterfill.run(
            state,
            market,
            Waterfill.Job({
                id: ctx.id,
                price: ctx.price,
                funding: ctx.funding,
                adjusted: ctx.adjusted,
                base: ctx.base,
                uLimit: run.params.uLimit,
                vMin: run.params.vMin,
                x: run.price,
                account: run.bankrupt.account,
                bankrupt: run.bankrupt.position,
                budget: run.coverBudget,
                thresholds: run.thresholds,
                limit: limit
            }),
            list
        );
        run.bankrupt.position = o.bankrupt;
        (run.rank, run.lots, run.cover, run.cost) = (o.taken, o.lots, o.cover, o.cost);
        run.coverBudget -= o.cover;
        run.coverNow = o.bankrupt.payable_(ctx, run.coverBudget);
        tally.cover += o.cover;
        tally.pot += o.pot;
        tally.longValue += o.longValue;
        return o.dry;
    }

    /// @dev Rewards the caller and reports the call.
    function _conclude(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Counterparties.Run memory run,
        bool mature
    ) private {
        uint256 reward = mature ? _reward(state, ctx, run) : 0;
        emit IExchangeEvents.DeleverageCall(
            ctx.id,
            run.bankrupt.account,
            msg.sender,
            run.lots,
            run.price,
            ctx.price,
            run.cover,
            reward,
            market.book.nextSequence()
        );
    }

    /// @dev Paid from the keeper reserve into the caller's free collateral, in proportion to the notional closed, at the mark or at what
    /// the bankrupt position cost, whichever is less: its fees were paid on that, and no pair of accounts may earn more.
    function _reward(
        ExchangeState storage state,
        MarketContext memory ctx,
        Counterparties.Run memory run
    ) private returns (uint256 reward) {
        uint256 caller = state.accountOf[msg.sender];
        if (caller == 0) return 0;
        reward = (Math.min(run.lots * ctx.price, run.cost << 16) * ctx.config.rewardRate) / (PIPS << 16);
        if (reward > state.keeperReserve) reward = state.keeperReserve;
        if (reward == 0) return 0;
        Ledger.setReserves(state, state.insurance, state.keeperReserve - reward, state.treasury);
        Ledger.credit(state, caller, reward);
    }
}
