// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A price source that signed updates can be handed to (pull oracle).
interface IUpdatableSource {
    /// @notice What `update` with this data costs, wei.
    function updateFee(bytes[] calldata data) external view returns (uint256 fee);

    /// @notice Takes an update. Returns silently when it was delivered before.
    function update(bytes[] calldata data) external payable;
}
