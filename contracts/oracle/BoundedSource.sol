// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IPriceSource} from "../interfaces/IPriceSource.sol";
import {IUpdatableSource} from "../interfaces/IUpdatableSource.sol";
import {RawCall} from "./RawCall.sol";

/**
 * A primary source that is believed only within a band around a reference, typically a fast pull source checked against a slow push
 * feed. Has no price while either has none: falling back to the reference would let whoever can silence the primary choose the slower price.
 *
 * AGE. Price, confidence and timestamp are the primary's, because its price is the one that is used. The reference is expected to be older (a push feed only
 * answers when the price has moved), so reporting the older of the two would make a good price look stale; instead the reference has a maximum age of its own here,
 * so that a dead one is noticed. The band must allow for what the price may move between two answers of the reference (its deviation
 * threshold) and for the difference between the two markets that they observe.
 *
 * UPDATES go to the primary. `latestPrice` never reverts, whatever the two sources do.
 */
contract BoundedSource is IPriceSource, IUpdatableSource {
    /// @notice There is no contract at a source's address.
    error NotAContract(address source);
    /// @notice Primary and reference are the same.
    error SameSource(address source);
    /// @notice The band is zero or not below one. Pips.
    error InvalidBand(uint256 band, uint256 maximum);
    /// @notice The reference's maximum age is zero or longer than a week. Seconds.
    error InvalidReferenceAge(uint256 age, uint256 maximum);
    /// @notice The value sent along is less than the primary's fee, wei.
    error FeeTooLow(uint256 sent, uint256 fee);

    uint256 public constant MAX_REFERENCE_AGE = 7 days;
    uint256 private constant PIPS = 1_000_000;

    IPriceSource public immutable primary;
    /// @notice What the primary is compared with.
    IPriceSource public immutable referenceSource;
    /// @notice Largest |primary − reference| / reference, pips; at the band the price still counts.
    uint256 public immutable band;
    /// @notice Oldest reference that still bounds anything, seconds.
    uint256 public immutable maxReferenceAge;

    constructor(IPriceSource primary_, IPriceSource reference_, uint256 band_, uint256 maxReferenceAge_) {
        if (address(primary_).code.length == 0) revert NotAContract(address(primary_));
        if (address(reference_).code.length == 0) revert NotAContract(address(reference_));
        if (address(primary_) == address(reference_)) revert SameSource(address(primary_));
        if (band_ == 0 || band_ >= PIPS) revert InvalidBand(band_, PIPS - 1);
        if (maxReferenceAge_ == 0 || maxReferenceAge_ > MAX_REFERENCE_AGE) {
            revert InvalidReferenceAge(maxReferenceAge_, MAX_REFERENCE_AGE);
        }
        (primary, referenceSource, band, maxReferenceAge) = (primary_, reference_, band_, maxReferenceAge_);
    }

    /// @inheritdoc IPriceSource
    /// @dev A failure of the primary keeps its status; those of the reference are ReferenceUnavailable and ReferenceStale.
    function latestPrice() external view returns (Status status, uint256 price, uint256 confidence, uint256 timestamp) {
        (status, price, confidence, timestamp) = _read(primary);
        if (status != Status.Ok) return (status, 0, 0, 0);
        (Status referenceStatus, uint256 expected, , uint256 observedAt) = _read(referenceSource);
        if (referenceStatus != Status.Ok) return (Status.ReferenceUnavailable, 0, 0, 0);
        if (block.timestamp - observedAt > maxReferenceAge) return (Status.ReferenceStale, 0, 0, 0);
        uint256 difference = price > expected ? price - expected : expected - price;
        if (difference > Math.mulDiv(expected, band, PIPS)) return (Status.OutsideBand, 0, 0, 0);
    }

    /// @inheritdoc IUpdatableSource
    /// @dev Reverts when the primary takes no updates.
    function updateFee(bytes[] calldata data) public view returns (uint256) {
        return IUpdatableSource(address(primary)).updateFee(data);
    }

    /// @inheritdoc IUpdatableSource
    function update(bytes[] calldata data) external payable {
        uint256 fee = updateFee(data);
        if (msg.value < fee) revert FeeTooLow(msg.value, fee);
        IUpdatableSource(address(primary)).update{value: fee}(data);
        if (msg.value > fee) Address.sendValue(payable(msg.sender), msg.value - fee);
    }

    /// @dev A source that reverts, or answers nonsense, has no data; what it calls Ok is positive and not from the future.
    function _read(
        IPriceSource source
    ) private view returns (Status status, uint256 price, uint256 confidence, uint256 timestamp) {
        (bool answered, uint256[] memory words) = RawCall.read(address(source), IPriceSource.latestPrice.selector, 4);
        if (!answered || words[0] > uint256(type(Status).max)) return (Status.NoData, 0, 0, 0);
        status = Status(words[0]);
        if (status != Status.Ok) return (status, 0, 0, 0);
        if (words[1] == 0) return (Status.NotPositive, 0, 0, 0);
        if (words[3] > block.timestamp) return (Status.FromFuture, 0, 0, 0);
        return (Status.Ok, words[1], words[2], words[3]);
    }
}
