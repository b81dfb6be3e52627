// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Positions of set bits, with the CLZ instruction (EIP-7939). Arguments must not be zero.
library Bits {
    /// @dev Equivalent to: `while (w > 1) { w >>= 1; i++; }`
    function highest(uint256 w) internal pure returns (uint256 i) {
        assembly ("memory-safe") {
            i := sub(255, clz(w))
        }
    }

    /// @dev Equivalent to: `while (w & 1 == 0) { w >>= 1; i++; }`
    function lowest(uint256 w) internal pure returns (uint256 i) {
        assembly ("memory-safe") {
            i := sub(255, clz(and(w, sub(0, w))))
        }
    }
}
