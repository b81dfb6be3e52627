// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/**
 * The exchange's administrator in production: OpenZeppelin's TimelockController, its delay bounded in code.
 *
 * LEAVING IN TIME. The least delay is a day longer than the insurance fund's cooldown: whoever sees a change scheduled and dislikes it can
 * close his positions, and announce and redeem his stake, before it applies. Every change is public for that long.
 *
 * ROLES. `proposer` schedules and cancels; anyone executes what is due, so a scheduled change cannot be kept in reserve by its proposer
 * alone. There is no other administrator: the timelock changes itself only through itself.
 */
contract Timelock is TimelockController {
    uint256 public constant MIN_DELAY = 4 days;
    uint256 public constant MAX_DELAY = 30 days;

    /// @notice The delay is outside its bounds, seconds.
    error InvalidDelay(uint256 delay, uint256 min, uint256 max);

    constructor(
        uint256 delay,
        address proposer
    ) TimelockController(_bounded(delay), _one(proposer), _one(address(0)), address(0)) {}

    /// @inheritdoc TimelockController
    function updateDelay(uint256 delay) public override {
        super.updateDelay(_bounded(delay));
    }

    function _bounded(uint256 delay) private pure returns (uint256) {
        if (delay < MIN_DELAY || delay > MAX_DELAY) revert InvalidDelay(delay, MIN_DELAY, MAX_DELAY);
        return delay;
    }

    function _one(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}
