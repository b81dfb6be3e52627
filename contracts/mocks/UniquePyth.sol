// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockPyth} from "@pythnetwork/pyth-sdk-solidity/MockPyth.sol";
import {PythStructs} from "@pythnetwork/pyth-sdk-solidity/PythStructs.sol";

/**
 * Pyth's own MockPyth with the one rule that it leaves out: `parsePriceFeedUpdatesUnique` there accepts any update of the range, while
 * the deployed contract demands `previous < minPublishTime ≤ published`. Only what a price source calls. For tests.
 */
contract UniquePyth {
    MockPyth public immutable mock;

    constructor(uint256 fee) {
        mock = new MockPyth(60, fee);
    }

    function getUpdateFee(bytes[] calldata data) external view returns (uint256) {
        return mock.getUpdateFee(data);
    }

    function parsePriceFeedUpdates(
        bytes[] calldata data,
        bytes32[] calldata ids,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable returns (PythStructs.PriceFeed[] memory) {
        return _parse(data, ids, minPublishTime, maxPublishTime, false);
    }

    function parsePriceFeedUpdatesUnique(
        bytes[] calldata data,
        bytes32[] calldata ids,
        uint64 minPublishTime,
        uint64 maxPublishTime
    ) external payable returns (PythStructs.PriceFeed[] memory) {
        return _parse(data, ids, minPublishTime, maxPublishTime, true);
    }

    function _parse(
        bytes[] calldata data,
        bytes32[] calldata ids,
        uint64 from,
        uint64 to,
        bool unique
    ) private returns (PythStructs.PriceFeed[] memory feeds) {
        (feeds, ) = mock.parsePriceFeedUpdatesWithConfig{value: msg.value}(data, ids, from, to, unique, false, false);
    }
}
