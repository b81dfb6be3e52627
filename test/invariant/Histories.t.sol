// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ExchangeTest} from "../utils/ExchangeTest.sol";
import {World} from "./World.sol";

/// Whole histories from one seed, with the catalogue checked at the end; and the proof that such histories reach every stage.
contract HistoriesTest is ExchangeTest {
    World private _world;

    function setUp() public {
        _deploy(true);
        _world = new World(exchange, fund, crowd, feeds);
    }

    /// hardhat-config: fuzz.runs = 64
    function testFuzz_HistoryKeepsTheCatalogue(uint256 seed) public {
        _liveWithOrders(seed, 15);
        _checkAll();
    }

    /// @dev What chance does not lay out: from a market of its own, a bankruptcy that the book takes only with the fund's help, and one that
    /// nobody is eligible for.
    function test_LaidOutBankruptciesReachTheirStages() public {
        _world.abandoned(0);
        _atLeast(_world.principalCloses(), 1, "closes in the principal stage");
        _checkAll();
    }

    function test_LaidOutBankruptciesAreSweptWithCover() public {
        for (uint256 i; i < 16; ++i) {
            for (uint256 k; k < 6; ++k) _world.trade(i + k, i >> 3, 50, 500 + i, k & 1);
            for (uint256 k; k < 3; ++k) _world.coverable(i + k, i + 5 + k, i >> 3, 200 + 50 * k);
            for (uint256 k; k < 6; ++k) _world.deleverage(i >> 3, k, 0);
        }
        _atLeast(_world.coveredSweeps(), 1, "sweeps with cover");
        _checkAll();
    }

    function test_HistoriesReachEveryUseOfOrders() public {
        for (uint256 seed = 1; seed <= 4; ++seed) _liveWithOrders(seed, 24);
        _atLeast(_world.amendments(), 3, "amendments");
        _atLeast(_world.batches(), 3, "batches");
        _atLeast(_world.triggered(), 1, "executed triggers");
        _world.checkState();
    }

    /// @dev A test that cannot fail proves nothing: these seeds must trade, liquidate, deleverage and reject lists. Each begins with a
    /// world of its own, and from its end everything can be resolved and everybody is paid.
    function test_HistoriesReachEveryStage() public {
        uint256 fresh = vm.snapshotState();
        uint256[18] memory sum;
        for (uint256 seed = 1; seed <= 12; ++seed) {
            _live(seed, 220, 32);
            uint256[18] memory counts = _counts();
            for (uint256 i; i < sum.length; ++i) sum[i] += counts[i];
            _checkAll();
            require(vm.revertToState(fresh), "snapshot");
        }
        _atLeast(sum[0], 100, "trades");
        _atLeast(sum[1], 10, "trades between own accounts");
        _atLeast(sum[2], 5, "orders that met nobody");
        _atLeast(sum[3], 5, "liquidations");
        _atLeast(sum[4], 10, "deleverages");
        _atLeast(sum[5], 3, "closes by a list");
        _atLeast(sum[6], 3, "closes by the contract's own choice");
        _atLeast(sum[7], 3, "payouts held against the exact share");
        _atLeast(sum[8], 1, "positions brought down by the waterfill");
        _atLeast(sum[9], 3, "rejected lists");
        _atLeast(sum[10], 1, "preventive deleveragings");
        _atLeast(sum[11], 1, "top-ups");
        _atLeast(sum[12], 3, "cut calls");
        _atLeast(sum[13], 3, "margins taken out to the last atom");
        _atLeast(sum[14], 2, "accruals at the clamp");
        _atLeast(sum[15], 3, "outages");
        _atLeast(sum[16], 1, "trades by a delegate");
        _atLeast(sum[17], 3, "redemptions");
    }

    function _counts() private view returns (uint256[18] memory) {
        return
            [
                _world.trades(),
                _world.pairs(),
                _world.rested(),
                _world.liquidations(),
                _world.deleverages(),
                _world.listedCloses(),
                _world.pickedCloses(),
                _world.exactShares(),
                _world.stayed(),
                _world.rejectedLists(),
                _world.preventives(),
                _world.topUps(),
                _world.cuts(),
                _world.lastAtoms(),
                _world.clampedAccruals(),
                _world.outages(),
                _world.delegatedTrades(),
                _world.unstakings()
            ];
    }

    function _atLeast(uint256 count, uint256 needed, string memory what) private pure {
        require(count >= needed, string.concat("only ", Strings.toString(count), " ", what));
    }

    function _checkAll() private {
        _world.checkState();
        _world.checkResolvable();
    }

    function _scareAndLiquidate(uint256 actor, uint256 market) private {
        _world.scare(actor, market);
        for (uint256 k; k < 4; ++k) _world.trade(actor + 1 + k, market, 50, 2_000, k & 1);
        _world.liquidate(actor, market, 63);
    }

    /// @dev Eight actions of any kind, then one with orders, and so on.
    function _liveWithOrders(uint256 seed, uint256 rounds) private {
        for (uint256 i; i < rounds; ++i) {
            uint256 r = uint256(keccak256(abi.encode("orders", seed, i)));
            (uint256 a, uint256 b, uint256 c) = (r >> 32, r >> 64, r >> 96);
            _live(r, 8, 33);
            if (r % 3 == 0) {
                for (uint256 k; k < 8; ++k) _world.rest(k, b, c >> (8 * k), r >> 128, r >> 160);
                for (uint256 k; k < 8; ++k) _world.amend(k, b, c >> k, r >> (k + 128));
            } else if (r % 3 == 1) {
                _world.batch(a, b, c);
            } else {
                for (uint256 k; k < 8; ++k) _world.rest(k, b, c >> (8 * k), r >> 128, r >> 160);
                for (uint256 k; k < 8; ++k) _world.trigger(k, b, c >> k, r >> (k + 128), a);
                for (uint256 k; k < 8; ++k) _world.execute(a, k, b);
            }
        }
    }

    /// @param kinds How many of the actions there are to draw from: all 33, or all but the laid-out bankruptcy.
    function _live(uint256 seed, uint256 actions, uint256 kinds) private {
        for (uint256 i; i < actions; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            uint256 a = r >> 32;
            uint256 b = r >> 64;
            uint256 c = r >> 96;
            uint256 action = r % kinds;
            if (action < 7) _world.trade(a, b, c, r >> 128, r >> 160);
            else if (action < 9) _world.movePrice(a, b);
            else if (action < 10) _world.passTime(a);
            else if (action < 12) _world.deleverage(a, b, c);
            else if (action < 13) for (uint256 k; k < 16; ++k) _world.liquidate(k, k >> 3, 63);
            else if (action < 14) _world.moveMargin(a, b, c, r & (1 << 200) != 0);
            else if (action < 15) _world.cancel(a, b);
            else if (action < 16) _world.withdraw(a, b);
            else if (action < 18) _scareAndLiquidate(a, b);
            else if (action < 19) _world.close(a, b, c);
            else if (action < 20) _world.preset(a, b, c, r >> 128, r >> 160);
            else if (action < 21) for (uint256 k; k < 16; ++k) _world.topUp(k, k >> 3);
            else if (action < 22) for (uint256 k; k < 16; ++k) _world.prevent(k, k >> 3, a);
            else if (action < 23) _world.cut(a, b);
            else _misbehave(action, a, b, c, r >> 128);
        }
    }

    function _misbehave(uint256 action, uint256 a, uint256 b, uint256 c, uint256 d) private {
        if (action < 24) _world.poke(a);
        else if (action < 26) _world.pair(a, a + 1 + (b % 7), c, d, d >> 32);
        else if (action < 27) _world.lastMoment(a, b, c);
        else if (action < 28) _world.accrue(a, b);
        else if (action < 29) _world.rest(a, b, c, d, d >> 32);
        else if (action < 30) _world.delegated(a, b, c, d);
        else if (action < 31) {
            _world.outage(a, b, c);
            _world.donate(c, d & 1 == 0);
            _world.guard(b, d);
        } else if (action < 32) {
            _world.stake(a);
            _world.unstake(b);
        } else {
            _world.coverable(a, b, c, d);
        }
    }
}
