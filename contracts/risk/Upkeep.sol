// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market, Monitor} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {ImpactSearch} from "../book/ImpactSearch.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {RiskConfig} from "../types/MarketConfig.sol";
import {Level, MarketContext} from "../types/MarketContext.sol";
import {Breaker} from "./Breaker.sol";
import {Funding} from "./Funding.sol";
import {Gate} from "./Gate.sol";

/**
 * What every priced call does first, in this order (DESIGN §6): test the insolvency gate with the funding index as it stands; if it
 * is closed, discard the interval, so that funding neither moves a bankrupt position nor rewards whoever waits; else accrue funding
 * and test again. Then the circuit breaker looks at the market.
 */
library Upkeep {
    using Book for Book.State;

    /// @notice Brings the market up to date. Completes `ctx`.
    /// @return insolvent Whether a position is bankrupt, and then on which side.
    function run(Market storage market, MarketContext memory ctx) internal returns (bool insolvent, bool isLong) {
        (insolvent, isLong) = accrue(market, ctx);
        observe(market, ctx);
    }

    /// @notice The first part of `run`: the gate and funding.
    function accrue(Market storage market, MarketContext memory ctx) internal returns (bool insolvent, bool isLong) {
        (insolvent, isLong) = Gate.refresh(market, ctx);
        if (ctx.config.fundingCap != 0 && block.timestamp != market.book.samples.accruedAt) {
            int256 funding = ImpactSearch.accrue(market, ctx.id, ctx.price, insolvent);
            if (funding != ctx.funding) {
                setFunding(ctx, funding);
                (insolvent, isLong) = Gate.refresh(market, ctx);
            }
        }
        // the insurance fund holds back for a bounded time from here on (see HoldBack)
        if (insolvent != (market.insolventSince != 0)) market.insolventSince = insolvent ? uint32(block.timestamp) : 0;
    }

    /**
     * @notice The gate alone, for an order that only rests: nothing fills, so no funding is settled and no level is judged. The gate is
     * tested with the funding index as stored, which the sums of the open interval move by at most the cap of one `maxAge`.
     */
    function requireOpen(Market storage market, uint256 id, uint256 price) internal {
        (bool insolvent, ) = Gate.refreshAt(market, id, price, market.fundingIndex, market.base);
        if (insolvent) revert IExchangeErrors.MarketInsolvent(id);
    }

    /// @notice Like `run`, and refuses an insolvent market.
    function requireSolvent(Market storage market, MarketContext memory ctx) internal {
        (bool insolvent, ) = run(market, ctx);
        if (insolvent) revert IExchangeErrors.MarketInsolvent(ctx.id);
    }

    /// @notice What `run` would do to the funding index, for views and for calls that must not write.
    /// @param nominee Account to judge exactly, 0 for none.
    /// @return account The bankrupt account that comes next, 0 for none.
    function preview(
        Market storage market,
        MarketContext memory ctx,
        uint256 nominee
    ) internal view returns (uint256 account) {
        (account, ) = Gate.pick(market, ctx, 0);
        if (account != 0) return account;
        setFunding(ctx, Funding.current(market, ctx.price));
        // an account that was taken is solvent with the old index: `run` lets it go before it accrues
        (account, ) = Gate.pickAnew(market, ctx, nominee);
    }

    /// @notice Puts another funding index into a context.
    function setFunding(MarketContext memory ctx, int256 funding) internal pure {
        ctx.funding = funding;
        ctx.adjusted = int256(ctx.price) - funding;
    }

    /// @notice The second part of `run`: the circuit breaker. Completes `ctx` for fills.
    function observe(Market storage market, MarketContext memory ctx) internal {
        RiskConfig memory risk = market.risk;
        Monitor memory m = market.monitor;
        uint256 timestamp = block.timestamp - ctx.age;
        uint256 jump;
        if (timestamp > m.observedAt) {
            jump = Breaker.observe(ctx.config, risk, m, ctx.price, timestamp);
            market.monitor = m;
            if (risk.jumpRate != 0 && jump > risk.jumpRate) {
                market.calmAt = uint32(block.timestamp + risk.calmPeriod);
            }
        }
        Level before = market.level;
        Level level = before;
        // a breaker that was turned off while it was stepped steps down once more
        if (risk.cautiousRatio != 0 || risk.jumpRate != 0 || before != Level.Normal) {
            uint256 ratio = Breaker.ratio(market, ctx);
            // the calm period matters only on the way down
            bool calm = before == Level.Normal || block.timestamp >= market.calmAt;
            level = Breaker.next(risk, before, ratio, jump, calm);
            if (level != before) {
                market.level = level;
                emit IExchangeEvents.LevelChanged(ctx.id, level, ratio, jump, market.book.nextSequence());
            }
        }
        complete(market, ctx, risk, m, level);
    }

    /// @notice What the breaker's level means for fills.
    function complete(
        Market storage market,
        MarketContext memory ctx,
        RiskConfig memory risk,
        Monitor memory m,
        Level level
    ) internal view {
        Level floor_ = market.guardianLevel;
        ctx.level = level > floor_ ? level : floor_;
        ctx.surcharge = Breaker.surcharge(ctx.config, risk, m.openRate, ctx.level);
        uint256 cap = ctx.config.maxOpenInterest;
        if (ctx.level != Level.Normal) cap /= 2;
        uint256 open = market.openInterest;
        uint256 used = Breaker.growthUsed(risk, m);
        uint256 room = open < cap ? cap - open : 0;
        uint256 pace = used < risk.growthLots ? risk.growthLots - used : 0;
        ctx.growth = room < pace ? room : pace;
    }
}
