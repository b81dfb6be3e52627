// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    DeleverageLimits,
    IExchange,
    MarketView,
    OrderMarginView,
    OrderRequest,
    SelfTrade,
    TimeInForce
} from "../../contracts/interfaces/IExchange.sol";
import {Grid} from "../../contracts/risk/Grid.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {MarketContext} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {Catalogue} from "../utils/Catalogue.sol";

/**
 * Retirement of random markets: everybody is paid his equity at the final price, rounded down, whoever settles whom in which order.
 * Fourteen accounts trade on both sides with every safeguard on, funding accrues, orders rest; in every other market the price ends in
 * the very cell of a position's bankruptcy price, beyond it by a fraction.
 */
contract RetirementTest is Catalogue {
    using Margin for Position;

    uint256 private constant ACTORS = 14;
    uint256 private constant M = 1;
    uint256 private constant STEPS = 24;
    uint128 private constant DEPOSIT = 100_000e6;
    uint256 private _state;

    function setUp() external {
        _deploy(true);
        for (uint256 i; i < ACTORS; ++i) crowd.join(DEPOSIT);
    }

    function testFuzz_EverybodyIsPaidInFull(uint256 seed) external {
        _state = seed;
        _history();
        _clear();
        if (seed % 2 == 0) _enterCell();
        _refresh();
        if (exchange.poke(M)) _clear(); // time passed in the cell: funding may have moved it out
        exchange.retireMarket(M);
        _settleAll();
        _withdrawAll();
    }

    /// @notice The case that the cell is there for, for certain: a long, then a short, bankrupt by a fraction of a tick.
    function test_BankruptByAFractionOfATick() external {
        for (uint256 side; side < 2; ++side) {
            uint256 snapshot = vm.snapshotState();
            uint256 mark = _markTick();
            _order(side == 0 ? 1 : 0, false, mark, 1_000, side == 0 ? 2 : 50, TimeInForce.GoodTilCancelled);
            _order(side == 0 ? 0 : 1, true, mark, 1_000, side == 0 ? 50 : 2, TimeInForce.ImmediateOrCancel);
            _order(4, false, mark, 500, 3, TimeInForce.GoodTilCancelled);
            _order(3, true, mark, 500, 3, TimeInForce.ImmediateOrCancel);
            uint256 account = _account(0);
            _check(exchange.positionAt(M, account).lots == (side == 0 ? int256(1_000) : -1_000), "set-up");
            vm.warp(block.timestamp + 60);
            require(_enterCell() == account, "another one is nearer");
            (, MarketContext memory ctx) = _context(M);
            require(exchange.positionAt(M, account).isBankrupt(ctx), "not bankrupt");
            exchange.retireMarket(M);
            int256 finalPrice = exchange.marketAt(M).finalPrice;
            require(side == 0 ? finalPrice > ctx.adjusted : finalPrice < ctx.adjusted, "the price did not move");
            // by less than a cell of 0.2 %
            require(_abs(finalPrice - ctx.adjusted) <= Grid.tickWidth(ctx.price, ctx.base), "by more than a cell");
            _settleAll();
            _withdrawAll();
            vm.revertToState(snapshot);
        }
    }

    // ------------------------------------------------------------------------------------------------ paying out

    function _settleAll() private {
        uint256 accounts = _accounts();
        int256 finalPrice = exchange.marketAt(M).finalPrice;
        uint256[] memory expected = new uint256[](accounts + 1);
        uint256 sum;
        for (uint256 a = 1; a <= accounts; ++a) {
            uint256 equity = _equity(exchange.positionAt(M, a), finalPrice);
            OrderMarginView memory held = exchange.orderMarginAt(M, a);
            uint256 reserve = held.bidReserve > held.askReserve ? held.bidReserve : held.askReserve;
            expected[a] = exchange.accountAt(a).free + equity + reserve;
            sum += equity;
        }
        uint256 pot = exchange.marketAt(M).pot;
        int256 dust = _dust(M);
        // in random order, in batches, some more than once, with accounts that do not exist
        while (exchange.marketAt(M).openInterest != 0 || _anyOpen(accounts)) {
            uint32[] memory batch = new uint32[](_random(1, 5));
            for (uint256 i; i < batch.length; ++i) batch[i] = uint32(_random(0, accounts + 2));
            exchange.settleRetired(M, batch);
        }
        for (uint256 a = 1; a <= accounts; ++a) _settleOne(a); // orders of accounts without a position
        for (uint256 a = 1; a <= accounts; ++a) _check(exchange.accountAt(a).free == expected[a], "paid in full");
        MarketView memory m = exchange.marketAt(M);
        _check(m.openInterest == 0 && m.longValue == 0 && m.bestBid == 0 && m.bestAsk == 0, "all closed");
        _check(m.pot == pot - sum, "the pot paid what was received");
        // what is left is the dust of before and less than an atom of each account
        int256 rest = (int256(m.pot) << 16) - dust;
        _check(rest >= 0 && rest < int256(accounts << 16) && m.pot >= 1e6, "seed and dust");
        _checkPot(M);
        _checkIndex(M);
        _checkVault();
    }

    /// @dev Independent of the contract's own arithmetic: lots·(P' + F₀) + margin − side·cost, rounded down. Nobody is below zero.
    function _equity(Position memory p, int256 finalPrice) private pure returns (uint256) {
        if (p.lots == 0) return 0;
        int256 side = p.lots > 0 ? int256(1) : int256(-1);
        int256 x16 = p.lots * (finalPrice + p.fundingIndex) + (p.margin - side * int256(p.cost)) * 65_536;
        _check(x16 >= 0, "nobody is below zero");
        return uint256(x16) / 65_536;
    }

    function _settleOne(uint256 account) private {
        uint32[] memory one = new uint32[](1);
        one[0] = uint32(account);
        exchange.settleRetired(M, one);
    }

    function _anyOpen(uint256 accounts) private view returns (bool) {
        for (uint256 a = 1; a <= accounts; ++a) if (exchange.positionAt(M, a).lots != 0) return true;
        return false;
    }

    function _withdrawAll() private {
        for (uint256 i; i < ACTORS; ++i) {
            uint256 free = exchange.accountAt(_account(i)).free;
            if (free != 0) crowd.run(i, abi.encodeCall(IExchange.withdraw, (free, address(0xdead))));
        }
        uint256 left = exchange.insuranceBalance() + exchange.keeperReserve() + exchange.treasury();
        for (uint256 m = 1; m <= MARKETS; ++m) left += exchange.marketAt(m).pot;
        _check(collateral.balanceOf(address(exchange)) == left, "everybody has withdrawn everything");
    }

    // ------------------------------------------------------------------------------------------------ history

    function _history() private {
        for (uint256 i; i < STEPS; ++i) {
            vm.warp(block.timestamp + _random(1, 40));
            _move(_random(9_960, 10_040));
            if (exchange.poke(M)) _clear();
            uint256 mark = _markTick();
            uint256 tick = (mark * _random(9_970, 10_030)) / 10_000;
            bool isBid = _random(0, 1) == 0;
            uint256 lots = _random(100, 3_000);
            _order(_random(0, ACTORS - 1), isBid, tick, lots, _random(1, 45), TimeInForce.GoodTilCancelled);
            _order(_random(0, ACTORS - 1), !isBid, tick, lots, _random(1, 45), TimeInForce.ImmediateOrCancel);
            if (i % 8 == 0) _act(_random(0, ACTORS - 1), abi.encodeCall(IExchange.addMargin, (M, _random(1, 50e6))));
        }
    }

    /// @dev The waterfall, by anyone, until nobody is bankrupt.
    function _clear() private {
        uint32[] memory none;
        for (uint256 i; i < 200 && exchange.poke(M); ++i) exchange.autoDeleverage(M, none, _limits());
        require(!exchange.poke(M), "SOLV-7");
    }

    /// @dev Moves the price to where the position nearest to bankruptcy is past it by less than a step of the feed.
    function _enterCell() private returns (uint256 nearest) {
        (, MarketContext memory ctx) = _context(M);
        int256 best = type(int256).max;
        int256 at;
        for (uint256 a = 1; a <= _accounts(); ++a) {
            Position memory p = exchange.positionAt(M, a);
            if (p.lots == 0) continue;
            int256 b = p.normalisedBankruptcyPrice();
            if (_abs(ctx.adjusted - b) >= uint256(best)) continue;
            (best, nearest, at) = (int256(_abs(ctx.adjusted - b)), a, b);
        }
        if (nearest == 0) return 0;
        int256 price = at + ctx.funding;
        if (price <= 0) return 0;
        uint256 answer = (uint256(price) * exchange.marketConfig(M).lotsPerUnit * 100) >> 16;
        // a step of the price is fifteen of the feed
        if (exchange.positionAt(M, nearest).lots < 0) answer += 40;
        else answer -= answer < 20 ? 0 : 20;
        feeds[M - 1].setAnswer(int256(answer));
    }

    function _move(uint256 factor) private {
        (, int256 answer, , , ) = feeds[M - 1].latestRoundData();
        feeds[M - 1].setAnswer((answer * int256(factor)) / 10_000);
    }

    function _refresh() private {
        (, int256 answer, , , ) = feeds[M - 1].latestRoundData();
        feeds[M - 1].setAnswer(answer);
    }

    function _order(
        uint256 actor,
        bool isBid,
        uint256 tick,
        uint256 lots,
        uint256 leverage,
        TimeInForce timeInForce
    ) private {
        OrderRequest memory request = OrderRequest({
            market: uint32(M),
            isBid: isBid,
            tick: uint24(tick),
            lots: uint40(lots),
            timeInForce: timeInForce,
            selfTrade: SelfTrade.CancelResting,
            reduceOnly: false,
            leverage: uint8(leverage),
            expiry: 0,
            maxSteps: 64,
            clientId: 0
        });
        _act(actor, abi.encodeCall(IExchange.placeOrder, request));
    }

    /// @dev A refusal is an answer, too.
    function _act(uint256 actor, bytes memory call) private {
        try crowd.run(actor, call) {} catch (bytes memory reason) {
            require(reason.length >= 4 && bytes4(reason) != 0x4e487b71, "panic or out of gas");
        }
    }

    function _limits() private pure returns (DeleverageLimits memory) {
        return
            DeleverageLimits({
                maxSteps: 64,
                maxCounterparties: 16,
                nominee: 0,
                deadline: 0,
                minPrice: type(int128).min,
                maxPrice: type(int128).max
            });
    }

    function _markTick() private view returns (uint256) {
        (, MarketContext memory ctx) = _context(M);
        return ctx.price / (uint256(ctx.config.tickValue) << 16);
    }

    function _account(uint256 actor) private view returns (uint256) {
        return exchange.accountOf(address(crowd.members(actor)));
    }

    function _random(uint256 low, uint256 high) private returns (uint256) {
        _state = uint256(keccak256(abi.encode(_state)));
        return _bound(_state, low, high);
    }

    function _abs(int256 x) private pure returns (uint256) {
        return uint256(x < 0 ? -x : x);
    }
}
