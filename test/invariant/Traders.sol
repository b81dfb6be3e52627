// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    IExchange,
    OrderMarginView,
    OrderRequest,
    SelfTrade,
    TimeInForce
} from "../../contracts/interfaces/IExchange.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {MarketContext} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {Catalogue} from "../utils/Catalogue.sol";

/**
 * Eight actors over two markets who trade, move margin and stake, while the price moves and time passes. Every action may fail, but
 * only with an error of the exchange's own.
 */
abstract contract Traders is Catalogue {
    using Margin for Position;

    uint256 internal constant ACTORS = 8;
    uint256 private constant GAS_CAP = 16_777_216;
    bytes4 private constant PANIC = 0x4e487b71;

    /// @dev Lists markets and lowers guardian levels: the test that deployed the exchange.
    address internal admin;

    uint256 public trades;
    uint256 public rested;
    uint256 public stakes;
    uint256 public unstakings;

    /// @dev FUND-1: whatever happens, settlement leaves its roundings in the pot. Forced payouts may take back less than an atom each.
    modifier keepsDust(int256 atoms) {
        int256[MARKETS] memory before;
        for (uint256 i; i < MARKETS; ++i) before[i] = _dust(i + 1);
        _;
        for (uint256 i; i < MARKETS; ++i) _check(_dust(i + 1) >= before[i] - (atoms << 16), "FUND-1");
    }

    // ------------------------------------------------------------------------------------------------ actions

    function trade(uint256 actor, uint256 market, uint256 offset, uint256 lots, uint256 mode) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 mark = _markTick(m);
        if (mark == 0) return;
        bool isBid = mode & 1 == 0;
        // within ±0.5 % of the mark, more often crossing than not
        uint256 tick = (mark * (9_950 + _bound(offset, 0, 100))) / 10_000;
        OrderRequest memory request = OrderRequest({
            market: uint32(m),
            isBid: isBid,
            tick: uint24(tick == 0 ? 1 : tick),
            lots: uint40(_bound(lots, 1, 3_000)),
            timeInForce: mode & 2 == 0 ? TimeInForce.GoodTilCancelled : TimeInForce.ImmediateOrCancel,
            selfTrade: SelfTrade.CancelResting, // the others, and the other lives of an order, are in Orders.batch
            reduceOnly: mode & 28 == 28,
            leverage: uint8(mode & 128 == 0 ? 50 : _bound(mode >> 8, 0, 50)), // 0: the account's setting
            expiry: mode & 96 == 96 ? uint32(block.timestamp + 5) : 0,
            maxSteps: uint16(_bound(mode >> 16, 1, 12)),
            clientId: uint64(mode)
        });
        if (_act(actor, abi.encodeCall(IExchange.placeOrder, request))) ++trades;
    }

    /// @dev BOOK-2, equality: an order that meets nobody adds to its side what it needs, and takes the growth from free collateral.
    function rest(uint256 actor, uint256 market, uint256 offset, uint256 lots, uint256 leverage) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 mark = _markTick(m);
        OrderRequest memory r;
        r.isBid = offset & 1 == 0;
        uint256 best = exchange.nextTick(m, !r.isBid, r.isBid ? 0 : type(uint24).max);
        uint256 tick = (mark * (r.isBid ? 10_000 - _bound(offset, 0, 400) : 10_000 + _bound(offset, 0, 400))) / 10_000;
        if (tick == 0 || tick > type(uint24).max || (best != 0 && (r.isBid ? tick >= best : tick <= best))) return;
        (r.market, r.tick, r.lots) = (uint32(m), uint24(tick), uint40(_bound(lots, 1, 3_000)));
        (r.leverage, r.maxSteps) = (uint8(_bound(leverage, 1, 50)), 1);
        uint256 account = _account(actor);
        OrderMarginView memory before = exchange.orderMarginAt(m, account);
        uint256 free = exchange.accountAt(account).free;
        if (!_act(actor, abi.encodeCall(IExchange.placeOrder, r))) return;
        ++rested;
        OrderMarginView memory held = exchange.orderMarginAt(m, account);
        uint256 needed = (r.lots * tick * exchange.marketConfig(m).tickValue + r.leverage - 1) / r.leverage;
        _check(held.bidReserve == before.bidReserve + (r.isBid ? needed : 0), "BOOK-2");
        _check(held.askReserve == before.askReserve + (r.isBid ? 0 : needed), "BOOK-2");
        free += before.bidReserve > before.askReserve ? before.bidReserve : before.askReserve;
        free -= held.bidReserve > held.askReserve ? held.bidReserve : held.askReserve;
        _check(exchange.accountAt(account).free == free, "BOOK-2");
    }

    /// @dev Mostly small steps, sometimes a gap between −90 % and +900 %.
    function movePrice(uint256 market, uint256 move) external {
        uint256 m = _market(market);
        (, int256 answer) = _answer(m);
        uint256 price = uint256(answer);
        if (move % 16 == 0) return _gap(m, move >> 8);
        if (move % 8 < 7) price = (price * _bound(move >> 8, 9_930, 10_070)) / 10_000;
        else price = (price * _bound(move >> 8, 970, 1_030)) / 1_000;
        _setPrice(m, price);
    }

    /// @dev Moves the price to where the actor's equity is 0.7 % of its notional: below maintenance, not bankrupt.
    function scare(uint256 actor, uint256 market) external {
        uint256 m = _market(market);
        Position memory p = exchange.positionAt(m, _account(actor));
        if (p.lots == 0 || p.bankruptcyPrice() <= 0) return;
        uint256 price = uint256(p.bankruptcyPrice());
        price = p.lots > 0 ? (price * 1_000) / 993 : (price * 1_000) / 1_007;
        // X16 quote atoms per lot to an answer with 8 decimals
        uint256 answer = (price * exchange.marketConfig(m).lotsPerUnit * 100) >> 16;
        if (answer != 0 && answer < 1e18) feeds[m - 1].setAnswer(int256(answer));
    }

    function passTime(uint256 time) external {
        vm.warp(block.timestamp + _bound(time, 1, 70));
        if (time % 4 != 0) for (uint256 i; i < MARKETS; ++i) _refresh(i);
    }

    function cancel(uint256 actor, uint256 market) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 account = _account(actor);
        OrderMarginView memory held = exchange.orderMarginAt(m, account);
        uint256 free = exchange.accountAt(account).free;
        _check(_act(actor, abi.encodeCall(IExchange.cancelAll, (m))), "BOOK-2");
        // what the orders held comes back, all of it
        free += held.bidReserve > held.askReserve ? held.bidReserve : held.askReserve;
        _check(exchange.accountAt(account).free == free, "BOOK-2");
        held = exchange.orderMarginAt(m, account);
        _check(held.orderIds.length == 0 && held.bidReserve == 0 && held.askReserve == 0, "BOOK-2");
    }

    function moveMargin(uint256 actor, uint256 market, uint256 amount, bool add) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 atoms = _bound(amount, 1, 5_000e6);
        if (add) _act(actor, abi.encodeCall(IExchange.addMargin, (m, atoms)));
        else _act(actor, abi.encodeCall(IExchange.removeMargin, (m, atoms)));
    }

    function withdraw(uint256 actor, uint256 amount) external {
        uint256 free = exchange.accountAt(_account(actor)).free;
        if (free == 0) return;
        bytes memory call = abi.encodeCall(IExchange.withdraw, (_bound(amount, 1, free), address(0xdead)));
        _check(_act(actor, call), "SOLV-5");
    }

    function close(uint256 actor, uint256 market, uint256 steps) external keepsDust(0) {
        uint256 m = _market(market);
        bool isLong = exchange.positionAt(m, _account(actor)).lots > 0;
        uint256 limit = isLong ? 1 : type(uint24).max;
        _act(actor, abi.encodeCall(IExchange.closePosition, (m, limit, _bound(steps, 1, 12))));
    }

    function preset(uint256 actor, uint256 market, uint256 leverage, uint256 trigger, uint256 maximum) external {
        uint256 m = _market(market);
        _act(actor, abi.encodeCall(IExchange.setLeverage, (m, _bound(leverage, 1, 50))));
        _act(actor, abi.encodeCall(IExchange.setTopUp, (m, _bound(trigger, 0, 20_000), _bound(maximum, 0, 10_000e6))));
    }

    function stake(uint256 amount) external {
        fund.deposit(_bound(amount, 1, 100e6), address(this));
        ++stakes;
    }

    /// @dev Announces, waits for the cooldown and takes out what may leave then.
    function unstake(uint256 part) external {
        uint256 shares = fund.balanceOf(address(this)) / _bound(part, 2, 10);
        fund.requestRedeem(shares);
        vm.warp(block.timestamp + 3 days + 1);
        for (uint256 i; i < MARKETS; ++i) if (part % 3 != 0) _refresh(i);
        uint256 redeemable = fund.maxRedeem(address(this));
        if (redeemable == 0) return;
        uint256 claim = fund.totalAssets();
        uint256 assets = fund.redeem(redeemable, address(0xdead), address(this));
        _check(fund.totalAssets() == claim - assets, "SOLV-1");
        ++unstakings;
    }

    // ------------------------------------------------------------------------------------------------ plumbing

    function _act(uint256 actor, bytes memory call) internal returns (bool) {
        uint256 gas = gasleft();
        try crowd.run(actor % ACTORS, call) {
            _requireUnderCap(gas);
            return true;
        } catch (bytes memory reason) {
            _requireOwnError(reason);
            return false;
        }
    }

    function _requireUnderCap(uint256 gasBefore) internal view {
        _check(gasBefore - gasleft() < GAS_CAP, "GAS-1");
    }

    /// @dev A panic or an empty revert is a bug, whatever the input was.
    function _requireOwnError(bytes memory reason) internal pure {
        require(reason.length >= 4 && bytes4(reason) != PANIC, "GAS-1: panic or out of gas");
    }

    /// @dev Between −90 % and +900 %.
    function _gap(uint256 m, uint256 size) internal {
        (, int256 answer) = _answer(m);
        _setPrice(m, (uint256(answer) * _bound(size, 10, 1_000)) / 100);
    }

    /// @dev Within a thousandfold of where the market was listed.
    function _setPrice(uint256 m, uint256 answer) internal {
        uint256 initial = m == 1 ? 100_000e8 : 4_000e8;
        feeds[m - 1].setFailing(false);
        feeds[m - 1].setAnswer(int256(_clamp(answer, initial / 1_000, initial * 1_000)));
    }

    function _answer(uint256 m) private returns (uint80 round, int256 answer) {
        feeds[m - 1].setFailing(false);
        (round, answer, , , ) = feeds[m - 1].latestRoundData();
    }

    function _refresh(uint256 i) internal {
        feeds[i].setFailing(false);
        (, int256 answer, , , ) = feeds[i].latestRoundData();
        feeds[i].setAnswer(answer);
    }

    function _market(uint256 x) internal pure returns (uint256) {
        return 1 + (x % MARKETS);
    }

    function _account(uint256 actor) internal view returns (uint256) {
        return exchange.accountOf(address(crowd.members(actor % ACTORS)));
    }

    function _markTick(uint256 m) internal view returns (uint256) {
        (bool priced, MarketContext memory ctx) = _context(m);
        return priced ? ctx.price / (uint256(ctx.config.tickValue) << 16) : 0;
    }

    function _clamp(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        return
            x < low
                ? low
                : x > high
                    ? high
                    : x;
    }
}
