// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * How far one side of the book has been counted to find its impact price: the tick at which the orders at or better than it are worth
 * the market's impact notional. In 80 bits:
 *
 * | reached 1 | counted 55 | tick 24 |
 *
 * `counted` is Σ lots·tick. A side that is *reached* has its impact price at `tick`, and what is strictly better is counted. Any other is
 * still being counted, best price first: everything at or better than `tick` is in the sum, and at `END` that is all there is.
 */
type Front is uint80;

using FrontLibrary for Front global;

library FrontLibrary {
    uint256 internal constant MAX_COUNTED = (1 << 55) - 1;
    uint256 private constant COUNTED = 24;
    uint256 private constant REACHED = 79;

    /// @notice Nothing counted yet: `tick` is better than every price.
    function start(bool isBid) internal pure returns (Front) {
        return Front.wrap(uint80(isBid ? type(uint24).max : 0));
    }

    /// @notice Worse than every price.
    function end(bool isBid) internal pure returns (uint256) {
        return isBid ? 0 : type(uint24).max;
    }

    function make(uint256 tick_, uint256 counted_, bool reached_) internal pure returns (Front) {
        return Front.wrap(uint80(tick_ | (counted_ << COUNTED) | (reached_ ? 1 << REACHED : 0)));
    }

    function tick(Front f) internal pure returns (uint256) {
        return uint24(Front.unwrap(f));
    }

    function counted(Front f) internal pure returns (uint256) {
        return (Front.unwrap(f) >> COUNTED) & MAX_COUNTED;
    }

    function reached(Front f) internal pure returns (bool) {
        return Front.unwrap(f) >> REACHED != 0;
    }

    /// @notice Whether there is nothing left to find: the impact price is here, or all of the side is not worth `depth`.
    function isFinal(Front f, bool isBid, uint256 depth) internal pure returns (bool) {
        return counted(f) < depth && (reached(f) || tick(f) == end(isBid));
    }

    /// @notice The side's impact price in ticks, 0 when it has none.
    function price(Front f) internal pure returns (uint256) {
        return reached(f) ? tick(f) : 0;
    }
}
