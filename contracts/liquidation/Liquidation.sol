// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {Matching} from "../book/Matching.sol";
import {OrderDesk} from "../book/OrderDesk.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Gate} from "../risk/Gate.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {Settlement} from "../risk/Settlement.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {LiquidationPlan} from "./LiquidationPlan.sol";

/**
 * Stage 1 of the waterfall: partial liquidation of a solvent position into the book. Linked library.
 */
library Liquidation {
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
        (bool insolvent, ) = Gate.refresh(market, ctx);
        if (insolvent) revert IExchangeErrors.MarketInsolvent(marketId);

        Matching.Taker memory t;
        t.kind = Matching.Kind.Liquidation;
        t.loan = Settlement.load(market, ctx, account);
        Position memory p = t.loan.position;
        _requireLiquidatable(ctx, account, p);
        OrderDesk.removeAll(state, market, marketId, account, IExchangeEvents.RemovalReason.Liquidation);

        t.terms.buys = p.lots < 0;
        t.remaining = p.closeSize(ctx, maxSteps);
        t.limitTick = p.limitTick(ctx, t.remaining == p.size(), maxSteps);
        t.steps = maxSteps;
        Tally memory tally;
        Matching.run(state, market, ctx, t, tally);
        if (t.filled == 0 && t.steps == maxSteps) {
            revert IExchangeErrors.BookCannotAbsorb(marketId, t.limitTick);
        }
        if (t.filled != 0) Settlement.store(market, ctx, t.loan);
        Ledger.apply_(state, market, ctx, tally);
        emit IExchangeEvents.Liquidated(
            marketId,
            account,
            msg.sender,
            t.filled,
            t.notional,
            t.fees,
            t.limitTick,
            ctx.price
        );
        return t.filled;
    }

    function _requireLiquidatable(MarketContext memory ctx, uint256 account, Position memory p) private pure {
        if (p.lots == 0) revert IExchangeErrors.NoPosition(ctx.id, account);
        if (p.isBankrupt(ctx)) revert IExchangeErrors.PositionBankrupt(ctx.id, account);
        if (!p.isBelowMaintenance(ctx)) {
            revert IExchangeErrors.NotLiquidatable(
                account,
                p.equity(ctx),
                Margin.requirement(p.size(), ctx.price, ctx.config.maintenanceRate)
            );
        }
    }
}
