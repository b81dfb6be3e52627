// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {IPriceSource} from "../interfaces/IPriceSource.sol";
import {RawCall} from "./RawCall.sol";

/**
 * A Chainlink feed as a price source, on a rollup together with its sequencer's uptime feed. Nobody can hand it anything.
 *
 * AGE. A feed promises an answer at least every `heartbeat` seconds. An older one means that the feed has stopped, whatever the market
 * would still accept; the market's own `maxAge` applies as well, and is usually much shorter.
 *
 * SEQUENCER. While the sequencer of a rollup is down, only those who go through the parent chain can act, on prices that nobody could
 * update. So there is no price until the sequencer has been up for `sequencerGrace` seconds. The uptime feed answers 0 for up, 1 for down;
 * `startedAt` is when that began (docs.chain.link, "L2 sequencer uptime feeds").
 *
 * `latestPrice` never reverts: a feed that is gone, reverts, or answers nonsense has the status NoData or SequencerUnknown.
 */
contract ChainlinkSource is IPriceSource {
    /// @notice There is no contract at the feed's address.
    error NotAContract(address feed);
    /// @notice The feed has more than 18 decimals.
    error UnsupportedDecimals(uint256 decimals);
    /// @notice The heartbeat is zero or longer than a week. Seconds.
    error InvalidHeartbeat(uint256 heartbeat, uint256 maximum);
    /// @notice The grace period is longer than a day, or given without an uptime feed, or missing with one. Seconds.
    error InvalidSequencerGrace(uint256 grace, uint256 maximum);

    uint256 public constant MAX_HEARTBEAT = 7 days;
    uint256 public constant MAX_SEQUENCER_GRACE = 1 days;

    IAggregatorV3 public immutable aggregator;
    /// @notice Age from which on an answer is stale whatever the market says: at `heartbeat` it still counts. Seconds.
    uint256 public immutable heartbeat;
    /// @notice The sequencer's uptime feed; zero where there is no sequencer.
    IAggregatorV3 public immutable sequencerFeed;
    /// @notice How long the sequencer must have been up, seconds.
    uint256 public immutable sequencerGrace;

    uint256 private immutable _scale;

    constructor(IAggregatorV3 aggregator_, uint256 heartbeat_, IAggregatorV3 sequencerFeed_, uint256 sequencerGrace_) {
        if (address(aggregator_).code.length == 0) revert NotAContract(address(aggregator_));
        if (heartbeat_ == 0 || heartbeat_ > MAX_HEARTBEAT) revert InvalidHeartbeat(heartbeat_, MAX_HEARTBEAT);
        bool onRollup = address(sequencerFeed_) != address(0);
        if (onRollup && address(sequencerFeed_).code.length == 0) revert NotAContract(address(sequencerFeed_));
        if (onRollup == (sequencerGrace_ == 0) || sequencerGrace_ > MAX_SEQUENCER_GRACE) {
            revert InvalidSequencerGrace(sequencerGrace_, MAX_SEQUENCER_GRACE);
        }
        uint256 decimals = aggregator_.decimals();
        if (decimals > 18) revert UnsupportedDecimals(decimals);
        (aggregator, heartbeat, sequencerFeed, sequencerGrace) = (
            aggregator_,
            heartbeat_,
            sequencerFeed_,
            sequencerGrace_
        );
        _scale = 10 ** (18 - decimals);
    }

    /// @inheritdoc IPriceSource
    function latestPrice() external view returns (Status status, uint256 price, uint256 confidence, uint256 timestamp) {
        status = _sequencerStatus();
        if (status != Status.Ok) return (status, 0, 0, 0);
        (bool answered, int256 answer, , uint256 updatedAt) = _latestRound(aggregator);
        if (!answered || updatedAt == 0) return (Status.NoData, 0, 0, 0);
        if (updatedAt > block.timestamp) return (Status.FromFuture, 0, 0, 0);
        if (block.timestamp - updatedAt > heartbeat) return (Status.Stale, 0, 0, 0);
        if (answer <= 0) return (Status.NotPositive, 0, 0, 0);
        if (uint256(answer) > type(uint256).max / _scale) return (Status.OutOfRange, 0, 0, 0);
        return (Status.Ok, uint256(answer) * _scale, 0, updatedAt);
    }

    function _sequencerStatus() private view returns (Status) {
        if (address(sequencerFeed) == address(0)) return Status.Ok;
        (bool answered, int256 answer, uint256 startedAt, ) = _latestRound(sequencerFeed);
        if (!answered || startedAt == 0 || startedAt > block.timestamp) return Status.SequencerUnknown;
        if (answer != 0) return Status.SequencerDown;
        if (block.timestamp - startedAt < sequencerGrace) return Status.SequencerGrace;
        return Status.Ok;
    }

    function _latestRound(
        IAggregatorV3 feed
    ) private view returns (bool answered, int256 answer, uint256 startedAt, uint256 updatedAt) {
        uint256[] memory words;
        (answered, words) = RawCall.read(address(feed), IAggregatorV3.latestRoundData.selector, 5);
        return (answered, int256(words[1]), words[2], words[3]);
    }
}
