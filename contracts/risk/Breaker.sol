// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Market, Monitor} from "../ExchangeStorage.sol";
import {MarketConfig, PIPS, RiskConfig} from "../types/MarketConfig.sol";
import {Level, MarketContext} from "../types/MarketContext.sol";

/**
 * The circuit breaker and what it reads: the system margin ratio, the last observed price, realised volatility, and how fast open
 * interest grows. Pure; Upkeep writes.
 *
 * RATIO. (Σ margin + Σ unrealised) / notional of a side, O(1) from the market's totals; the market's ratio is the lower side's.
 * LEVEL. Falls below a threshold or a jump of the price step it up at once; it steps down only when the ratio is above the threshold
 * by the hysteresis and the calm period after a jump is over. A guardian's level is a floor under it.
 * VOLATILITY. v ← (v·τ + r²)/(τ + dt): an exponentially weighted mean of squared returns per second (RiskMetrics 1996, with a
 * weight that follows the time between two observations, dt/(τ + dt)).
 */
library Breaker {
    /// @dev The pot's seed is nobody's equity. Quote atoms.
    uint256 internal constant SEED = 1e6;
    /// @dev Returns in 1e-9, squares in 1e-18.
    uint256 private constant RETURN_ONE = 1e9;

    /// @notice Lower of the two sides' system margin ratios, pips; the highest number when nobody has a position.
    function ratio(Market storage market, MarketContext memory ctx) internal view returns (uint256) {
        uint256 lots = market.openInterest;
        if (lots == 0) return type(uint256).max;
        int256 longs = int256(lots) * ctx.adjusted - market.longValue;
        int256 shorts = (int256(uint256(market.pot)) - int256(SEED)) * (1 << 16) - longs;
        int256 lower = longs < shorts ? longs : shorts;
        return lower <= 0 ? 0 : (uint256(lower) * PIPS) / (lots * ctx.price);
    }

    /// @notice The level that follows from a ratio and a jump of the price, given the level before.
    /// @param jump Size of the move since the last observed price, pips.
    /// @param calm Whether the calm period after the last jump is over.
    function next(
        RiskConfig memory risk,
        Level level,
        uint256 ratio_,
        uint256 jump,
        bool calm
    ) internal pure returns (Level) {
        Level wanted = Level.Normal;
        if (ratio_ < risk.reduceOnlyRatio) wanted = Level.ReduceOnly;
        else if (ratio_ < risk.cautiousRatio) wanted = Level.Cautious;
        if (risk.jumpRate != 0 && jump > risk.jumpRate) {
            Level jumped = jump > 2 * uint256(risk.jumpRate) ? Level.ReduceOnly : Level.Cautious;
            if (jumped > wanted) wanted = jumped;
        }
        if (wanted >= level) return wanted;
        if (!calm) return level;
        // down only as far as the ratio clears the threshold above by the hysteresis
        if (
            level == Level.ReduceOnly &&
            risk.reduceOnlyRatio != 0 &&
            ratio_ < uint256(risk.reduceOnlyRatio) + risk.hysteresis
        ) return Level.ReduceOnly;
        if (risk.cautiousRatio != 0 && ratio_ < uint256(risk.cautiousRatio) + risk.hysteresis) return Level.Cautious;
        return wanted;
    }

    /// @notice The monitor after a price was observed, and how far it moved, in pips. The first price only sets it up.
    function observe(
        MarketConfig memory config,
        RiskConfig memory risk,
        Monitor memory m,
        uint256 price,
        uint256 timestamp
    ) internal pure returns (uint256 jump) {
        if (timestamp <= m.observedAt) return 0;
        uint256 last = m.price;
        if (last != 0) {
            uint256 moved = price > last ? price - last : last - price;
            jump = Math.mulDiv(moved, PIPS, last);
            uint256 r = Math.min(Math.mulDiv(moved, RETURN_ONE, last), 4 * RETURN_ONE);
            uint256 tau = risk.volatilityPeriod;
            uint256 dt = timestamp - m.observedAt;
            m.variance = uint64(Math.min((m.variance * tau + r * r) / (tau + dt), type(uint64).max));
        }
        m.price = uint64(price);
        m.observedAt = uint32(timestamp);
        m.openRate = uint24(openRate(config, risk, m.variance));
    }

    /// @notice Initial rate of new exposure that a variance per second (× 1e18) asks for: `volatilityFactor` standard deviations over
    /// the volatility period, between the first tier's rate and `maxInitialRate`. Pips, rounded down.
    function openRate(
        MarketConfig memory config,
        RiskConfig memory risk,
        uint256 variance
    ) internal pure returns (uint256 rate) {
        uint256 deviation = Math.sqrt(variance * risk.volatilityPeriod); // 1e-9
        rate = (deviation * risk.volatilityFactor) / 10_000; // tenths, and 1e-9 to 1e-6
        if (rate < config.initialRate) return config.initialRate;
        if (rate > risk.maxInitialRate) return risk.maxInitialRate;
    }

    /// @notice Initial rate of new exposure above the tiers' at a level, pips.
    function surcharge(
        MarketConfig memory config,
        RiskConfig memory risk,
        uint256 rate,
        Level level
    ) internal pure returns (uint256) {
        if (rate < config.initialRate) rate = config.initialRate; // before the first observation
        if (level != Level.Normal) rate = Math.min((rate * risk.cautiousFactor) / PIPS, PIPS);
        return rate - config.initialRate;
    }

    /// @notice Lots of the growth allowance still in use: a bucket of `growthLots` that refills over `growthPeriod`.
    function growthUsed(RiskConfig memory risk, Monitor memory m) internal view returns (uint256) {
        uint256 refilled = ((block.timestamp - m.growthAt) * risk.growthLots) / risk.growthPeriod;
        return refilled < m.growthUsed ? m.growthUsed - refilled : 0;
    }
}
