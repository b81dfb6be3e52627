// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    DeleverageLimits,
    IExchange,
    MarketView,
    OrderRequest,
    QueueEntry,
    SelfTrade,
    TimeInForce
} from "../../contracts/interfaces/IExchange.sol";
import {Catalogue} from "./Catalogue.sol";

/**
 * A market just after a crash upwards: one short of 3,500 lots is bankrupt at X ≈ 0.97 of the mark, and longs of 1,000 lots each stand
 * against it. Ticks are 0.1 quote units; the mark is tick 1,000,000.
 *
 *     actor 0      short, deep pockets, against whom everybody else opened
 *     actors 1–5   longs in profit at X: entries 900,000, 910,000 twice (one cell), 930,000, 940,000, all at 10x
 *     actor 6      a long that entered at 990,000: not in profit at X
 *     actor 7      the bankrupt short: entered at 951,000 at 50x
 *     actor 8      has collateral and no position
 */
abstract contract CrashTest is Catalogue {
    uint256 internal constant M = 1;
    uint256 internal constant MARK = 1_000_000;
    uint256 internal constant BANKRUPT = 7;

    function setUp() public virtual {
        _deploy();
        for (uint256 i; i < 9; ++i) crowd.join(10_000_000e6);
        _setMark(990_000);
        _trade(6, 0, 990_000, 1_000, 2);
        uint24[5] memory entries = [uint24(900_000), 910_000, 910_000, 930_000, 940_000];
        for (uint256 i; i < 5; ++i) {
            _setMark(entries[i]);
            _trade(1 + i, 0, entries[i], 1_000, 10);
        }
        _setMark(951_000);
        _trade(0, BANKRUPT, 951_000, 3_500, 50);
        vm.warp(block.timestamp + 31); // the positions mature
        _setMark(MARK);
    }

    /// @notice The first `n` of the queue, as the view gives it.
    function _queue(uint256 n) internal view returns (uint32[] memory list) {
        (, int256 price) = exchange.bankruptAccount(M, 0);
        QueueEntry[] memory queue = exchange.adlQueue(M, false, price, n);
        list = new uint32[](queue.length);
        for (uint256 i; i < queue.length; ++i) list[i] = queue[i].account;
    }

    function _deleverage(uint32[] memory list) internal returns (uint256) {
        return exchange.autoDeleverage(M, list, _limits());
    }

    /// @notice Expects the list to be refused with this error.
    function _expectRefused(uint32[] memory list, bytes4 selector) internal {
        bytes32 before = _fingerprint();
        try exchange.autoDeleverage(M, list, _limits()) {
            revert("the list was accepted");
        } catch (bytes memory reason) {
            require(bytes4(reason) == selector, "refused with another error");
        }
        require(_fingerprint() == before, "a refused list changed something");
    }

    function _limits() internal pure returns (DeleverageLimits memory) {
        return
            DeleverageLimits({
                maxSteps: 64,
                maxCounterparties: 1,
                nominee: 0,
                deadline: 0,
                minPrice: type(int128).min,
                maxPrice: type(int128).max
            });
    }

    /// @notice All positions, balances and totals, hashed: equal exactly when the state is.
    function _fingerprint() internal view returns (bytes32 hash) {
        for (uint256 a = 1; a <= _accounts(); ++a) {
            hash = keccak256(abi.encode(hash, exchange.accountAt(a), exchange.positionAt(M, a)));
        }
        MarketView memory market = exchange.marketAt(M);
        market.sequence = 0; // a call more is an event more
        hash = keccak256(abi.encode(hash, market, exchange.insuranceBalance(), exchange.keeperReserve()));
    }

    function _checkAll() internal view {
        _checkVault();
        _checkPot(M);
        _checkCorridor(M);
        _checkIndex(M);
        _checkBook(M);
    }

    function _setMark(uint256 tick) internal {
        feeds[0].setAnswer(int256(tick * 1e7));
    }

    function _id(uint256 actor) internal view returns (uint32) {
        return uint32(exchange.accountOf(address(crowd.members(actor))));
    }

    /// @notice `buyer` takes from `seller` at `tick`.
    function _trade(uint256 buyer, uint256 seller, uint256 tick, uint256 lots, uint8 leverage) internal {
        _order(seller, false, tick, lots, seller == 0 ? 1 : leverage, TimeInForce.GoodTilCancelled);
        _order(buyer, true, tick, lots, buyer == 0 ? 1 : leverage, TimeInForce.ImmediateOrCancel);
    }

    function _order(
        uint256 actor,
        bool isBid,
        uint256 tick,
        uint256 lots,
        uint8 leverage,
        TimeInForce timeInForce
    ) internal {
        OrderRequest memory request = OrderRequest({
            market: uint32(M),
            isBid: isBid,
            tick: uint24(tick),
            lots: uint40(lots),
            timeInForce: timeInForce,
            selfTrade: SelfTrade.CancelResting,
            reduceOnly: false,
            leverage: leverage,
            expiry: 0,
            maxSteps: 64,
            clientId: 0
        });
        crowd.run(actor, abi.encodeCall(IExchange.placeOrder, request));
    }
}
