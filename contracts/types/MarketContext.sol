// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketConfig, Tier} from "./MarketConfig.sol";

/// Stages of the circuit breaker, in order.
enum Level {
    Normal,
    Cautious, // higher initial margin for new exposure, half the open interest cap
    ReduceOnly // open interest may not grow
}

/// Whether a market trades.
enum MarketStatus {
    Active,
    Retired // positions are paid out at the final price; nothing opens any more
}

/// What one call knows of its market: read once, then only read from memory. `Upkeep` completes it before anything is judged by it.
struct MarketContext {
    uint256 id;
    uint256 price; // P, X16: quote atoms per lot × 2^16
    int256 funding; // F, X16
    int256 adjusted; // P' = P − F, X16; funding can take it below zero
    uint256 base; // grid base exponent
    uint256 age; // seconds since the price was observed
    Level level; // of the circuit breaker
    uint256 surcharge; // initial rate of new exposure above the tiers', pips
    uint256 growth; // lots by which open interest may still grow
    MarketConfig config;
    Tier[] tiers; // above the first
}

/// What one call changed in the market's totals: summed in memory, written once at the end.
struct Tally {
    int256 pot; // quote atoms
    int256 openInterest; // lots
    int256 longValue; // Σ lots·b of the longs, X16 (see Market)
    uint256 fees; // quote atoms, to be split between insurance fund, treasury and keeper reserve
    uint256 cover; // quote atoms drawn from the insurance fund
}
