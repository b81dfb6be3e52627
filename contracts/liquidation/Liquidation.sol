// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Book} from "../book/Book.sol";
import {Matching} from "../book/Matching.sol";
import {OrderDesk} from "../book/OrderDesk.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {Settlement} from "../risk/Settlement.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {PIPS} from "../types/MarketConfig.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {LiquidationPlan} from "./LiquidationPlan.sol";

/**
 * Stage 1 of the waterfall: partial liquidation of a solvent position into the book. Linked library.
 *
 * A large position goes in steps: within a cooldown from its first fill, a step closes at most a share of what was open, in however
 * many calls. That slows a cascade down; a fill of dust neither ends a step early nor keeps others from the rest of it. It never
 * binds a bankrupt position, which is not liquidated here at all.
 *
 * A step belongs to one position. It ends early when that position grows or gives margin back, for which it needs initial margin again,
 * and with the position itself: no step protects what was opened after it began. What its owner closes meanwhile takes nothing off it.
 */
library Liquidation {
    using Book for Book.State;
    using Margin for Position;
    using LiquidationPlan for Position;

    /// @notice See IExchange.liquidate.
    function liquidate(
        ExchangeState storage state,
        uint256 marketId,
        uint256 account,
        uint256 maxSteps
    ) external returns (uint256) {
        Market storage market = state.markets[marketId];
        MarketContext memory ctx = Mark.load(market, marketId);
        if (maxSteps == 0 || maxSteps > ctx.config.maxSteps) {
            revert IExchangeErrors.InvalidStepBudget(maxSteps, ctx.config.maxSteps);
        }
        Upkeep.requireSolvent(market, ctx);
        (uint256 lots, uint256 steps, , uint256 limitTick) = _absorb(state, market, ctx, account, maxSteps);
        if (lots == 0 && steps == 0) revert IExchangeErrors.BookCannotAbsorb(marketId, limitTick);
        return lots;
    }

    /**
     * @notice Stage 1 for a market that is up to date, without demanding that the book fills anything.
     * @return lots Lots filled.
     * @return steps Resting orders visited.
     * @return busy Whether the book may absorb more: the steps ended with orders within the limit left, or all that this call offered
     * was filled.
     */
    function absorb(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        uint256 account,
        uint256 maxSteps
    ) external returns (uint256 lots, uint256 steps, bool busy) {
        (lots, steps, busy, ) = _absorb(state, market, ctx, account, maxSteps);
    }

    function _absorb(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        uint256 account,
        uint256 maxSteps
    ) private returns (uint256 lots, uint256 steps, bool busy, uint256 limitTick) {
        Settlement.Loan memory loan = Settlement.load(market, ctx, account);
        _requireLiquidatable(ctx, account, loan.position);
        Tally memory tally;
        Matching.Taker memory t = _intoBook(state, market, ctx, tally, loan, maxSteps);
        steps = maxSteps - t.steps;
        if (t.filled != 0) Settlement.store(market, ctx, tally, loan);
        if (steps != 0) {
            emit IExchangeEvents.Liquidated(
                ctx.id,
                account,
                msg.sender,
                t.filled,
                t.notional,
                uint256(t.fees),
                t.limitTick,
                ctx.price,
                market.book.nextSequence()
            );
        }
        Ledger.apply_(state, market, ctx, tally);
        return (t.filled, steps, t.exhausted || t.remaining == 0, t.limitTick);
    }

    /// @dev Cancels the position's orders and sells it into the book as far as stage 1 goes. The caller writes the position.
    function _intoBook(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Tally memory tally,
        Settlement.Loan memory loan,
        uint256 maxSteps
    ) private returns (Matching.Taker memory t) {
        Position memory p = loan.position;
        OrderDesk.removeAll(state, market, ctx.id, loan.account, IExchangeEvents.RemovalReason.Liquidation);
        t.kind = Matching.Kind.Liquidation;
        t.loan = loan;
        t.terms.buys = p.lots < 0;
        bool large;
        (t.remaining, large) = _stepSize(market, ctx, loan.account, p, maxSteps);
        t.limitTick = p.limitTick(ctx, t.remaining == p.size(), maxSteps);
        t.steps = maxSteps;
        Matching.run(state, market, ctx, t, tally);
        if (large && t.filled != 0) _countStep(market, loan.account, p.grownAt, t.filled);
    }

    /// @dev The closed form's size; of a large position at most what is left of the step.
    function _stepSize(
        Market storage market,
        MarketContext memory ctx,
        uint256 account,
        Position memory p,
        uint256 fills
    ) private view returns (uint256 lots, bool large) {
        lots = p.closeSize(ctx, fills);
        uint256 open = p.size();
        if ((open * ctx.price) >> 16 <= market.risk.largeNotional) return (lots, false);
        (uint256 began, uint256 closed) = _stepOf(market, account, p.grownAt);
        uint256 step = Math.ceilDiv((open + closed) * market.risk.stepRate, PIPS);
        if (step <= closed) {
            revert IExchangeErrors.LiquidationCoolingDown(ctx.id, account, began + market.risk.stepCooldown);
        }
        return (Math.min(step - closed, lots), true);
    }

    /// @dev The step that the position is in. It begins now when the cooldown of the last one is over, or that one was of a position that has
    /// grown since, or is gone: whatever opened at the second that it began, or later.
    function _stepOf(
        Market storage market,
        uint256 account,
        uint256 grownAt
    ) private view returns (uint256 began, uint256 closed) {
        uint256 step = market.steps[account];
        (began, closed) = (uint128(step), step >> 128);
        if (grownAt >= began || block.timestamp >= began + market.risk.stepCooldown) return (block.timestamp, 0);
    }

    function _countStep(Market storage market, uint256 account, uint256 grownAt, uint256 lots) private {
        (uint256 began, uint256 closed) = _stepOf(market, account, grownAt);
        market.steps[account] = began | ((closed + lots) << 128);
    }

    function _requireLiquidatable(MarketContext memory ctx, uint256 account, Position memory p) private pure {
        if (p.lots == 0) revert IExchangeErrors.NoPosition(ctx.id, account);
        if (p.isBankrupt(ctx)) revert IExchangeErrors.PositionBankrupt(ctx.id, account);
        if (!p.isBelowMaintenance(ctx)) {
            revert IExchangeErrors.NotLiquidatable(account, p.equity(ctx), Margin.maintenanceMargin(ctx, p.size()));
        }
    }
}
