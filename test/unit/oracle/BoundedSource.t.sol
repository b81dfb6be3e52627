// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPriceSource} from "../../../contracts/interfaces/IPriceSource.sol";
import {IUpdatableSource} from "../../../contracts/interfaces/IUpdatableSource.sol";
import {BoundedSource} from "../../../contracts/oracle/BoundedSource.sol";
import {Test} from "../../utils/Test.sol";
import {Broken, SaidSource} from "./Feeds.sol";

/// A primary that takes updates for a fee, and says what it was handed.
contract UpdatablePrimary is SaidSource, IUpdatableSource {
    bytes public received;
    uint256 public paid;

    function updateFee(bytes[] calldata data) external pure returns (uint256) {
        return 7 * data.length;
    }

    function update(bytes[] calldata data) external payable {
        (received, paid) = (data[0], msg.value);
    }
}

/// Each status of a bounded source on both sides of its boundary, and the way of updates to the primary.
contract BoundedSourceTest is Test {
    uint256 private constant NOW = 1_760_130_000;
    uint256 private constant BAND = 20_000; // 2 %
    uint256 private constant REFERENCE_AGE = 3_600;
    IPriceSource.Status private constant OK = IPriceSource.Status.Ok;

    UpdatablePrimary private _primary;
    SaidSource private _reference;
    BoundedSource private _source;

    function setUp() public {
        vm.warp(NOW);
        _primary = new UpdatablePrimary();
        _reference = new SaidSource();
        _source = new BoundedSource(_primary, _reference, BAND, REFERENCE_AGE);
        _primary.set(OK, 100e18, 3e16, NOW - 5);
        _reference.set(OK, 100e18, 0, NOW - 1_000);
    }

    /// @dev Price, confidence and time are the primary's, however old the reference is.
    function test_Price() public view {
        _expectPrice(100e18);
    }

    function test_Band() public {
        _primary.set(OK, 102e18, 3e16, NOW - 5);
        _expectPrice(102e18);
        _primary.set(OK, 102e18 + 1, 3e16, NOW - 5);
        _expect(IPriceSource.Status.OutsideBand);
        _primary.set(OK, 98e18, 3e16, NOW - 5);
        _expectPrice(98e18);
        _primary.set(OK, 98e18 - 1, 3e16, NOW - 5);
        _expect(IPriceSource.Status.OutsideBand);
    }

    function test_BandOfExtremePrices() public {
        uint256 all = type(uint256).max;
        _primary.set(OK, all, 3e16, NOW - 5);
        _expect(IPriceSource.Status.OutsideBand);
        _reference.set(OK, all, 0, NOW);
        _expectPrice(all);
        _primary.set(OK, all - all / 50 - 1, 3e16, NOW - 5);
        _expect(IPriceSource.Status.OutsideBand);
        _primary.set(OK, 1, 3e16, NOW - 5);
        _reference.set(OK, 1, 0, NOW);
        _expectPrice(1);
        _reference.set(OK, 2, 0, NOW);
        _expect(IPriceSource.Status.OutsideBand);
    }

    /// @dev |p − r|·10^6 ≤ r·band, as one multiplication of numbers that cannot overflow.
    function testFuzz_Band(uint256 price, uint256 expected) public {
        expected = _bound(expected, 1, type(uint128).max);
        price = _bound(price, expected - expected / 40, expected + expected / 40 + 1);
        _primary.set(OK, price, 3e16, NOW - 5);
        _reference.set(OK, expected, 0, NOW);
        uint256 difference = price > expected ? price - expected : expected - price;
        if (difference * 1_000_000 <= expected * BAND) _expectPrice(price);
        else _expect(IPriceSource.Status.OutsideBand);
    }

    /// @dev Whatever is wrong with the primary is said as it says it.
    function test_PrimaryFails() public {
        for (uint256 i = 1; i <= uint256(type(IPriceSource.Status).max); ++i) {
            _primary.set(IPriceSource.Status(i), 100e18, 0, NOW);
            _expect(IPriceSource.Status(i));
        }
    }

    function test_PrimaryOfNonsense() public {
        _primary.set(OK, 0, 0, NOW);
        _expect(IPriceSource.Status.NotPositive);
        _primary.set(OK, 100e18, 0, NOW + 1);
        _expect(IPriceSource.Status.FromFuture);
        _primary.set(OK, 100e18, 3e16, NOW);
        (IPriceSource.Status status, , , ) = _source.latestPrice();
        _check(status == OK, "at its own time a price counts");
    }

    function test_ReferenceFails() public {
        for (uint256 i = 1; i <= uint256(type(IPriceSource.Status).max); ++i) {
            _reference.set(IPriceSource.Status(i), 100e18, 0, NOW);
            _expect(IPriceSource.Status.ReferenceUnavailable);
        }
        _reference.set(OK, 0, 0, NOW);
        _expect(IPriceSource.Status.ReferenceUnavailable);
        _reference.set(OK, 100e18, 0, NOW + 1);
        _expect(IPriceSource.Status.ReferenceUnavailable);
    }

    function test_ReferenceAge() public {
        _reference.set(OK, 100e18, 0, NOW - REFERENCE_AGE);
        _expectPrice(100e18);
        _reference.set(OK, 100e18, 0, NOW - REFERENCE_AGE - 1);
        _expect(IPriceSource.Status.ReferenceStale);
    }

    function test_Broken() public {
        Broken broken = new Broken();
        BoundedSource primary = new BoundedSource(IPriceSource(address(broken)), _reference, BAND, REFERENCE_AGE);
        _primary.set(OK, 100e18, 0, NOW);
        BoundedSource bounded = new BoundedSource(_primary, IPriceSource(address(broken)), BAND, REFERENCE_AGE);
        for (uint256 how; how <= uint256(type(Broken.How).max); ++how) {
            broken.set(Broken.How(how));
            IPriceSource.Status expected = IPriceSource.Status.NoData;
            // zeros begin with the status Ok and the price zero
            if (Broken.How(how) == Broken.How.Huge) expected = IPriceSource.Status.NotPositive;
            (IPriceSource.Status status, , , ) = primary.latestPrice{gas: 3_000_000}();
            _check(status == expected, "a broken primary has no data");
            (status, , , ) = bounded.latestPrice{gas: 3_000_000}();
            _check(status == IPriceSource.Status.ReferenceUnavailable, "a broken reference is unavailable");
        }
    }

    function test_Update() public {
        bytes[] memory data = new bytes[](2);
        data[0] = "signed";
        _check(_source.updateFee(data) == 14, "the fee is the primary's");
        vm.deal(address(this), 100);
        _source.update{value: 20}(data);
        _check(
            keccak256(_primary.received()) == keccak256("signed") && _primary.paid() == 14,
            "handed on with the fee"
        );
        _check(address(this).balance == 86 && address(_source).balance == 0, "the rest comes back");
        vm.expectRevert(abi.encodeWithSelector(BoundedSource.FeeTooLow.selector, 13, 14));
        _source.update{value: 13}(data);
    }

    /// @dev `Exchange.updatePrice` takes this for SourceNotUpdatable.
    function test_PrimaryTakesNoUpdates() public {
        BoundedSource fixedSource = new BoundedSource(_reference, _primary, BAND, REFERENCE_AGE);
        bytes[] memory data = new bytes[](1);
        (bool answered, ) = address(fixedSource).staticcall(abi.encodeCall(IUpdatableSource.updateFee, (data)));
        _check(!answered, "a primary without updates has no fee");
    }

    function test_Constructor() public {
        vm.expectRevert(abi.encodeWithSelector(BoundedSource.NotAContract.selector, address(0xbeef)));
        new BoundedSource(IPriceSource(address(0xbeef)), _reference, BAND, REFERENCE_AGE);
        vm.expectRevert(abi.encodeWithSelector(BoundedSource.NotAContract.selector, address(0xbeef)));
        new BoundedSource(_primary, IPriceSource(address(0xbeef)), BAND, REFERENCE_AGE);
        vm.expectRevert(abi.encodeWithSelector(BoundedSource.SameSource.selector, address(_primary)));
        new BoundedSource(_primary, _primary, BAND, REFERENCE_AGE);
        vm.expectRevert(abi.encodeWithSelector(BoundedSource.InvalidBand.selector, 0, 999_999));
        new BoundedSource(_primary, _reference, 0, REFERENCE_AGE);
        vm.expectRevert(abi.encodeWithSelector(BoundedSource.InvalidBand.selector, 1_000_000, 999_999));
        new BoundedSource(_primary, _reference, 1_000_000, REFERENCE_AGE);
        vm.expectRevert(abi.encodeWithSelector(BoundedSource.InvalidReferenceAge.selector, 0, 7 days));
        new BoundedSource(_primary, _reference, BAND, 0);
        vm.expectRevert(abi.encodeWithSelector(BoundedSource.InvalidReferenceAge.selector, 7 days + 1, 7 days));
        new BoundedSource(_primary, _reference, BAND, 7 days + 1);
    }

    receive() external payable {
        _check(msg.sender == address(_source), "only refunds");
    }

    function _expectPrice(uint256 expected) private view {
        (IPriceSource.Status status, uint256 price, uint256 confidence, uint256 timestamp) = _source.latestPrice();
        _check(status == OK, "status is Ok");
        _check(price == expected && confidence == 3e16 && timestamp == NOW - 5, "the primary's values");
    }

    function _expect(IPriceSource.Status expected) private view {
        (IPriceSource.Status status, uint256 price, uint256 confidence, uint256 timestamp) = _source.latestPrice();
        _check(status == expected, "the expected status");
        _check(price == 0 && confidence == 0 && timestamp == 0, "nothing but the status");
    }
}
