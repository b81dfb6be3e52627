// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {IPyth} from "@pythnetwork/pyth-sdk-solidity/IPyth.sol";
import {PythErrors} from "@pythnetwork/pyth-sdk-solidity/PythErrors.sol";
import {PythStructs} from "@pythnetwork/pyth-sdk-solidity/PythStructs.sol";
import {IPriceSource} from "../interfaces/IPriceSource.sol";
import {IUpdatableSource} from "../interfaces/IUpdatableSource.sol";

/**
 * A Pyth feed as a price source. Pyth signs several prices a second off-chain; anyone delivers one with `update`, usually in the
 * transaction that needs it (`Exchange.multicall`).
 *
 * NOBODY CHOOSES AMONG SIGNED PRICES. Whoever delivers has all of them in hand and would take the one that suits him. So:
 *
 *  1. Time is cut into windows of `window` seconds, [k·window, (k+1)·window). Only a window's **first** update is taken. Pyth signs with each
 *     update the publish time of the one before; an update with `previous < k·window ≤ published` is the first of its window, and because
 *     publish times never decrease from one update to the next there is exactly one (`parsePriceFeedUpdatesUnique`).
 *  2. At time t, in window c, only the first update of c, or of c − 1 while nothing newer was delivered, is taken: the latter because the former may
 *     not be published yet. None from after t.
 *  3. The window of the price kept here never decreases, and one window has one price: so publish times never decrease either.
 *  4. A kept price from before c − 1 is `Stale`.
 *
 * Hence at any time at most two prices exist that a caller can bring about, the first of c − 1 and the first of c; whoever brings about the
 * latter takes away the former, for everybody. What remains is to deliver or to wait, at most until c ends: an option on the move
 * of at most two windows, as anybody has against any oracle. Liquidations take the same prices: a price that is
 * good enough to liquidate with would otherwise be there to trade with in the same block.
 *
 * LIVENESS. If Pyth publishes nothing in a window, it has no price, and the one before expires with it. An update with a bad price (not positive, too
 * uncertain, absurd exponent) is kept like any other and makes the status say so: if it were refused, the caller would have one more
 * price to choose.
 *
 * AGE. `timestamp` is the publish time. It can be almost two windows old: a market that is to accept the previous window's price all the
 * time sets `tradeAge` to at least 2·window.
 *
 * TRUST. In Pyth's signers, that they sign one sequence of updates a feed, and in the administrators of Pyth's upgradable contract.
 */
contract PythSource is IPriceSource, IUpdatableSource {
    /// @notice There is no contract at Pyth's address.
    error NotAContract(address pyth);
    /// @notice The feed id is zero.
    error InvalidFeedId();
    /// @notice The window is outside its bounds. Seconds.
    error InvalidWindow(uint256 window, uint256 minimum, uint256 maximum);
    /// @notice The confidence bound is zero or above one. Pips.
    error InvalidConfidenceRate(uint256 rate, uint256 maximum);
    /// @notice The value sent along is less than Pyth's fee, wei.
    error FeeTooLow(uint256 sent, uint256 fee);
    /// @notice The data holds no update of this feed.
    error FeedNotInUpdate(bytes32 feedId);
    /// @notice The update was published after this block's timestamp.
    error UpdateFromFuture(uint256 publishTime, uint256 timestamp);
    /// @notice The update was published before the previous window began.
    error UpdateTooOld(uint256 publishTime, uint256 oldest);
    /// @notice The update is not the first of its window, which began at `windowStart`.
    error UpdateNotFirst(uint256 publishTime, uint256 windowStart);

    /// @notice A window's first update was taken. Price and confidence are Pyth's, × 10^−exponent.
    event PriceTaken(uint256 indexed publishTime, int64 price, uint64 confidence, int32 exponent);

    /// @dev The price that is kept; one word.
    struct Kept {
        int64 price;
        uint64 confidence;
        int32 exponent;
        uint64 publishTime; // 0 before the first update
    }

    uint256 public constant MIN_WINDOW = 1;
    /// @dev Longer windows would leave the market without a usable price for as long.
    uint256 public constant MAX_WINDOW = 5 minutes;
    uint256 private constant PIPS = 1_000_000;
    /// @dev Outside, a 63-bit price vanishes in 18 decimals, or is no price of anything (10^18 times 10^18).
    int32 private constant MIN_EXPONENT = -36;
    int32 private constant MAX_EXPONENT = 18;

    IPyth public immutable pyth;
    bytes32 public immutable feedId;
    /// @notice Length of a window, seconds.
    uint256 public immutable window;
    /// @notice Largest confidence interval (half-width over price) of a usable price, pips.
    uint256 public immutable maxConfidenceRate;

    Kept private _kept;

    constructor(IPyth pyth_, bytes32 feedId_, uint256 window_, uint256 maxConfidenceRate_) {
        if (address(pyth_).code.length == 0) revert NotAContract(address(pyth_));
        if (feedId_ == 0) revert InvalidFeedId();
        if (window_ < MIN_WINDOW || window_ > MAX_WINDOW) revert InvalidWindow(window_, MIN_WINDOW, MAX_WINDOW);
        if (maxConfidenceRate_ == 0 || maxConfidenceRate_ > PIPS) {
            revert InvalidConfidenceRate(maxConfidenceRate_, PIPS);
        }
        (pyth, feedId, window, maxConfidenceRate) = (pyth_, feedId_, window_, maxConfidenceRate_);
    }

    /// @inheritdoc IPriceSource
    function latestPrice() external view returns (Status status, uint256 price, uint256 confidence, uint256 timestamp) {
        Kept memory kept = _kept;
        if (kept.publishTime == 0) return (Status.NoData, 0, 0, 0);
        if (_windowOf(kept.publishTime) + 1 < _windowOf(block.timestamp)) return (Status.Stale, 0, 0, 0);
        if (kept.price <= 0) return (Status.NotPositive, 0, 0, 0);
        if (kept.exponent < MIN_EXPONENT || kept.exponent > MAX_EXPONENT) return (Status.OutOfRange, 0, 0, 0);
        uint256 mantissa = uint64(kept.price);
        if (uint256(kept.confidence) * PIPS > maxConfidenceRate * mantissa) return (Status.Uncertain, 0, 0, 0);
        (price, confidence) = _with18Decimals(mantissa, kept.confidence, kept.exponent);
        if (price == 0) return (Status.OutOfRange, 0, 0, 0);
        return (Status.Ok, price, confidence, kept.publishTime);
    }

    /// @inheritdoc IUpdatableSource
    /// @dev Zero for data that Pyth cannot read, too: `update` then says what is wrong with it.
    function updateFee(bytes[] calldata data) external view returns (uint256) {
        if (_isCurrent()) return 0;
        try pyth.getUpdateFee(data) returns (uint256 fee) {
            return fee;
        } catch {
            return 0;
        }
    }

    /// @inheritdoc IUpdatableSource
    function update(bytes[] calldata data) external payable {
        uint256 fee;
        if (!_isCurrent()) {
            fee = pyth.getUpdateFee(data);
            if (msg.value < fee) revert FeeTooLow(msg.value, fee);
            _take(data, fee);
        }
        if (msg.value > fee) Address.sendValue(payable(msg.sender), msg.value - fee);
    }

    /// @dev Takes the first update of this window or, while that can be news, of the previous one; else says why there is none in the data.
    function _take(bytes[] calldata data, uint256 fee) private {
        uint256 current = _windowOf(block.timestamp);
        if (_takeFirst(data, fee, current * window, block.timestamp)) return;
        bool previousIsNews = _kept.publishTime == 0 || _windowOf(_kept.publishTime) + 1 < current;
        if (previousIsNews && _takeFirst(data, fee, (current - 1) * window, current * window - 1)) return;
        _explain(data, fee, (current - 1) * window);
    }

    /// @dev Pyth takes its fee only when it finds the update. Whatever it complains about but the range is final.
    function _takeFirst(bytes[] calldata data, uint256 fee, uint256 from, uint256 to) private returns (bool) {
        try pyth.parsePriceFeedUpdatesUnique{value: fee}(data, _feedIds(), uint64(from), uint64(to)) returns (
            PythStructs.PriceFeed[] memory feeds
        ) {
            PythStructs.Price memory taken = feeds[0].price;
            _kept = Kept(taken.price, taken.conf, taken.expo, uint64(taken.publishTime));
            emit PriceTaken(taken.publishTime, taken.price, taken.conf, taken.expo);
            return true;
        } catch (bytes memory reason) {
            if (bytes4(reason) != PythErrors.PriceFeedNotFoundWithinRange.selector) _rethrow(reason);
            return false;
        }
    }

    /// @dev Of an update that was not taken: returns when it is not newer than the kept one (the fee was for checking it), else reverts.
    function _explain(bytes[] calldata data, uint256 fee, uint256 oldest) private {
        try pyth.parsePriceFeedUpdates{value: fee}(data, _feedIds(), 0, type(uint64).max) returns (
            PythStructs.PriceFeed[] memory feeds
        ) {
            uint256 publishTime = feeds[0].price.publishTime;
            if (publishTime <= _kept.publishTime) return;
            if (publishTime > block.timestamp) revert UpdateFromFuture(publishTime, block.timestamp);
            if (publishTime < oldest) revert UpdateTooOld(publishTime, oldest);
            revert UpdateNotFirst(publishTime, _windowOf(publishTime) * window);
        } catch (bytes memory reason) {
            if (bytes4(reason) == PythErrors.PriceFeedNotFoundWithinRange.selector) revert FeedNotInUpdate(feedId);
            _rethrow(reason);
        }
    }

    function _rethrow(bytes memory reason) private pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }

    /// @dev Whether this window's price is here already: then nothing can replace it before the next window.
    function _isCurrent() private view returns (bool) {
        return _windowOf(_kept.publishTime) == _windowOf(block.timestamp);
    }

    function _windowOf(uint256 time) private view returns (uint256) {
        return time / window;
    }

    function _feedIds() private view returns (bytes32[] memory ids) {
        ids = new bytes32[](1);
        ids[0] = feedId;
    }

    /// @dev × 10^(18 + exponent). The price is rounded down, the confidence interval up.
    function _with18Decimals(
        uint256 price,
        uint256 confidence,
        int256 exponent
    ) private pure returns (uint256, uint256) {
        if (exponent >= -18) {
            uint256 factor = 10 ** uint256(18 + exponent);
            return (price * factor, confidence * factor);
        }
        uint256 divisor = 10 ** uint256(-18 - exponent);
        return (price / divisor, (confidence + divisor - 1) / divisor);
    }
}
