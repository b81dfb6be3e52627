// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../../../contracts/interfaces/IAggregatorV3.sol";
import {IPriceSource} from "../../../contracts/interfaces/IPriceSource.sol";
import {ChainlinkSource} from "../../../contracts/oracle/ChainlinkSource.sol";
import {Test} from "../../utils/Test.sol";
import {Broken, RoundFeed} from "./Feeds.sol";

/// Each status of a Chainlink source on both sides of its boundary.
contract ChainlinkSourceTest is Test {
    uint256 private constant NOW = 1_760_130_000;
    uint256 private constant HEARTBEAT = 3_600;
    uint256 private constant GRACE = 1_800;
    IAggregatorV3 private constant NONE = IAggregatorV3(address(0));

    RoundFeed private _feed;
    RoundFeed private _uptime;
    ChainlinkSource private _source; // without a sequencer
    ChainlinkSource private _rollup;

    function setUp() public {
        vm.warp(NOW);
        _feed = new RoundFeed(8);
        _uptime = new RoundFeed(0);
        _source = new ChainlinkSource(_feed, HEARTBEAT, NONE, 0);
        _rollup = new ChainlinkSource(_feed, HEARTBEAT, _uptime, GRACE);
        _feed.set(121_700e8, NOW, NOW);
        _uptime.set(0, NOW - GRACE, NOW - GRACE);
    }

    function test_Price() public view {
        _expectPrice(_source, 121_700e18, NOW);
        _expectPrice(_rollup, 121_700e18, NOW);
    }

    function test_Heartbeat() public {
        _feed.set(1e8, NOW, NOW - HEARTBEAT);
        _expectPrice(_source, 1e18, NOW - HEARTBEAT);
        _feed.set(1e8, NOW, NOW - HEARTBEAT - 1);
        _expect(_source, IPriceSource.Status.Stale);
    }

    function test_Future() public {
        _feed.set(1e8, NOW, NOW + 1);
        _expect(_source, IPriceSource.Status.FromFuture);
        vm.warp(NOW + 1);
        _expectPrice(_source, 1e18, NOW + 1);
    }

    function test_NeverAnswered() public {
        _feed.set(1e8, NOW, 0);
        _expect(_source, IPriceSource.Status.NoData);
    }

    function test_NotPositive() public {
        _feed.set(0, NOW, NOW);
        _expect(_source, IPriceSource.Status.NotPositive);
        _feed.set(-1, NOW, NOW);
        _expect(_source, IPriceSource.Status.NotPositive);
        _feed.set(type(int256).min, NOW, NOW);
        _expect(_source, IPriceSource.Status.NotPositive);
        _feed.set(1, NOW, NOW);
        _expectPrice(_source, 1e10, NOW);
    }

    /// @dev 10^10 times the answer must fit in 256 bits.
    function test_OutOfRange() public {
        uint256 largest = type(uint256).max / 1e10;
        _feed.set(int256(largest), NOW, NOW);
        _expectPrice(_source, largest * 1e10, NOW);
        _feed.set(int256(largest + 1), NOW, NOW);
        _expect(_source, IPriceSource.Status.OutOfRange);
        _feed.set(type(int256).max, NOW, NOW);
        _expect(_source, IPriceSource.Status.OutOfRange);
    }

    function testFuzz_Decimals(uint256 decimals, uint256 answer) public {
        decimals = _bound(decimals, 0, 18);
        answer = _bound(answer, 1, type(uint128).max);
        RoundFeed feed = new RoundFeed(uint8(decimals));
        ChainlinkSource source = new ChainlinkSource(feed, HEARTBEAT, NONE, 0);
        feed.set(int256(answer), NOW, NOW);
        uint256 expected = answer;
        for (uint256 i = decimals; i < 18; ++i) expected *= 10;
        _expectPrice(source, expected, NOW);
    }

    function test_BrokenFeed() public {
        Broken broken = new Broken();
        ChainlinkSource source = new ChainlinkSource(IAggregatorV3(address(broken)), HEARTBEAT, NONE, 0);
        for (uint256 how; how <= uint256(type(Broken.How).max); ++how) {
            broken.set(Broken.How(how));
            IPriceSource.Status expected = IPriceSource.Status.NoData;
            // a maximal answer is from the end of time
            if (Broken.How(how) == Broken.How.Maximal) expected = IPriceSource.Status.FromFuture;
            (IPriceSource.Status status, uint256 price, , ) = source.latestPrice{gas: 3_000_000}();
            _check(status == expected && price == 0, "a broken feed has no data");
        }
    }

    function test_SequencerDown() public {
        _uptime.set(1, NOW - 10 * GRACE, NOW);
        _expect(_rollup, IPriceSource.Status.SequencerDown);
        _uptime.set(7, NOW - 10 * GRACE, NOW); // anything but zero
        _expect(_rollup, IPriceSource.Status.SequencerDown);
        _expectPrice(_source, 121_700e18, NOW);
    }

    function test_SequencerGrace() public {
        _uptime.set(0, NOW, NOW);
        _expect(_rollup, IPriceSource.Status.SequencerGrace);
        _uptime.set(0, NOW - GRACE + 1, NOW);
        _expect(_rollup, IPriceSource.Status.SequencerGrace);
        _uptime.set(0, NOW - GRACE, NOW);
        _expectPrice(_rollup, 121_700e18, NOW);
    }

    function test_SequencerUnknown() public {
        _uptime.set(0, 0, NOW);
        _expect(_rollup, IPriceSource.Status.SequencerUnknown);
        _uptime.set(1, 0, 0); // as Arbitrum's feed answers before its first round
        _expect(_rollup, IPriceSource.Status.SequencerUnknown);
        _uptime.set(0, NOW + 1, NOW);
        _expect(_rollup, IPriceSource.Status.SequencerUnknown);
    }

    function test_BrokenUptimeFeed() public {
        Broken broken = new Broken();
        ChainlinkSource source = new ChainlinkSource(_feed, HEARTBEAT, IAggregatorV3(address(broken)), GRACE);
        for (uint256 how; how <= uint256(type(Broken.How).max); ++how) {
            broken.set(Broken.How(how));
            (IPriceSource.Status status, , , ) = source.latestPrice{gas: 3_000_000}();
            _check(status == IPriceSource.Status.SequencerUnknown, "a broken uptime feed says nothing");
        }
    }

    /// @dev The sequencer is judged first: while it is down, what the feed says does not count.
    function test_SequencerFirst() public {
        _uptime.set(1, NOW, NOW);
        _feed.set(0, 0, 0);
        _expect(_rollup, IPriceSource.Status.SequencerDown);
    }

    function test_Constructor() public {
        vm.expectRevert(abi.encodeWithSelector(ChainlinkSource.NotAContract.selector, address(0xbeef)));
        new ChainlinkSource(IAggregatorV3(address(0xbeef)), HEARTBEAT, NONE, 0);
        vm.expectRevert(abi.encodeWithSelector(ChainlinkSource.NotAContract.selector, address(0xbeef)));
        new ChainlinkSource(_feed, HEARTBEAT, IAggregatorV3(address(0xbeef)), GRACE);
        vm.expectRevert(abi.encodeWithSelector(ChainlinkSource.InvalidHeartbeat.selector, 0, 7 days));
        new ChainlinkSource(_feed, 0, NONE, 0);
        vm.expectRevert(abi.encodeWithSelector(ChainlinkSource.InvalidHeartbeat.selector, 7 days + 1, 7 days));
        new ChainlinkSource(_feed, 7 days + 1, NONE, 0);
        vm.expectRevert(abi.encodeWithSelector(ChainlinkSource.InvalidSequencerGrace.selector, 0, 1 days));
        new ChainlinkSource(_feed, HEARTBEAT, _uptime, 0);
        vm.expectRevert(abi.encodeWithSelector(ChainlinkSource.InvalidSequencerGrace.selector, 1, 1 days));
        new ChainlinkSource(_feed, HEARTBEAT, NONE, 1);
        vm.expectRevert(abi.encodeWithSelector(ChainlinkSource.InvalidSequencerGrace.selector, 1 days + 1, 1 days));
        new ChainlinkSource(_feed, HEARTBEAT, _uptime, 1 days + 1);
        RoundFeed fine = new RoundFeed(19);
        vm.expectRevert(abi.encodeWithSelector(ChainlinkSource.UnsupportedDecimals.selector, 19));
        new ChainlinkSource(fine, HEARTBEAT, NONE, 0);
    }

    function _expectPrice(ChainlinkSource source, uint256 expected, uint256 observedAt) private view {
        (IPriceSource.Status status, uint256 price, uint256 confidence, uint256 timestamp) = source.latestPrice();
        _check(status == IPriceSource.Status.Ok, "status is Ok");
        _check(price == expected && confidence == 0 && timestamp == observedAt, "price, confidence and time");
    }

    function _expect(ChainlinkSource source, IPriceSource.Status expected) private view {
        (IPriceSource.Status status, uint256 price, uint256 confidence, uint256 timestamp) = source.latestPrice();
        _check(status == expected, "the expected status");
        _check(price == 0 && confidence == 0 && timestamp == 0, "nothing but the status");
    }
}
