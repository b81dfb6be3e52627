// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPyth} from "@pythnetwork/pyth-sdk-solidity/IPyth.sol";
import {MockPyth} from "@pythnetwork/pyth-sdk-solidity/MockPyth.sol";
import {IPriceSource} from "../../../contracts/interfaces/IPriceSource.sol";
import {UniquePyth} from "../../../contracts/mocks/UniquePyth.sol";
import {PythSource} from "../../../contracts/oracle/PythSource.sol";
import {Test} from "../../utils/Test.sol";

/// A Pyth source over Pyth's mock, and updates as Pyth would sign them.
abstract contract PythTest is Test {
    uint256 internal constant WINDOW = 10;
    uint256 internal constant START = 1_760_130_000; // of a window
    uint256 internal constant CONFIDENCE_RATE = 5_000; // 0.5 %
    uint256 internal constant FEE = 3;
    bytes32 internal constant FEED = keccak256("BTC/USD");
    int32 internal constant EXPO = -8;

    UniquePyth internal pyth;
    PythSource internal source;
    /// @dev The optimizer takes `block.timestamp` for constant in a call, which `warp` changes: tests ask this.
    uint256 internal time;

    function setUp() public virtual {
        _warp(START);
        vm.deal(address(this), 1 ether);
        pyth = new UniquePyth(FEE);
        source = new PythSource(IPyth(address(pyth)), FEED, WINDOW, CONFIDENCE_RATE);
    }

    function _warp(uint256 to) internal {
        time = to;
        vm.warp(to);
    }

    /// @dev Price with 8 decimals and 0.01 % of confidence.
    function _signed(uint256 published, uint256 previous, int64 price) internal view returns (bytes memory) {
        return _signed(FEED, published, previous, price, uint64(price / 10_000), EXPO);
    }

    function _signed(
        bytes32 feed,
        uint256 published,
        uint256 previous,
        int64 price,
        uint64 confidence,
        int32 expo
    ) internal view returns (bytes memory) {
        MockPyth mock = pyth.mock();
        return
            mock.createPriceFeedUpdateData(
                feed,
                price,
                confidence,
                expo,
                price,
                0,
                uint64(published),
                uint64(previous)
            );
    }

    function _list(bytes memory update) internal pure returns (bytes[] memory data) {
        data = new bytes[](1);
        data[0] = update;
    }

    function _deliver(bytes memory update) internal {
        bytes[] memory data = _list(update);
        source.update{value: source.updateFee(data)}(data);
    }

    /// @dev What the delivery reverts with; the fee is sent along.
    function _expectRefused(bytes memory update, bytes memory reason) internal {
        bytes[] memory data = _list(update);
        vm.expectRevert(reason);
        source.update{value: FEE}(data);
    }

    function _expectPrice(uint256 expected, uint256 published) internal view {
        (IPriceSource.Status status, uint256 price, , uint256 timestamp) = source.latestPrice();
        _check(status == IPriceSource.Status.Ok, "status is Ok");
        _check(price == expected, "the expected price");
        _check(timestamp == published, "the expected publish time");
    }

    function _expect(IPriceSource.Status expected) internal view {
        (IPriceSource.Status status, uint256 price, uint256 confidence, uint256 timestamp) = source.latestPrice();
        _check(status == expected, "the expected status");
        _check(price == 0 && confidence == 0 && timestamp == 0, "nothing but the status");
    }

    receive() external payable virtual {
        _check(msg.sender == address(source), "only refunds");
    }
}
