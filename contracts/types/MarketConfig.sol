// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IPriceSource} from "../interfaces/IPriceSource.sol";

/**
 * Parameters of one market. Rates are in pips (1e-6). Four storage words, in this order.
 */
struct MarketConfig {
    // word 0
    IPriceSource source; // 160
    uint16 maxAge; // seconds after which a price is stale: no matching, liquidation or ADL
    uint16 tradeAge; // seconds after which a price may no longer open exposure; at most maxAge
    uint32 tickValue; // quote atoms per lot and tick
    uint16 maxSteps; // most orders one call may visit
    // word 1
    uint64 lotsPerUnit; // lots per unit of the base asset
    uint24 initialRate; // initial margin / notional at the mark
    uint24 maintenanceRate; // maintenance margin / notional at the mark
    uint24 targetRate; // equity / notional that a partial liquidation restores
    uint24 slippageRate; // s: how far from the mark a liquidation may fill
    uint24 bandRate; // how far from the mark any fill may be
    uint24 takerFeeRate;
    uint24 makerFeeRate;
    uint24 liquidationFeeRate; // on lots × mark
    // word 2
    uint64 minNotional; // quote atoms, per order
    uint64 minMargin; // quote atoms, equity of a position after it grew
    uint64 maxOpenInterest; // lots a side
    uint24 insuranceShare; // of every fee; the rest goes to the keeper reserve
    uint24 rewardRate; // of the notional closed by ADL, paid from the keeper reserve
    // word 3
    uint96 dailyCoverCap; // quote atoms that this market may draw from the insurance fund in one day
    uint32 maturity; // seconds after growing during which a position has no claim on insurance or rewards
}

uint256 constant PIPS = 1_000_000;

using MarketConfigLibrary for MarketConfig global;

library MarketConfigLibrary {
    /// @dev Checks the configuration as a whole. Bounds that depend on the price are checked where it is read.
    function validate(MarketConfig memory c) internal pure {
        if (address(c.source) == address(0)) revert IExchangeErrors.InvalidMarketConfig("source");
        if (c.maxAge == 0) revert IExchangeErrors.InvalidMarketConfig("maxAge");
        if (c.tradeAge == 0 || c.tradeAge > c.maxAge) revert IExchangeErrors.InvalidMarketConfig("tradeAge");
        if (c.tickValue == 0) revert IExchangeErrors.InvalidMarketConfig("tickValue");
        if (c.maxSteps < 33 || c.maxSteps > 64) revert IExchangeErrors.InvalidMarketConfig("maxSteps");
        if (c.lotsPerUnit == 0) revert IExchangeErrors.InvalidMarketConfig("lotsPerUnit");
        // An initial rate under 0.5 % would sit inside the two ticks that the corridor needs.
        if (c.initialRate < 5_000 || c.initialRate > PIPS) revert IExchangeErrors.InvalidMarketConfig("initialRate");
        if (c.slippageRate == 0 || c.slippageRate > 200_000) revert IExchangeErrors.InvalidMarketConfig("slippageRate");
        if (c.liquidationFeeRate > 50_000) revert IExchangeErrors.InvalidMarketConfig("liquidationFeeRate");
        if (c.maintenanceRate == 0 || c.maintenanceRate >= c.initialRate)
            revert IExchangeErrors.InvalidMarketConfig("maintenanceRate");
        if (c.targetRate <= c.maintenanceRate || c.targetRate > PIPS)
            revert IExchangeErrors.InvalidMarketConfig("targetRate");
        if (c.bandRate < c.slippageRate || c.bandRate > 500_000) revert IExchangeErrors.InvalidMarketConfig("bandRate");
        if (c.takerFeeRate > 10_000) revert IExchangeErrors.InvalidMarketConfig("takerFeeRate");
        if (c.makerFeeRate > c.takerFeeRate) revert IExchangeErrors.InvalidMarketConfig("makerFeeRate");
        if (c.minNotional == 0) revert IExchangeErrors.InvalidMarketConfig("minNotional");
        if (c.minMargin == 0) revert IExchangeErrors.InvalidMarketConfig("minMargin");
        if (c.maxOpenInterest == 0 || c.maxOpenInterest > (1 << 47) - 1) {
            revert IExchangeErrors.InvalidMarketConfig("maxOpenInterest");
        }
        if (c.insuranceShare > PIPS) revert IExchangeErrors.InvalidMarketConfig("insuranceShare");
        // near what opening the position cost in fees, a pair of own accounts could farm the reserve
        if (2 * uint256(c.rewardRate) > uint256(c.takerFeeRate) + c.makerFeeRate)
            revert IExchangeErrors.InvalidMarketConfig("rewardRate");
        if (c.maturity > 1 days) revert IExchangeErrors.InvalidMarketConfig("maturity");
    }
}
