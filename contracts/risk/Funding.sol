// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {PIPS} from "../types/MarketConfig.sol";
import {MarketContext} from "../types/MarketContext.sol";

/**
 * How the funding index F moves: continuously, from the time-weighted premium of the book's impact price over the mark. Pure but for
 * what it reads; Upkeep writes.
 *
 *     dF = clamp(Σ (mid − P)·dt / PERIOD,  ±cap·P·elapsed / PERIOD),     |F + dF| ≤ P/2 unless that brings F nearer to zero
 *
 * mid: the middle of the two impact prices, that is, of the ticks at which the book reaches the market's impact notional on each
 * side. Seconds without such depth on both sides count as a premium of zero. Longs pay when F grows, shorts when it falls; both
 * share one F per lot, so funding is zero-sum but for the roundings of settlement, which stay in the pot.
 *
 * An interval longer than the market's maxAge counts as maxAge: nobody called meanwhile, so nobody knows whether there was a price.
 */
library Funding {
    using Book for Book.State;

    /// @notice Seconds over which a constant premium is paid once.
    uint256 internal constant PERIOD = 8 hours;

    /// @notice The funding index that the market has now, X16, if it is solvent with the one that is stored.
    function current(Market storage market, MarketContext memory ctx) internal view returns (int256) {
        uint256 elapsed = block.timestamp - market.accruedAt;
        if (elapsed == 0 || ctx.config.fundingCap == 0) return ctx.funding;
        (uint256 midSum, uint256 midSeconds) = market.book.sampled(ctx.config.tickValue, ctx.config.impactNotional);
        // midSum adds both ticks: half of it, in X16
        int256 premium = int256((midSum * ctx.config.tickValue) << 15) - int256(midSeconds * ctx.price);
        uint256 counted = elapsed;
        if (elapsed > ctx.config.maxAge) {
            counted = ctx.config.maxAge;
            premium = (premium * int256(counted)) / int256(elapsed);
        }
        int256 delta = premium / int256(PERIOD);
        int256 cap = int256((ctx.price * ctx.config.fundingCap * counted) / (PIPS * PERIOD));
        if (delta > cap) delta = cap;
        if (delta < -cap) delta = -cap;
        return _bounded(ctx, delta);
    }

    /// @dev F never moves away from zero beyond half the price, so that P' keeps its scale.
    function _bounded(MarketContext memory ctx, int256 delta) private pure returns (int256) {
        int256 next = ctx.funding + delta;
        int256 bound = int256(ctx.price >> 1);
        if (delta > 0 && next > bound) return ctx.funding > bound ? ctx.funding : bound;
        if (delta < 0 && next < -bound) return ctx.funding < -bound ? ctx.funding : -bound;
        return next;
    }
}
