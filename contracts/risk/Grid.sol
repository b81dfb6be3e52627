// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * The grid of the rank index: which cell a position lies in, and the price that stands for a cell.
 *
 * A tick is a small floating-point number, so that ticks are fine near the mark and still span 2^16 of price:
 *
 *     entry tick (12 bits):       | exponent 4 | mantissa 8 |                        width ≤ 0.40 %
 *     bankruptcy tick (13 bits):  | sign 1 | exponent 4 | mantissa 8 |               width ≤ 0.40 %, negative values below 2^12
 *
 * `base` is the exponent of the lowest octave, fixed per market when it is listed. Prices are in quote atoms per lot × 2^16
 * ("X16"). Both tick functions are monotone over all inputs and clamp outside the range. Safety needs the ticks to be monotone, and
 * `tickWidth` to be no less than the width of the cell: the corridor keeps two of them between opposing sides.
 *
 * Index coordinates (u, v) are ticks mirrored such that smaller always ranks better on either side of the market:
 *
 *     long:  u = entry tick             (a low entry has more profit),   v = MAX − bankruptcy tick (a high b is more levered)
 *     short: u = MAX_U − entry tick,                                     v = bankruptcy tick
 *
 * Thus a position is wholly past bankruptcy exactly when its v is below the v of P' on its side.
 */
library Grid {
    /// @dev Bits of v in a cell id.
    uint256 internal constant BITS = 13;
    /// @dev Largest bankruptcy tick, and largest v.
    uint256 internal constant MAX = (1 << BITS) - 1;
    /// @dev Largest entry tick, and largest u.
    uint256 internal constant MAX_U = (16 << ENTRY_MANTISSA) - 1;
    uint256 internal constant ENTRY_MANTISSA = 8;
    uint256 internal constant BANKRUPTCY_MANTISSA = 8;
    /// @dev Bankruptcy tick of the first cell at or above zero.
    uint256 internal constant ZERO = 1 << (BITS - 1);

    /// @notice Monotone tick of a price ≥ 0 in X16: 0 below the first octave, all ones above the last.
    function entryTick(uint256 price, uint256 base) internal pure returns (uint256) {
        return _encode(price, base, ENTRY_MANTISSA);
    }

    /// @notice Monotone tick of a signed price in X16.
    function bankruptcyTick(int256 price, uint256 base) internal pure returns (uint256) {
        unchecked {
            if (price >= 0) return ZERO + _encode(uint256(price), base, BANKRUPTCY_MANTISSA);
            return ZERO - 1 - _encode(uint256(~price), base, BANKRUPTCY_MANTISSA);
        }
    }

    /// @notice The price that stands for an entry tick: the lower edge of its cell (for tick 0, of the first octave). Never zero.
    function entryPrice(uint256 tick, uint256 base) internal pure returns (uint256) {
        return _decode(tick, base, ENTRY_MANTISSA);
    }

    /// @notice The price that stands for a bankruptcy tick: the edge nearer to zero (for the two innermost, of the first octave).
    function bankruptcyPrice(uint256 tick, uint256 base) internal pure returns (int256) {
        unchecked {
            if (tick >= ZERO) return int256(_decode(tick - ZERO, base, BANKRUPTCY_MANTISSA));
            return -int256(_decode(ZERO - 1 - tick, base, BANKRUPTCY_MANTISSA));
        }
    }

    /// @notice Width of the bankruptcy tick that holds `price` (≥ 0), in X16, rounded up. The innermost cell reaches down to zero; the
    /// outermost has no end, and its width is more than any position can bear: nothing opens there.
    function tickWidth(uint256 price, uint256 base) internal pure returns (uint256) {
        unchecked {
            uint256 tick = _encode(price, base, BANKRUPTCY_MANTISSA);
            if (tick == 0) return (1 << base) + (1 << (base - BANKRUPTCY_MANTISSA)) + 1;
            if (tick == (16 << BANKRUPTCY_MANTISSA) - 1) return 1 << 128;
            return (1 << (255 - _clz(price) - BANKRUPTCY_MANTISSA)) + 1;
        }
    }

    /// @notice Edges of a bankruptcy tick's cell in X16: its prices are low ≤ p < high. The outermost two have no outer edge.
    function bankruptcyEdges(uint256 tick, uint256 base) internal pure returns (int256 low, int256 high) {
        unchecked {
            bool positive = tick >= ZERO;
            uint256 t = positive ? tick - ZERO : ZERO - 1 - tick;
            int256 inner = t == 0 ? int256(0) : int256(_decode(t, base, BANKRUPTCY_MANTISSA));
            int256 outer = t == ZERO - 1 ? type(int256).max : int256(_decode(t + 1, base, BANKRUPTCY_MANTISSA));
            return positive ? (inner, outer) : (-outer, -inner);
        }
    }

    /// @notice Lower edge of a bankruptcy tick's cell in X16, for every tick but the lowest; the upper edge of the cell below it.
    function lowerEdge(uint256 tick, uint256 base) internal pure returns (int256) {
        unchecked {
            if (tick > ZERO) return int256(_decode(tick - ZERO, base, BANKRUPTCY_MANTISSA));
            return tick == ZERO ? int256(0) : -int256(_decode(ZERO - tick, base, BANKRUPTCY_MANTISSA));
        }
    }

    /// @notice Base exponent for a market listed at `price` (X16): seven octaves lie below the price's own, eight above.
    /// @dev The caller guarantees price ≥ 2^17, so that base ≥ 10 and every mantissa shift is defined.
    function baseFor(uint256 price) internal pure returns (uint256) {
        unchecked {
            return 255 - _clz(price) - 7;
        }
    }

    function coordinateU(bool isLong, uint256 tick) internal pure returns (uint256) {
        unchecked {
            return isLong ? tick : MAX_U - tick;
        }
    }

    function coordinateV(bool isLong, uint256 tick) internal pure returns (uint256) {
        unchecked {
            return isLong ? MAX - tick : tick;
        }
    }

    /// @notice Cell id: grows away from the best corner in each coordinate, so it breaks equal scores without breaking dominance.
    function cellOf(uint256 u, uint256 v) internal pure returns (uint256) {
        unchecked {
            return (u << BITS) | v;
        }
    }

    function _encode(uint256 x, uint256 base, uint256 mantissa) private pure returns (uint256 tick) {
        unchecked {
            if (x >> base == 0) return 0;
            uint256 exponent = 255 - _clz(x);
            // the implicit leading one carries into the exponent field: hence the − 1
            tick = ((exponent - base) << mantissa) + (x >> (exponent - mantissa)) - (1 << mantissa);
            uint256 top = (16 << mantissa) - 1;
            if (tick > top) tick = top;
        }
    }

    function _decode(uint256 tick, uint256 base, uint256 mantissa) private pure returns (uint256) {
        unchecked {
            uint256 one = 1 << mantissa;
            return (one | (tick & (one - 1))) << ((tick >> mantissa) + base - mantissa);
        }
    }

    /// @dev Count of leading zeros (EIP-7939). Equivalent to: `uint256 n = 256; while (x != 0) { x >>= 1; n--; } return n;`
    function _clz(uint256 x) private pure returns (uint256 n) {
        assembly ("memory-safe") {
            n := clz(x)
        }
    }
}
