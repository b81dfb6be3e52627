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
        _live(seed, 120);
        _checkAll();
    }

    /// @dev A test that cannot fail proves nothing: these seeds must trade, liquidate, deleverage and reject lists.
    function test_HistoriesReachEveryStage() public {
        for (uint256 seed = 1; seed <= 4; ++seed) _live(seed, 200);
        _atLeast(_world.trades(), 100, "trades");
        _atLeast(_world.liquidations(), 5, "liquidations");
        _atLeast(_world.deleverages(), 10, "deleverages");
        _atLeast(_world.rejectedLists(), 3, "rejected lists");
        _atLeast(_world.preventives(), 1, "preventive deleveragings");
        _atLeast(_world.topUps(), 1, "top-ups");
        _atLeast(_world.cuts(), 3, "cut calls");
        _checkAll();
    }

    function _atLeast(uint256 count, uint256 needed, string memory what) private pure {
        require(count >= needed, string.concat("only ", Strings.toString(count), " ", what));
    }

    function _checkAll() private {
        _world.checkMoney();
        _world.checkCorridor();
        _world.checkIndex();
        _world.checkBook();
        _world.checkResolvable();
    }

    function _scareAndLiquidate(uint256 actor, uint256 market) private {
        _world.scare(actor, market);
        for (uint256 k; k < 4; ++k) _world.trade(actor + 1 + k, market, 50, 2_000, k & 1);
        _world.liquidate(actor, market, 63);
    }

    function _live(uint256 seed, uint256 actions) private {
        for (uint256 i; i < actions; ++i) {
            uint256 r = uint256(keccak256(abi.encode(seed, i)));
            uint256 a = r >> 32;
            uint256 b = r >> 64;
            uint256 c = r >> 96;
            uint256 action = r % 24;
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
            else _world.poke(a);
        }
    }
}
