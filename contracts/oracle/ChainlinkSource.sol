// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {IPriceSource} from "../interfaces/IPriceSource.sol";

/**
 * A Chainlink feed as a price source. Judges the answer (positive, answered, not from the future); age is judged by the market, whose
 * `maxAge` is set to the feed's heartbeat.
 */
contract ChainlinkSource is IPriceSource {
    /// @notice The feed has more than 18 decimals.
    error UnsupportedDecimals(uint256 decimals);

    IAggregatorV3 public immutable aggregator;
    uint256 private immutable _scale;

    constructor(IAggregatorV3 aggregator_) {
        uint256 decimals = aggregator_.decimals();
        if (decimals > 18) revert UnsupportedDecimals(decimals);
        aggregator = aggregator_;
        _scale = 10 ** (18 - decimals);
    }

    /// @inheritdoc IPriceSource
    function latestPrice() external view returns (Status status, uint256 price, uint256 confidence, uint256 timestamp) {
        try aggregator.latestRoundData() returns (uint80, int256 answer, uint256, uint256 updatedAt, uint80) {
            if (updatedAt == 0) return (Status.NoData, 0, 0, 0);
            if (answer <= 0) return (Status.NotPositive, 0, 0, 0);
            if (updatedAt > block.timestamp) return (Status.FromFuture, 0, 0, 0);
            if (uint256(answer) > type(uint256).max / _scale) return (Status.NotPositive, 0, 0, 0);
            return (Status.Ok, uint256(answer) * _scale, 0, updatedAt);
        } catch {
            return (Status.NoData, 0, 0, 0);
        }
    }
}
