// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Grid} from "./Grid.sol";

/**
 * The PnlLeverage score of an index cell, as a pair (gain, equity) with score = ⌊gain / equity⌋:
 *
 *     score = side·(P − e)/e × P / equityPerLot,    equityPerLot = |P' − b|
 *
 * the product that BitMEX and Binance rank by (profit ratio × effective leverage), evaluated at the prices that stand for the
 * cell, × 2^64. It never grows with u or with v (see Grid), so one cell that fails a test fails it for all cells that it dominates.
 *
 * Comparisons avoid the division: score ≥ s  ⇔  gain ≥ s · equity.
 */
library RankScore {
    uint256 internal constant SCALE_BITS = 64;

    struct Params {
        bool isLong; // side of the counterparties
        uint256 base; // the market's grid base
        uint256 price; // P, X16, below 2^64
        int256 adjusted; // P' = P − F, X16
        uint256 uLimit; // eligible cells have u < uLimit: in profit at the bankruptcy price X by whole cells
        uint256 vMin; // eligible cells have v ≥ vMin: solvent at the mark by whole cells
    }

    /// @notice side·(P − e)·P / e × 2^64, for eligible u. Zero where the representative price is not in profit.
    function gain(Params memory p, uint256 u) internal pure returns (uint256) {
        unchecked {
            uint256 entry = Grid.entryPrice(p.isLong ? u : Grid.MAX_U - u, p.base);
            uint256 profit;
            if (p.isLong) {
                if (entry >= p.price) return 0;
                profit = p.price - entry;
            } else {
                if (entry <= p.price) return 0;
                profit = entry - p.price;
            }
            return ((profit * p.price) << SCALE_BITS) / entry;
        }
    }

    /// @notice |P' − b| in X16 for eligible v; positive.
    function equity(Params memory p, uint256 v) internal pure returns (uint256) {
        unchecked {
            int256 b = Grid.bankruptcyPrice(p.isLong ? Grid.MAX - v : v, p.base);
            int256 e = p.isLong ? p.adjusted - b : b - p.adjusted;
            return e > 0 ? uint256(e) : 1; // zero only at the very edge of a cell below zero
        }
    }

    /// @notice Score of an eligible cell, × 2^64, rounded down.
    function score(Params memory p, uint256 u, uint256 v) internal pure returns (uint256) {
        unchecked {
            return gain(p, u) / equity(p, v);
        }
    }
}
