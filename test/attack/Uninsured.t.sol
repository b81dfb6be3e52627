// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchangeErrors} from "../../contracts/interfaces/IExchangeErrors.sol";
import {Position} from "../../contracts/types/Position.sol";
import {CrashTest} from "../utils/CrashTest.sol";

/**
 * Cover never reverts and never stands in the way: with a fund that nobody named, at zero, at its floor, or just above it, the same
 * crash is resolved, with the same lots closed. What the fund has beyond its floor of one unit is all that it pays.
 */
abstract contract UninsuredTest is CrashTest {
    function test_BelowAndAtTheFloor() external {
        uint256 fees = exchange.insuranceBalance(); // of the set-up's trades
        require(fees > 1e6, "set-up");
        for (uint256 i; i < 5; ++i) {
            uint256 snapshot = vm.snapshotState();
            uint256 claim = [uint256(0), 1, 1e6 - 1, 1e6, 1e6 + 12_345][i];
            _setClaim(claim);
            _resolve();
            require(exchange.insuranceBalance() == (claim > 1e6 ? 1e6 : claim), "the floor stays, the rest pays");
            require(vm.revertToState(snapshot), "snapshot");
        }
    }

    function _resolve() private {
        uint32[] memory none;
        uint256 lots;
        for (uint256 i; i < 20; ++i) {
            (uint256 account, ) = exchange.bankruptAccount(M, 0);
            if (account == 0) break;
            lots += _deleverage(none);
            _checkAll();
        }
        require(lots == 3_500, "all of the bankrupt position was closed");
        Position memory p = exchange.positionAt(M, _id(BANKRUPT));
        require(p.lots == 0, "closed");
    }

    /// @dev Writes the fund's claim, the low 96 bits of its word, and moves the tokens along: no sequence of calls leads to each of these.
    function _setClaim(uint256 claim) private {
        uint256 before = exchange.insuranceBalance();
        for (uint256 slot; slot < 16; ++slot) {
            uint256 word = uint256(vm.load(address(exchange), bytes32(slot)));
            if (uint96(word) != before || uint80(word >> 96) != exchange.keeperReserve()) continue;
            vm.store(address(exchange), bytes32(slot), bytes32((word & ~uint256(type(uint96).max)) | claim));
        }
        require(exchange.insuranceBalance() == claim, "the storage layout has changed");
        if (claim > before) {
            collateral.mint(address(exchange), claim - before);
        } else {
            vm.prank(address(exchange));
            collateral.transfer(address(0xdead), before - claim);
        }
    }
}

contract FundNamedTest is UninsuredTest {}

contract FundNotNamedTest is UninsuredTest {
    function _isFundNamed() internal pure override returns (bool) {
        return false;
    }

    function test_NobodyStakes() external {
        collateral.mint(address(this), 1e6);
        vm.expectRevert(abi.encodeWithSelector(IExchangeErrors.NotInsuranceFund.selector, address(fund)));
        fund.deposit(1e6, address(this));
    }
}
