// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IPriceSource} from "../interfaces/IPriceSource.sol";

/// Whom auto-deleveraging takes first, and how much of a position.
enum RankPolicy {
    PnlLeverage, // whole positions by profit ratio × effective leverage (see RankScore)
    LeverageWaterfill // the most levered are brought down towards one common leverage (see Waterfill)
}

/**
 * Parameters of one market that nearly every call needs. Rates are in pips (1e-6). Four storage words, in this order, grouped by who
 * reads them together: an order that only rests needs the first two, one that leaves the book only the second.
 */
struct MarketConfig {
    // word 0: the price
    IPriceSource source; // 160
    uint16 maxAge; // seconds after which a price is stale: no matching, liquidation or ADL
    uint16 tradeAge; // seconds after which a price may no longer open exposure; at most maxAge
    uint16 maxSteps; // most orders one call may visit
    uint8 extraTiers; // margin tiers above the first
    RankPolicy rankPolicy;
    uint32 maturity; // seconds after growing during which a position has no claim on insurance or rewards
    // word 1: the book
    uint32 tickValue; // quote atoms per lot and tick
    uint64 lotsPerUnit; // lots per unit of the base asset
    uint56 minNotional; // quote atoms, per order
    uint56 impactNotional; // quote atoms: the depth at which the book's price is read for funding
    uint24 initialRate; // first tier: initial margin / notional at the mark
    uint24 fundingCap; // most that funding moves per funding period, as a share of the price; 0 for no funding
    // word 2: rates
    uint24 maintenanceRate; // first tier: maintenance margin / notional at the mark
    uint24 targetRate; // first tier: equity / notional that a partial liquidation restores
    uint24 slippageRate; // s: how far from the mark a liquidation may fill
    uint24 bandRate; // how far from the mark any fill may be
    uint24 takerFeeRate;
    int24 makerFeeRate; // negative: a rebate, paid out of the taker's fee
    uint24 liquidationFeeRate; // on lots × mark
    uint24 insuranceShare; // of every fee, to the insurance fund
    uint24 treasuryShare; // of every fee, to the treasury; what is left goes to the keeper reserve
    uint24 rewardRate; // of the notional closed by ADL, paid from the keeper reserve
    // word 3: amounts
    uint64 minMargin; // quote atoms, equity of a position after it grew
    uint64 maxOpenInterest; // lots a side
    uint96 dailyCoverCap; // quote atoms that this market may draw from the insurance fund in one day
}

/**
 * Parameters that only some calls need: the circuit breaker, the dynamic margin, the limits on growth and on liquidation. Two words.
 */
struct RiskConfig {
    // word 0: circuit breaker and dynamic initial margin
    uint24 cautiousRatio; // system margin ratio below which the market is Cautious; 0 for never
    uint24 reduceOnlyRatio; // … below which it is ReduceOnly; 0 for never
    uint24 hysteresis; // by how much the ratio must exceed a threshold before the level it caused ends
    uint24 jumpRate; // move between two observed prices that makes the market Cautious, twice that ReduceOnly; 0 for never
    uint24 calmPeriod; // seconds after a jump during which the level does not fall
    uint24 cautiousFactor; // what the initial rate of new exposure is multiplied by in Cautious and ReduceOnly, pips
    uint24 volatilityPeriod; // seconds: time constant of the EWMA, and horizon of the margin that follows from it
    uint16 volatilityFactor; // tenths of a standard deviation over that horizon that initial margin covers; 0 for a constant rate
    uint24 maxInitialRate; // where the initial rate of new exposure stops rising
    // word 1: growth, large liquidations, preventive ADL
    uint40 growthLots; // lots by which open interest may grow at once …
    uint24 growthPeriod; // … and that it may grow by in this many seconds
    uint64 largeNotional; // quote atoms: solvent positions above it are liquidated in steps
    uint24 stepRate; // share of such a position that one step may close, in however many calls
    uint24 stepCooldown; // seconds that a step lasts, from its first fill
    uint24 preventivePeriod; // seconds of a window of preventive deleveraging
}

/**
 * A margin tier above the first. Rates apply to the slice of notional from `from` to the next tier's (marginal tiers: a gain alone
 * never makes a position liquidatable).
 */
struct Tier {
    uint56 from; // quote atoms
    uint24 initialRate;
    uint24 maintenanceRate;
    uint24 targetRate; // that a partial liquidation restores for positions that reach this tier
}

uint256 constant PIPS = 1_000_000;
uint256 constant MAX_EXTRA_TIERS = 7;

using MarketConfigLibrary for MarketConfig global;
using RiskConfigLibrary for RiskConfig global;

library MarketConfigLibrary {
    /// @dev Hard cap on the treasury's part of fees: the fund that protects everybody comes first.
    uint256 private constant MAX_TREASURY_SHARE = 300_000;
    /// @dev 2 % per funding period: what the largest venues clamp at.
    uint256 private constant MAX_FUNDING_CAP = 20_000;
    /// @dev 10,000 and 1,000 units of the collateral: minimums without a bound could keep every maker out, and so everybody in.
    uint256 private constant MAX_MIN_NOTIONAL = 10_000e6;
    uint256 private constant MAX_MIN_MARGIN = 1_000e6;
    /// @dev A billion units of the collateral: what is counted up to it fits a Front (see there) at every tick value.
    uint256 private constant MAX_IMPACT_NOTIONAL = 1e15;

    /// @dev Checks the configuration as a whole. Bounds that depend on the price are checked where it is read.
    function validate(MarketConfig memory c) internal pure {
        if (address(c.source) == address(0)) _invalid("source");
        if (c.maxAge == 0) _invalid("maxAge");
        if (c.tradeAge == 0 || c.tradeAge > c.maxAge) _invalid("tradeAge");
        if (c.tickValue == 0) _invalid("tickValue");
        if (c.maxSteps < 33 || c.maxSteps > 64) _invalid("maxSteps");
        if (c.lotsPerUnit == 0) _invalid("lotsPerUnit");
        // An initial rate under 0.5 % would sit inside the two ticks that the corridor needs.
        if (c.initialRate < 5_000 || c.initialRate > PIPS) _invalid("initialRate");
        if (c.slippageRate == 0 || c.slippageRate > 200_000) _invalid("slippageRate");
        if (c.liquidationFeeRate > 50_000) _invalid("liquidationFeeRate");
        if (c.maintenanceRate == 0 || c.maintenanceRate >= c.initialRate) _invalid("maintenanceRate");
        if (c.targetRate <= c.maintenanceRate || c.targetRate > PIPS) _invalid("targetRate");
        if (c.bandRate < c.slippageRate || c.bandRate > 500_000) _invalid("bandRate");
        if (c.takerFeeRate > 10_000) _invalid("takerFeeRate");
        int256 taker = int256(uint256(c.takerFeeRate));
        int256 maker = c.makerFeeRate;
        if (maker > taker || -maker > taker) _invalid("makerFeeRate");
        if (c.minNotional == 0 || c.minNotional > MAX_MIN_NOTIONAL) _invalid("minNotional");
        if (c.minMargin == 0 || c.minMargin > MAX_MIN_MARGIN) _invalid("minMargin");
        if (c.maxOpenInterest == 0 || c.maxOpenInterest > (1 << 47) - 1) _invalid("maxOpenInterest");
        if (c.treasuryShare > MAX_TREASURY_SHARE) _invalid("treasuryShare");
        if (uint256(c.insuranceShare) + c.treasuryShare > PIPS) _invalid("insuranceShare");
        // near what opening the position cost in fees, a pair of own accounts could farm the reserve
        if (2 * int256(uint256(c.rewardRate)) > taker + maker) _invalid("rewardRate");
        if (c.maturity > 1 days) _invalid("maturity");
        if (c.fundingCap > MAX_FUNDING_CAP) _invalid("fundingCap");
        if (c.fundingCap != 0 && c.impactNotional == 0) _invalid("impactNotional");
        if (c.impactNotional > MAX_IMPACT_NOTIONAL) _invalid("impactNotional");
    }

    /// @dev Checks the tiers above the first: at most seven, ascending, each rate no lower than the tier before.
    function validateTiers(MarketConfig memory c, Tier[] memory tiers) internal pure {
        if (tiers.length > MAX_EXTRA_TIERS || tiers.length != c.extraTiers) _invalid("extraTiers");
        Tier memory last = Tier(0, c.initialRate, c.maintenanceRate, c.targetRate);
        for (uint256 i; i < tiers.length; ++i) {
            Tier memory t = tiers[i];
            if (t.from <= last.from) _invalid("tier.from");
            if (t.initialRate < last.initialRate || t.initialRate > PIPS) _invalid("tier.initialRate");
            if (t.maintenanceRate < last.maintenanceRate || t.maintenanceRate >= t.initialRate) {
                _invalid("tier.maintenanceRate");
            }
            if (t.targetRate <= t.maintenanceRate || t.targetRate < last.targetRate || t.targetRate > PIPS) {
                _invalid("tier.targetRate");
            }
            last = t;
        }
    }

    function _invalid(string memory parameter) private pure {
        revert IExchangeErrors.InvalidMarketConfig(parameter);
    }
}

library RiskConfigLibrary {
    /// @dev Checks the configuration against its market's.
    function validate(RiskConfig memory r, MarketConfig memory c) internal pure {
        if (r.cautiousRatio > PIPS) _invalid("cautiousRatio");
        if (r.reduceOnlyRatio > r.cautiousRatio) _invalid("reduceOnlyRatio");
        // out of a level by more than what led into it: it would end at twice its threshold at the earliest
        uint256 most = 100_000;
        if (r.cautiousRatio != 0 && r.cautiousRatio < most) most = r.cautiousRatio;
        if (r.reduceOnlyRatio != 0 && r.reduceOnlyRatio < most) most = r.reduceOnlyRatio;
        if (r.hysteresis > most) _invalid("hysteresis");
        if (r.jumpRate != 0 && (r.jumpRate < 1_000 || r.jumpRate > PIPS)) _invalid("jumpRate");
        if (r.calmPeriod > 1 days) _invalid("calmPeriod");
        if (r.cautiousFactor < PIPS || r.cautiousFactor > 10 * PIPS) _invalid("cautiousFactor");
        if (r.volatilityPeriod < 1 minutes || r.volatilityPeriod > 7 days) _invalid("volatilityPeriod");
        if (r.volatilityFactor > 200) _invalid("volatilityFactor");
        if (r.maxInitialRate < c.initialRate || r.maxInitialRate > PIPS) _invalid("maxInitialRate");
        // a market full of new positions, at the highest rate that they can be asked for, must be able to be Normal
        uint256 highest = (uint256(r.maxInitialRate) * r.cautiousFactor) / PIPS;
        if (highest > PIPS) highest = PIPS;
        if (r.cautiousRatio != 0 && uint256(r.cautiousRatio) + r.hysteresis > highest) _invalid("cautiousRatio");
        if (r.growthPeriod == 0) _invalid("growthPeriod");
        // slower than a lot a second, whoever touches open interest each second would keep the allowance from refilling
        if (r.growthLots < r.growthPeriod) _invalid("growthLots");
        if (r.largeNotional < c.minNotional) _invalid("largeNotional");
        // a step that closes less than a twentieth would make the cooldown a licence to stay below maintenance
        if (r.stepRate < 50_000 || r.stepRate > PIPS) _invalid("stepRate");
        if (r.stepCooldown > 10 minutes) _invalid("stepCooldown");
        if (r.preventivePeriod < 10 || r.preventivePeriod > 1 days) _invalid("preventivePeriod");
    }

    function _invalid(string memory parameter) private pure {
        revert IExchangeErrors.InvalidMarketConfig(parameter);
    }
}
