// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockCollateral} from "./MockCollateral.sol";

/// A collateral that can take a fee on transfers, or call back into somebody while it transfers. For tests.
contract HostileCollateral is MockCollateral {
    uint256 public fee; // quote atoms, burnt from what the recipient gets
    address public callee;
    bytes public payload;
    bool public calledBack; // of the last callback
    bytes public answer; // of the last callback

    function setFee(uint256 fee_) external {
        fee = fee_;
    }

    /// @dev Armed for one transfer.
    function callBack(address callee_, bytes calldata payload_) external {
        (callee, payload) = (callee_, payload_);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0) || to == address(0)) return;
        if (fee != 0) super._update(to, address(0), fee);
        if (callee == address(0)) return;
        address to_ = callee;
        callee = address(0);
        (calledBack, answer) = to_.call(payload);
    }
}
