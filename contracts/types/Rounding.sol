// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Signed division with the direction in the name: Solidity's own truncates towards zero. Divisors are positive.
library Rounding {
    function floorDiv(int256 a, int256 b) internal pure returns (int256 q) {
        unchecked {
            q = a / b;
            if (a % b < 0) q -= 1;
        }
    }

    function ceilDiv(int256 a, int256 b) internal pure returns (int256 q) {
        unchecked {
            q = a / b;
            if (a % b > 0) q += 1;
        }
    }

    function positivePart(int256 a) internal pure returns (uint256) {
        return a > 0 ? uint256(a) : 0;
    }
}
