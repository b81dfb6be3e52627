// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";

/// A Chainlink aggregator whose answers anyone sets. For tests and the demo.
contract MockAggregator is IAggregatorV3 {
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    uint8 public immutable decimals;
    // three words, as many as a read through a real feed's proxy costs
    uint80 private _round;
    bool private _fails;
    int256 private _answer;
    uint256 private _updatedAt;

    constructor(uint8 decimals_, int256 answer) {
        decimals = decimals_;
        setAnswer(answer);
    }

    function setAnswer(int256 answer) public {
        setRound(answer, block.timestamp);
    }

    function setRound(int256 answer, uint256 updatedAt) public {
        (_answer, _updatedAt) = (answer, updatedAt);
        emit AnswerUpdated(answer, ++_round, updatedAt);
    }

    function setFailing(bool fails) external {
        _fails = fails;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        require(!_fails, "MockAggregator: failing");
        return (_round, _answer, _updatedAt, _updatedAt, _round);
    }
}
