// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeTest} from "../utils/ExchangeTest.sol";
import {Clearing} from "./Clearing.sol";
import {Traders} from "./Traders.sol";
import {World} from "./World.sol";

/// The invariant catalogue under random histories of eight actors on two markets.
contract SolvencyInvariants is ExchangeTest {
    World private _world;

    function setUp() public {
        _deploy(true);
        _world = new World(exchange, fund, crowd, feeds);
        _target(address(_world));
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @notice The actions; the checks are not among them.
    function targetSelectors() external view returns (FuzzSelector[] memory selectors) {
        bytes4[] memory s = new bytes4[](22);
        // trading, the price and clearing more often than the rest
        (s[0], s[1], s[2], s[3]) = (
            Traders.trade.selector,
            Traders.trade.selector,
            Traders.trade.selector,
            Traders.trade.selector
        );
        (s[4], s[5], s[6]) = (Traders.movePrice.selector, Traders.movePrice.selector, Traders.passTime.selector);
        (s[7], s[8], s[9]) = (Clearing.deleverage.selector, Clearing.deleverage.selector, Clearing.liquidate.selector);
        (s[10], s[11], s[12]) = (Traders.cancel.selector, Traders.moveMargin.selector, Traders.withdraw.selector);
        (s[13], s[14], s[15]) = (Traders.stake.selector, Traders.scare.selector, Traders.unstake.selector);
        (s[16], s[17], s[18]) = (Traders.close.selector, Traders.preset.selector, Clearing.topUp.selector);
        (s[19], s[20], s[21]) = (Clearing.prevent.selector, Clearing.cut.selector, Clearing.poke.selector);
        selectors = new FuzzSelector[](1);
        selectors[0] = FuzzSelector(address(_world), s);
    }

    function invariant_Money() public view {
        _world.checkMoney();
    }

    function invariant_Corridor() public view {
        _world.checkCorridor();
    }

    function invariant_Index() public view {
        _world.checkIndex();
    }

    function invariant_Book() public view {
        _world.checkBook();
    }

    function invariant_Resolvable() public {
        _world.checkResolvable();
    }
}
