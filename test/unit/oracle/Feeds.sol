// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../../../contracts/interfaces/IAggregatorV3.sol";
import {IPriceSource} from "../../../contracts/interfaces/IPriceSource.sol";

/// A Chainlink feed of which every field is set on its own.
contract RoundFeed is IAggregatorV3 {
    uint8 public immutable decimals;
    int256 public answer;
    uint256 public startedAt;
    uint256 public updatedAt;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function set(int256 answer_, uint256 startedAt_, uint256 updatedAt_) external {
        (answer, startedAt, updatedAt) = (answer_, startedAt_, updatedAt_);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, answer, startedAt, updatedAt, 1);
    }
}

/// A price source that says what it is told to.
contract SaidSource is IPriceSource {
    Status private _status;
    uint256 private _price;
    uint256 private _confidence;
    uint256 private _timestamp;

    function set(Status status, uint256 price, uint256 confidence, uint256 timestamp) external {
        (_status, _price, _confidence, _timestamp) = (status, price, confidence, timestamp);
    }

    function latestPrice() external view returns (Status, uint256, uint256, uint256) {
        return (_status, _price, _confidence, _timestamp);
    }
}

/// Answers every call, feeds' and sources' alike, in one of the ways in which a contract can be broken.
contract Broken {
    enum How {
        Reverts,
        Silent, // returns nothing
        Short, // one byte less than a source's answer
        Maximal, // every word is 2^256 − 1
        Huge, // a quarter of a megabyte of zeros
        Invalid // an opcode that takes all the gas
    }

    How public how;

    function set(How how_) external {
        how = how_;
    }

    function decimals() external pure returns (uint8) {
        return 8;
    }

    fallback(bytes calldata) external returns (bytes memory answer) {
        How h = how;
        if (h == How.Reverts) revert("broken");
        if (h == How.Silent) return "";
        if (h == How.Short) {
            answer = abi.encode(uint256(0), uint256(1e18), uint256(0), block.timestamp);
            assembly ("memory-safe") {
                mstore(answer, 127)
            }
            return answer;
        }
        if (h == How.Maximal) {
            uint256 all = type(uint256).max;
            return abi.encode(all, all, all, all, all);
        }
        if (h == How.Huge) return new bytes(1 << 18);
        assembly ("memory-safe") {
            invalid()
        }
    }
}
