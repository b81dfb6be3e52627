// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Breaker} from "../risk/Breaker.sol";
import {Grid} from "../risk/Grid.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {RankIndex} from "../risk/RankIndex.sol";
import {RankScore} from "../risk/RankScore.sol";
import {RankVerifier} from "../risk/RankVerifier.sol";
import {Settlement} from "../risk/Settlement.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {RiskConfig} from "../types/MarketConfig.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Counterparties} from "./Counterparties.sol";
import {Liquidation} from "./Liquidation.sol";
import {LiquidationPlan} from "./LiquidationPlan.sol";

/**
 * Preventive deleveraging: while the system margin ratio is below the ReduceOnly threshold, positions below maintenance that the
 * book cannot absorb are reduced at the mark against the first of the ADL queue. Nobody takes a haircut: both sides' equity at the
 * mark is theirs, before and after. Linked library.
 *
 * How much may be closed in one window is proportional to how far the ratio is below the threshold.
 */
library Preventive {
    using Book for Book.State;
    using LiquidationPlan for Position;
    using Margin for Position;
    using RankIndex for RankIndex.State;

    /// @notice See IExchange.preventiveDeleverage.
    function deleverage(
        ExchangeState storage state,
        uint256 marketId,
        uint256 account,
        uint256 maxSteps,
        uint256 maxCounterparties
    ) external returns (uint256 lots) {
        Market storage market = state.markets[marketId];
        MarketContext memory ctx = Mark.load(market, marketId);
        if (maxSteps == 0 || maxSteps > ctx.config.maxSteps) {
            revert IExchangeErrors.InvalidStepBudget(maxSteps, ctx.config.maxSteps);
        }
        // each counterparty rounds once, and the size bears that
        if (maxCounterparties > ctx.config.maxSteps) {
            revert IExchangeErrors.InvalidStepBudget(maxCounterparties, ctx.config.maxSteps);
        }
        // the counterparties never agreed to the price: it must be one that they could trade at
        Mark.requireTradeAge(ctx);
        Upkeep.requireSolvent(market, ctx);
        uint256 allowed = allowance(market, ctx);
        if (allowed == 0) revert IExchangeErrors.PreventiveNotOpen(marketId, Breaker.ratio(market, ctx));
        (uint256 inBook, uint256 steps, bool busy) = Liquidation.absorb(state, market, ctx, account, maxSteps);
        // only what the book cannot absorb: not while orders within the limit are left, nor after a step that it took whole
        if (!busy) lots = _reduce(state, market, ctx, account, allowed, maxCounterparties);
        if (lots == 0 && steps == 0) revert IExchangeErrors.NoEligibleCounterparty(marketId);
        lots += inBook;
    }

    /// @notice Lots that may still be closed in this window: open interest × (threshold − ratio) / threshold, less what was closed.
    function allowance(Market storage market, MarketContext memory ctx) internal view returns (uint256) {
        RiskConfig memory risk = market.risk;
        uint256 ratio = Breaker.ratio(market, ctx);
        if (ratio >= risk.reduceOnlyRatio) return 0;
        uint256 all = Math.ceilDiv(uint256(market.openInterest) * (risk.reduceOnlyRatio - ratio), risk.reduceOnlyRatio);
        uint256 used =
            block.timestamp < uint256(market.preventiveAt) + risk.preventivePeriod ? market.preventiveLots : 0;
        return used < all ? all - used : 0;
    }

    function _reduce(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        uint256 account,
        uint256 allowed,
        uint256 maxCounterparties
    ) private returns (uint256 lots) {
        Settlement.Loan memory loan = Settlement.load(market, ctx, account);
        if (loan.position.lots == 0 || !loan.position.isBelowMaintenance(ctx)) return 0;
        Tally memory tally;
        lots = _close(state, market, ctx, tally, loan, allowed, maxCounterparties);
        if (lots == 0) return 0;
        _count(market, lots);
        Settlement.store(market, ctx, tally, loan);
        Ledger.apply_(state, market, ctx, tally);
    }

    function _close(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Tally memory tally,
        Settlement.Loan memory loan,
        uint256 allowed,
        uint256 maxCounterparties
    ) private returns (uint256 lots) {
        Position memory p = loan.position;
        bool isLong = !p.isLong(); // side of the counterparties
        RankScore.Params memory params = Counterparties.eligibility(ctx, isLong, int256(ctx.price));
        RankIndex.State storage index = Settlement.index(market, isLong);
        uint256 wanted = Math.min(p.closeSizeWith(ctx, maxCounterparties, 0), allowed);
        for (uint256 rank = 1; rank <= maxCounterparties && lots < wanted; ++rank) {
            (bool found, RankVerifier.Bound memory place) = RankVerifier.best(index, params);
            if (!found) break;
            uint256 id = index.headOf(market.positions, place.cell >> Grid.BITS, place.cell & Grid.MAX);
            Settlement.Loan memory other = Settlement.load(market, ctx, id);
            uint256 x = Math.min(wanted - lots, other.position.size());
            uint256 notional = _notionalAgainst(p, ctx, x);
            // within an atom of bankruptcy the rounding would take it below zero
            if (!p.closeIsCovered(x, notional, 0)) break;
            p.close(x, notional);
            uint256 payout = _take(other.position, x, notional);
            Settlement.store(market, ctx, tally, other);
            Ledger.creditSilently(state, id, payout);
            tally.pot -= int256(payout);
            tally.openInterest -= int256(x);
            lots += x;
            emit IExchangeEvents.PreventivelyDeleveraged(
                ctx.id,
                loan.account,
                id,
                rank,
                ctx.price,
                x,
                payout,
                market.book.nextSequence()
            );
        }
        if (p.lots == 0) {
            uint256 left = uint256(p.margin); // not negative: each close was covered
            (p.margin, p.cost) = (0, 0);
            tally.pot -= int256(left);
            Ledger.credit(state, loan.account, left);
        }
    }

    /// @dev x lots at the mark in quote atoms, rounded against the account that is reduced.
    function _notionalAgainst(Position memory p, MarketContext memory ctx, uint256 x) private pure returns (uint256) {
        uint256 exact = x * ctx.price;
        return p.lots > 0 ? exact >> 16 : Math.ceilDiv(exact, 1 << 16);
    }

    /// @dev Takes `x` lots out of a counterparty at `notional`; its bankruptcy price stays where it is.
    function _take(Position memory o, uint256 x, uint256 notional) private pure returns (uint256 payout) {
        bool isLong = o.isLong();
        int256 share = o.shareRoundedOutward(x);
        o.takeShare(x, share);
        int256 pay = isLong ? int256(notional) - share : share - int256(notional);
        return pay > 0 ? uint256(pay) : 0; // by a whole cell in profit and solvent: not negative
    }

    function _count(Market storage market, uint256 lots) private {
        if (block.timestamp >= uint256(market.preventiveAt) + market.risk.preventivePeriod) {
            (market.preventiveAt, market.preventiveLots) = (uint32(block.timestamp), 0);
        }
        market.preventiveLots = uint40(Math.min(uint256(market.preventiveLots) + lots, type(uint40).max));
    }
}
