// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeTest} from "../utils/ExchangeTest.sol";
import {Adversity} from "./Adversity.sol";
import {Clearing} from "./Clearing.sol";
import {Directed} from "./Directed.sol";
import {Orders} from "./Orders.sol";
import {Traders} from "./Traders.sol";
import {World} from "./World.sol";

/**
 * The invariant catalogue (DESIGN §14) under random histories of eight actors on two markets. The id is the assertion's message.
 *
 * | id | where it is asserted |
 * |---|---|
 * | SOLV-1 | Catalogue._checkVault after every action; Adversity.donate, Traders.unstake |
 * | SOLV-2, SOLV-3 | Catalogue._checkPot after every action; World, when everybody is paid |
 * | SOLV-4 | Catalogue._checkGate after every action; Clearing.poke and Adversity.outage without a price |
 * | SOLV-5 | Traders.withdraw, Adversity.outage; World, when everybody is paid |
 * | SOLV-6 | Catalogue._checkCorridor after every action; Adversity.lastMoment to the atom; Corridor.t.sol without an exchange |
 * | SOLV-7 | World.checkResolvable from one state in sixteen, and from the end of each history; Promises._requireNobodyPaid in each forced close |
 * | IDX-1 | Catalogue._checkIndex after every action |
 * | IDX-2 | Clearing.deleverage: the view against brute force, and accepted lists |
 * | ADL-1, ADL-2, ADL-3 | Promises._requireDeleveraged in each deleveraging; ADL-1 also in Clearing._countStages |
 * | ADL-4 | Clearing.cut |
 * | LIQ-1, LIQ-2 | Promises._requireLiquidated in each liquidation |
 * | BOOK-1 | Catalogue._checkBook after every action; Orders.amend |
 * | BOOK-2 | Catalogue._checkReserve after every action; equality in Traders.rest, Traders.cancel and Adversity.outage |
 * | FUND-1 | Traders.keepsDust around every action that settles; Adversity._pokeChecked |
 * | GAS-1 | Traders._requireUnderCap around every call; the worst cases in test/gas |
 *
 * Histories.t.sol proves that such histories reach every stage.
 */
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
        bytes4[37] memory all = [
            // trading, the price and clearing more often than the rest
            Traders.trade.selector,
            Traders.trade.selector,
            Traders.trade.selector,
            Traders.trade.selector,
            Adversity.pair.selector,
            Adversity.pair.selector,
            Traders.movePrice.selector,
            Traders.movePrice.selector,
            Traders.passTime.selector,
            Clearing.deleverage.selector,
            Clearing.deleverage.selector,
            Clearing.deleverage.selector,
            Clearing.liquidate.selector,
            Clearing.cut.selector,
            Clearing.prevent.selector,
            Clearing.topUp.selector,
            Clearing.poke.selector,
            Traders.rest.selector,
            Orders.amend.selector,
            Orders.batch.selector,
            Orders.trigger.selector,
            Orders.execute.selector,
            Traders.cancel.selector,
            Traders.moveMargin.selector,
            Traders.withdraw.selector,
            Traders.close.selector,
            Traders.preset.selector,
            Traders.scare.selector,
            Traders.stake.selector,
            Traders.unstake.selector,
            Adversity.lastMoment.selector,
            Adversity.accrue.selector,
            Adversity.outage.selector,
            Adversity.donate.selector,
            Adversity.guard.selector,
            Adversity.delegated.selector,
            Directed.coverable.selector
        ];
        selectors = new FuzzSelector[](1);
        selectors[0] = FuzzSelector(address(_world), new bytes4[](all.length));
        for (uint256 i; i < all.length; ++i) selectors[0].selectors[i] = all[i];
    }

    /// @dev One invariant for the whole catalogue: the histories are what costs time, and the message says which id failed.
    function invariant_Catalogue() public {
        _world.checkState();
        // resolving a deep waterfill takes thousands of steps: from one state in sixteen
        uint256 drawn = uint256(keccak256(abi.encode(exchange.marketAt(1).sequence, exchange.marketAt(2).sequence)));
        if (drawn % 16 == 0) _world.checkResolvable();
    }
}
