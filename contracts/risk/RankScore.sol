// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

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

    /**
     * @notice side·(P − e)·P / e × 2^64, for eligible u. Zero where the representative price is not in profit.
     * @dev Every cell that a proof or a search looks at is judged by this and by `equity`: hence the assembly. Equivalent to:
     *     uint256 e = Grid.entryPrice(p.isLong ? u : Grid.MAX_U - u, p.base);
     *     if (p.isLong ? e >= p.price : e <= p.price) return 0;
     *     uint256 profit = p.isLong ? p.price - e : e - p.price;
     *     return ((profit * p.price) << SCALE_BITS) / e;
     */
    function gain(Params memory p, uint256 u) internal pure returns (uint256 g) {
        assembly ("memory-safe") {
            let isLong := mload(p)
            let tick := xor(u, mul(iszero(isLong), 0xfff)) // MAX_U − u for shorts
            // the price of a tick, as Grid decodes it
            let e := shl(sub(add(shr(8, tick), mload(add(p, 0x20))), 8), or(0x100, and(tick, 0xff)))
            let price := mload(add(p, 0x40))
            let profit := sub(price, e)
            if iszero(isLong) {
                profit := sub(0, profit)
            }
            if sgt(profit, 0) {
                g := div(shl(64, mul(profit, price)), e)
            }
        }
    }

    /**
     * @notice |P' − b| in X16 for eligible v; positive.
     * @dev Equivalent to:
     *     int256 b = Grid.bankruptcyPrice(p.isLong ? Grid.MAX - v : v, p.base);
     *     int256 e = p.isLong ? p.adjusted - b : b - p.adjusted;
     *     return e > 0 ? uint256(e) : 1; // zero only at the very edge of a cell below zero
     */
    function equity(Params memory p, uint256 v) internal pure returns (uint256 e) {
        assembly ("memory-safe") {
            let isLong := mload(p)
            let tick := xor(v, mul(isLong, 0x1fff)) // MAX − v for longs
            let negative := lt(tick, 0x1000)
            tick := and(xor(tick, mul(negative, 0x1fff)), 0xfff) // counted from zero outwards
            let b := shl(sub(add(shr(8, tick), mload(add(p, 0x20))), 8), or(0x100, and(tick, 0xff)))
            if negative {
                b := sub(0, b)
            }
            e := sub(mload(add(p, 0x60)), b)
            if iszero(isLong) {
                e := sub(0, e)
            }
            if iszero(sgt(e, 0)) {
                e := 1
            }
        }
    }

    /// @notice Score of an eligible cell, × 2^64, rounded down.
    function score(Params memory p, uint256 u, uint256 v) internal pure returns (uint256) {
        unchecked {
            return gain(p, u) / equity(p, v);
        }
    }
}
