// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market} from "../ExchangeStorage.sol";
import {Impact} from "../book/Impact.sol";
import {PIPS} from "../types/MarketConfig.sol";

/**
 * How the funding index F moves: continuously, from the time-weighted premium of the book's impact prices over the mark. Pure but for
 * what it reads; Upkeep writes.
 *
 *     dF = clamp((max(0, Σ (bid − P)·dt) − max(0, Σ (P − ask)·dt)) / PERIOD,  ±cap·P·elapsed / PERIOD),
 *     |F + dF| ≤ P/2 unless that brings F nearer to zero
 *
 * bid, ask: the impact prices, the ticks at which each side of the book reaches the market's impact notional (see Impact). While the
 * index lies between them nothing is paid: only quotes that one could trade against at a profit, with that much behind them, move F.
 * Seconds in which a side has no such depth, or has it outside the market's band, count nothing for that side; nor does a side whose mean
 * is outside the band around the price at which it accrues. Longs pay when F grows, shorts when it falls; both share one F
 * per lot, so funding is zero-sum but for the roundings of settlement, which stay in the pot.
 *
 * An interval longer than the market's maxAge counts as maxAge: nobody called meanwhile, so nobody knows whether there was a price.
 */
library Funding {
    /// @notice Seconds over which a constant premium is paid once.
    uint256 internal constant PERIOD = 8 hours;

    /// @notice The funding index that the market has now, X16, if it is solvent with the one that is stored.
    function current(Market storage market, uint256 price) internal view returns (int256) {
        int256 funding = market.fundingIndex;
        uint256 fundingCap = market.config.fundingCap;
        if (fundingCap == 0) return funding;
        Impact.Samples memory s = Impact.sampled(market.book);
        uint256 elapsed = block.timestamp - s.accruedAt;
        if (elapsed == 0) return funding;
        int256 premium = _premium(market, s, price);
        uint256 counted = elapsed;
        uint256 maxAge = market.config.maxAge;
        if (elapsed > maxAge) {
            counted = maxAge;
            premium = (premium * int256(counted)) / int256(elapsed);
        }
        int256 delta = premium / int256(PERIOD);
        int256 cap = int256((price * fundingCap * counted) / (PIPS * PERIOD));
        if (delta > cap) delta = cap;
        if (delta < -cap) delta = -cap;
        return _bounded(price, funding, delta);
    }

    /// @dev The sums less the price, X16 · seconds.
    function _premium(Market storage market, Impact.Samples memory s, uint256 price) private view returns (int256) {
        uint256 unit = uint256(market.config.tickValue) << 16;
        uint256 bandRate = market.config.bandRate;
        (uint256 bids, uint256 atBids) = (s.bidSum * unit, s.bidSeconds * price);
        (uint256 asks, uint256 atAsks) = (s.askSum * unit, s.askSeconds * price);
        int256 above = bids * PIPS > atBids * (PIPS + bandRate) ? int256(0) : _excess(bids, atBids);
        int256 below = asks * PIPS < atAsks * (PIPS - bandRate) ? int256(0) : _excess(atAsks, asks);
        return above - below;
    }

    function _excess(uint256 a, uint256 b) private pure returns (int256) {
        return a > b ? int256(a - b) : int256(0);
    }

    /// @dev F never moves away from zero beyond half the price, so that P' keeps its scale.
    function _bounded(uint256 price, int256 funding, int256 delta) private pure returns (int256) {
        int256 next = funding + delta;
        int256 bound = int256(price >> 1);
        if (delta > 0 && next > bound) return funding > bound ? funding : bound;
        if (delta < 0 && next < -bound) return funding < -bound ? funding : -bound;
        return next;
    }
}
