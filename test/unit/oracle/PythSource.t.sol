// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPyth} from "@pythnetwork/pyth-sdk-solidity/IPyth.sol";
import {PythErrors} from "@pythnetwork/pyth-sdk-solidity/PythErrors.sol";
import {IPriceSource} from "../../../contracts/interfaces/IPriceSource.sol";
import {PythSource} from "../../../contracts/oracle/PythSource.sol";
import {PythTest} from "./PythTest.sol";

/// Pyth that cannot read the data that it is handed.
contract IllegiblePyth {
    function getUpdateFee(bytes[] calldata) external pure returns (uint256) {
        revert PythErrors.InvalidUpdateData();
    }
}

/// Pyth that finds the signatures wrong.
contract UnsignedPyth {
    function getUpdateFee(bytes[] calldata) external pure returns (uint256) {
        return 0;
    }

    function parsePriceFeedUpdatesUnique(
        bytes[] calldata,
        bytes32[] calldata,
        uint64,
        uint64
    ) external payable returns (uint256) {
        revert PythErrors.InvalidWormholeVaa();
    }
}

/// Each status, each refusal and each boundary of a Pyth source.
contract PythSourceTest is PythTest {
    function test_NoData() public {
        _expect(IPriceSource.Status.NoData);
    }

    function test_Price() public {
        _warp(START + 3);
        _deliver(_signed(FEED, START + 2, START - 1, 121_700e8, 12e8, EXPO));
        (IPriceSource.Status status, uint256 price, uint256 confidence, uint256 timestamp) = source.latestPrice();
        _check(status == IPriceSource.Status.Ok, "status is Ok");
        _check(price == 121_700e18 && confidence == 12e18 && timestamp == START + 2, "price, confidence and time");
    }

    // ------------------------------------------------------------------------------------------------ windows

    function test_FirstAtTheStartOfTheWindow() public {
        _deliver(_signed(START, START - 1, 100e8));
        _expectPrice(100e18, START);
    }

    /// @dev The attack that windows are for: two good signatures, one of which suits the caller.
    function test_SecondOfTheWindow() public {
        _warp(START + 5);
        _expectRefused(
            _signed(START + 3, START + 1, 90e8),
            abi.encodeWithSelector(PythSource.UpdateNotFirst.selector, START + 3, START)
        );
        // two in one second: the second's predecessor is not before the window
        _expectRefused(
            _signed(START, START, 90e8),
            abi.encodeWithSelector(PythSource.UpdateNotFirst.selector, START, START)
        );
        _deliver(_signed(START + 1, START - 2, 100e8));
        // taken as delivered already, without a look: nothing can replace this window's price
        _deliver(_signed(START + 3, START + 1, 90e8));
        _expectPrice(100e18, START + 1);
    }

    /// @dev Both in one delivery: the first is taken, wherever it stands.
    function test_TwoInOneDelivery() public {
        _warp(START + 5);
        bytes[] memory data = new bytes[](2);
        data[0] = _signed(START + 3, START + 1, 90e8);
        data[1] = _signed(START + 1, START - 2, 100e8);
        source.update{value: 2 * FEE}(data);
        _expectPrice(100e18, START + 1);
    }

    function test_SecondOfThePreviousWindow() public {
        _warp(START + WINDOW);
        _expectRefused(
            _signed(START + 9, START + 1, 90e8),
            abi.encodeWithSelector(PythSource.UpdateNotFirst.selector, START + 9, START)
        );
        _deliver(_signed(START + 1, START - 1, 100e8));
        _expectRefused(
            _signed(START + 9, START + 1, 90e8),
            abi.encodeWithSelector(PythSource.UpdateNotFirst.selector, START + 9, START)
        );
        _expectPrice(100e18, START + 1);
    }

    function test_PreviousWindowUntilTheCurrentIsHere() public {
        _warp(START + 2 * WINDOW - 1);
        _deliver(_signed(START + 9, START - 1, 100e8));
        _expectPrice(100e18, START + 9);
        _deliver(_signed(START + 12, START + 9, 101e8));
        _expectPrice(101e18, START + 12);
        _deliver(_signed(START + 9, START - 1, 100e8));
        _expectPrice(101e18, START + 12);
    }

    function test_OlderThanThePreviousWindow() public {
        _warp(START + 2 * WINDOW);
        _expectRefused(
            _signed(START + 9, START - 1, 100e8),
            abi.encodeWithSelector(PythSource.UpdateTooOld.selector, START + 9, START + WINDOW)
        );
    }

    function test_Stale() public {
        _deliver(_signed(START, START - 1, 100e8));
        _warp(START + 2 * WINDOW - 1);
        _expectPrice(100e18, START);
        _warp(START + 2 * WINDOW);
        _expect(IPriceSource.Status.Stale);
    }

    function test_FromFuture() public {
        _expectRefused(
            _signed(START + 1, START - 1, 100e8),
            abi.encodeWithSelector(PythSource.UpdateFromFuture.selector, START + 1, START)
        );
        _expectRefused(
            _signed(START + 5 * WINDOW, START - 1, 100e8),
            abi.encodeWithSelector(PythSource.UpdateFromFuture.selector, START + 5 * WINDOW, START)
        );
        _warp(START + 1);
        _deliver(_signed(START + 1, START - 1, 100e8));
        _expectPrice(100e18, START + 1);
    }

    function test_OldReplayedAfterNew() public {
        bytes memory old = _signed(START, START - 1, 90e8);
        _deliver(old);
        _warp(START + WINDOW);
        _deliver(_signed(START + WINDOW, START + WINDOW - 1, 100e8));
        _deliver(old);
        _expectPrice(100e18, START + WINDOW);
        // a window later it is looked at, for the fee, and is still older
        _warp(START + 2 * WINDOW);
        _deliver(old);
        _expectPrice(100e18, START + WINDOW);
    }

    function test_Twice() public {
        bytes[] memory data = _list(_signed(START, START - 1, 100e8));
        source.update{value: FEE}(data);
        _check(source.updateFee(data) == 0, "nothing to pay for");
        source.update(data);
        _expectPrice(100e18, START);
        // in the next window it costs the fee to find that it is the one that is here
        _warp(START + WINDOW);
        _check(source.updateFee(data) == FEE, "the fee of looking");
        source.update{value: FEE}(data);
        _expectPrice(100e18, START);
    }

    function test_WrongFeed() public {
        bytes32 other = keccak256("ETH/USD");
        _expectRefused(
            _signed(other, START, START - 1, 100e8, 0, EXPO),
            abi.encodeWithSelector(PythSource.FeedNotInUpdate.selector, FEED)
        );
        bytes[] memory none = new bytes[](0);
        vm.expectRevert(abi.encodeWithSelector(PythSource.FeedNotInUpdate.selector, FEED));
        source.update(none);
    }

    function test_WrongFeedBesideTheRightOne() public {
        bytes[] memory data = new bytes[](2);
        data[0] = _signed(keccak256("ETH/USD"), START, START - 1, 4_000e8, 0, EXPO);
        data[1] = _signed(START, START - 1, 100e8);
        source.update{value: 2 * FEE}(data);
        _expectPrice(100e18, START);
    }

    // ------------------------------------------------------------------------------------------------ prices that are none

    /// @dev A window's bad price is its price: what came before is gone, and what comes after is not the first.
    function test_NotPositive() public {
        _deliver(_signed(START, START - 1, 100e8));
        _warp(START + WINDOW + 1);
        _deliver(_signed(FEED, START + WINDOW, START, 0, 0, EXPO));
        _expect(IPriceSource.Status.NotPositive);
        _deliver(_signed(START + WINDOW + 1, START + WINDOW, 100e8));
        _expect(IPriceSource.Status.NotPositive);
        _warp(START + 2 * WINDOW);
        _deliver(_signed(FEED, START + 2 * WINDOW, START + WINDOW, -1, 0, EXPO));
        _expect(IPriceSource.Status.NotPositive);
    }

    /// @dev At 0.5 % of the price the interval is still narrow enough.
    function test_Uncertain() public {
        _deliver(_signed(FEED, START, START - 1, 100e8, 50_000_000, EXPO));
        _expectPrice(100e18, START);
        _warp(START + WINDOW);
        _deliver(_signed(FEED, START + WINDOW, START, 100e8, 50_000_001, EXPO));
        _expect(IPriceSource.Status.Uncertain);
        _warp(START + 2 * WINDOW);
        _deliver(_signed(FEED, START + 2 * WINDOW, START + WINDOW, 1, type(uint64).max, EXPO));
        _expect(IPriceSource.Status.Uncertain);
    }

    function test_Exponents() public {
        _deliver(_signed(FEED, START, START - 1, type(int64).max, 0, 18));
        _expectPrice(uint256(uint64(type(int64).max)) * 1e36, START);
        _next(19, type(int64).max);
        _expect(IPriceSource.Status.OutOfRange);
        _next(type(int32).max, type(int64).max);
        _expect(IPriceSource.Status.OutOfRange);
        _next(type(int32).min, type(int64).max);
        _expect(IPriceSource.Status.OutOfRange);
        _next(-37, type(int64).max);
        _expect(IPriceSource.Status.OutOfRange);
        _next(-36, type(int64).max);
        (, uint256 price, , ) = source.latestPrice();
        _check(price == 9, "9.2e18 with 36 decimals is 9.2 with 18");
        _next(-36, 999_999_999_999_999_999);
        _expect(IPriceSource.Status.OutOfRange);
        _next(-36, 1_000_000_000_000_000_000);
        (, price, , ) = source.latestPrice();
        _check(price == 1, "the smallest price");
    }

    function _next(int32 expo, int64 price) private {
        uint256 at = (time / WINDOW + 1) * WINDOW;
        _warp(at);
        _deliver(_signed(FEED, at, at - 1, price, 0, expo));
    }

    /// @dev Against one digit at a time: no powers of ten.
    function testFuzz_Conversion(int64 price, uint64 confidence, int256 expo) public {
        price = int64(uint64(_bound(uint64(price), 1, uint64(type(int64).max))));
        confidence = uint64(_bound(confidence, 0, uint256(uint64(price)) / 200));
        expo = int256(_bound(uint256(expo), 0, 54)) - 36;
        _deliver(_signed(FEED, START, START - 1, price, confidence, int32(expo)));
        (uint256 expected, uint256 interval) = (uint64(price), confidence);
        int256 shift = 18 + expo;
        for (; shift > 0; --shift) (expected, interval) = (expected * 10, interval * 10);
        for (; shift < 0; ++shift) (expected, interval) = (expected / 10, (interval + 9) / 10);
        if (expected == 0) {
            _expect(IPriceSource.Status.OutOfRange);
        } else {
            _expectPrice(expected, START);
            (, , uint256 half, ) = source.latestPrice();
            _check(half == interval, "the interval is rounded up");
        }
    }

    // ------------------------------------------------------------------------------------------------ fees

    function test_Fee() public {
        bytes[] memory data = _list(_signed(START, START - 1, 100e8));
        _check(source.updateFee(data) == FEE, "Pyth's fee");
        vm.expectRevert(abi.encodeWithSelector(PythSource.FeeTooLow.selector, FEE - 1, FEE));
        source.update{value: FEE - 1}(data);
        uint256 balance = address(this).balance;
        source.update{value: 10}(data);
        _check(balance - address(this).balance == FEE, "the rest comes back");
        _check(address(source).balance == 0, "nothing stays");
        source.update{value: 10}(data);
        _check(balance - address(this).balance == FEE, "all comes back from a delivery that is not needed");
    }

    /// @dev A previous window's update costs one fee: the vain look for the current one's pays nothing.
    function test_FeeOfThePreviousWindow() public {
        _warp(START + WINDOW);
        uint256 balance = address(this).balance;
        source.update{value: 10}(_list(_signed(START, START - 1, 100e8)));
        _check(balance - address(this).balance == FEE, "one fee");
    }

    function test_WhatPythSaysIsPassedOn() public {
        bytes[] memory data = _list("illegible");
        source = new PythSource(IPyth(address(new IllegiblePyth())), FEED, WINDOW, CONFIDENCE_RATE);
        _check(source.updateFee(data) == 0, "illegible data costs nothing");
        vm.expectRevert(PythErrors.InvalidUpdateData.selector);
        source.update(data);
        source = new PythSource(IPyth(address(new UnsignedPyth())), FEED, WINDOW, CONFIDENCE_RATE);
        vm.expectRevert(PythErrors.InvalidWormholeVaa.selector);
        source.update(data);
    }

    // ------------------------------------------------------------------------------------------------ parameters

    function test_Constructor() public {
        vm.expectRevert(abi.encodeWithSelector(PythSource.NotAContract.selector, address(0xbeef)));
        new PythSource(IPyth(address(0xbeef)), FEED, WINDOW, CONFIDENCE_RATE);
        IPyth at = IPyth(address(pyth));
        vm.expectRevert(PythSource.InvalidFeedId.selector);
        new PythSource(at, 0, WINDOW, CONFIDENCE_RATE);
        vm.expectRevert(abi.encodeWithSelector(PythSource.InvalidWindow.selector, 0, 1, 300));
        new PythSource(at, FEED, 0, CONFIDENCE_RATE);
        vm.expectRevert(abi.encodeWithSelector(PythSource.InvalidWindow.selector, 301, 1, 300));
        new PythSource(at, FEED, 301, CONFIDENCE_RATE);
        vm.expectRevert(abi.encodeWithSelector(PythSource.InvalidConfidenceRate.selector, 0, 1_000_000));
        new PythSource(at, FEED, WINDOW, 0);
        vm.expectRevert(abi.encodeWithSelector(PythSource.InvalidConfidenceRate.selector, 1_000_001, 1_000_000));
        new PythSource(at, FEED, WINDOW, 1_000_001);
    }
}
