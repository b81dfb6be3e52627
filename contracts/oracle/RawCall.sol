// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * Reads the words that a view without arguments returns, whatever the target is or does.
 *
 * `try` does not do: it reverts when the target is no contract, and when the answer is too short or does not fit the declared types.
 * Here every one of these is "no answer". At most the words asked for are copied, so a target that returns megabytes costs nothing.
 *
 * A target that runs out of gas has not answered either. That is no way to make a good feed look bad: the 64th part of the gas that the
 * caller keeps (EIP-150) is then less than a 63rd of what the feed needs, and pays for nothing that changes state.
 */
library RawCall {
    /// @return answered Whether the call succeeded and returned at least `count` words.
    /// @return words The first `count` words; not to be used unless answered.
    function read(
        address target,
        bytes4 selector,
        uint256 count
    ) internal view returns (bool answered, uint256[] memory words) {
        words = new uint256[](count);
        assembly ("memory-safe") {
            mstore(0x00, selector)
            let size := shl(5, count)
            let succeeded := staticcall(gas(), target, 0x00, 0x04, add(words, 0x20), size)
            answered := and(succeeded, iszero(lt(returndatasize(), size)))
        }
    }
}
