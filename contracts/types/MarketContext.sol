// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketConfig} from "./MarketConfig.sol";

/// What one call knows of its market: read once, then only read from memory.
struct MarketContext {
    uint256 id;
    uint256 price; // P, X16: quote atoms per lot × 2^16
    int256 funding; // F, X16
    int256 adjusted; // P' = P − F, X16, positive
    uint256 base; // grid base exponent
    uint256 age; // seconds since the price was observed
    MarketConfig config;
}

/// What one call changed in the market's totals: summed in memory, written once at the end.
struct Tally {
    int256 pot; // quote atoms
    int256 openInterest; // lots
    uint256 fees; // quote atoms, to be split between insurance fund and keeper reserve
    uint256 cover; // quote atoms drawn from the insurance fund
}
