// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeTest} from "../utils/ExchangeTest.sol";
import {World} from "./World.sol";

/// The invariant catalogue under random histories of eight actors on two markets.
contract SolvencyInvariants is ExchangeTest {
    World private _world;

    function setUp() public {
        _deploy();
        _world = new World(exchange, fund, crowd, feeds);
        _target(address(_world));
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @notice The actions; the checks are not among them.
    function targetSelectors() external view returns (FuzzSelector[] memory selectors) {
        bytes4[] memory s = new bytes4[](15);
        // trading, the price and clearing more often than the rest
        (s[0], s[1], s[2], s[3]) = (
            World.trade.selector,
            World.trade.selector,
            World.trade.selector,
            World.trade.selector
        );
        (s[4], s[5], s[6]) = (World.movePrice.selector, World.movePrice.selector, World.passTime.selector);
        (s[7], s[8], s[9]) = (World.deleverage.selector, World.deleverage.selector, World.liquidate.selector);
        (s[10], s[11], s[12]) = (World.cancel.selector, World.moveMargin.selector, World.withdraw.selector);
        (s[13], s[14]) = (World.stake.selector, World.scare.selector);
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
