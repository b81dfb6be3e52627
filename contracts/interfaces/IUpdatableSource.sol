// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A price source that signed updates can be handed to (pull oracle).
interface IUpdatableSource {
    /// @notice What `update` with this data costs now, wei. Zero when the source already has a price that nothing can replace yet.
    function updateFee(bytes[] calldata data) external view returns (uint256 fee);

    /**
     * @notice Takes an update. Returns silently when the source has this one, or a newer one, already: whoever was overtaken by somebody
     * else's delivery loses nothing. Value above the fee goes back to the caller.
     */
    function update(bytes[] calldata data) external payable;
}
