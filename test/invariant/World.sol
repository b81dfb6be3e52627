// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Exchange} from "../../contracts/Exchange.sol";
import {
    DeleverageLimits,
    IExchange,
    OrderRequest,
    QueueEntry,
    TimeInForce
} from "../../contracts/interfaces/IExchange.sol";
import {Counterparties} from "../../contracts/liquidation/Counterparties.sol";
import {LiquidationPlan} from "../../contracts/liquidation/LiquidationPlan.sol";
import {Crowd} from "../../contracts/mocks/Crowd.sol";
import {MockAggregator} from "../../contracts/mocks/MockAggregator.sol";
import {Grid} from "../../contracts/risk/Grid.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {RankScore} from "../../contracts/risk/RankScore.sol";
import {MarketContext} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {InsuranceFund} from "../../contracts/vault/InsuranceFund.sol";
import {Catalogue} from "../utils/Catalogue.sol";

/**
 * Eight actors over two markets who trade, move the price, let time pass, and clear. Every action may fail, but only with an error
 * of the exchange's own; every action that succeeds is checked against what it promises.
 */
contract World is Catalogue {
    using Margin for Position;
    using LiquidationPlan for Position;

    uint256 private constant ACTORS = 8;
    bytes4 private constant PANIC = 0x4e487b71;

    // what happened, so that a run that never reached a stage can be seen
    uint256 public trades;
    uint256 public liquidations;
    uint256 public deleverages;
    uint256 public rejectedLists;

    /// @notice Takes over a deployed exchange. (Deployed by the test, because the runner knows no contract that links libraries.)
    constructor(Exchange exchange_, InsuranceFund fund_, Crowd crowd_, MockAggregator[2] memory feeds_) {
        (exchange, fund, crowd, feeds) = (exchange_, fund_, crowd_, feeds_);
        collateral = crowd_.collateral();
        collateral.mint(address(this), 1e18);
        collateral.approve(address(fund), type(uint256).max);
        for (uint256 i; i < ACTORS; ++i) crowd.join(uint128(100_000e6));
        fund.deposit(20e6, address(this));
    }

    // ------------------------------------------------------------------------------------------------ actions

    function trade(uint256 actor, uint256 market, uint256 offset, uint256 lots, uint256 mode) external {
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
            reduceOnly: mode & 28 == 28,
            leverage: uint8(mode & 128 == 0 ? 50 : _bound(mode >> 8, 1, 50)),
            expiry: mode & 96 == 96 ? uint32(block.timestamp + 5) : 0,
            maxSteps: uint16(_bound(mode >> 16, 1, 12)),
            clientId: uint64(mode)
        });
        if (_act(actor, abi.encodeCall(IExchange.placeOrder, request))) ++trades;
    }

    /// @dev Mostly small steps, sometimes a gap between −90 % and +900 %.
    function movePrice(uint256 market, uint256 move) external {
        uint256 m = _market(market);
        (, int256 answer, , , ) = feeds[m - 1].latestRoundData();
        uint256 price = uint256(answer);
        if (move % 16 == 0) price = (price * _bound(move >> 8, 10, 1_000)) / 100;
        else if (move % 8 < 7) price = (price * _bound(move >> 8, 9_930, 10_070)) / 10_000;
        else price = (price * _bound(move >> 8, 970, 1_030)) / 1_000;
        uint256 initial = m == 1 ? 100_000e8 : 4_000e8;
        feeds[m - 1].setAnswer(int256(_clamp(price, initial / 1_000, initial * 1_000)));
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

    function cancel(uint256 actor, uint256 market) external {
        _act(actor, abi.encodeCall(IExchange.cancelAll, (_market(market))));
    }

    function moveMargin(uint256 actor, uint256 market, uint256 amount, bool add) external {
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

    function stake(uint256 amount) external {
        fund.deposit(_bound(amount, 1, 100e6), address(this));
    }

    function liquidate(uint256 actor, uint256 market, uint256 steps) external {
        uint256 m = _market(market);
        uint256 account = _account(actor);
        (bool priced, MarketContext memory ctx) = _context(m);
        Position memory before = exchange.positionAt(m, account);
        try exchange.liquidate(m, account, _bound(steps, 1, 64)) returns (uint256 lots) {
            ++liquidations;
            _check(priced && !before.isBankrupt(ctx) && before.isBelowMaintenance(ctx), "LIQ-1");
            Position memory p = exchange.positionAt(m, account);
            _check(p.size() + lots == before.size(), "LIQ-1");
            uint256 planned = before.closeSize(ctx, 64);
            if (lots >= planned && p.lots != 0) {
                int256 target = int256(p.size() * ctx.price * ctx.config.targetRate);
                _check(p.equityX16(ctx.price, ctx.funding) * 1_000_000 >= target, "LIQ-1");
            }
        } catch (bytes memory reason) {
            _requireOwnError(reason);
        }
    }

    /// @dev The queue with a hole or a swap in it, or whole; whatever is accepted must be the true top of the ranking.
    function deleverage(uint256 market, uint256 nominee, uint256 shape) external {
        uint256 m = _market(market);
        (bool priced, MarketContext memory ctx) = _context(m);
        if (!priced) return;
        uint256 named = _account(nominee);
        (uint256 bankrupt, int256 price) = exchange.bankruptAccount(m, named);
        uint32[] memory list;
        QueueEntry[] memory queue;
        if (bankrupt != 0 && shape & 3 != 0) {
            bool isLong = exchange.positionAt(m, bankrupt).lots > 0;
            queue = exchange.adlQueue(m, isLong, price, ACTORS + 2);
            _requireBestFirst(m, ctx, !isLong, price, queue);
            list = _distort(queue, shape);
        }
        bool[] memory quiet = _withoutOrders(m);
        uint256[] memory frees = new uint256[](quiet.length);
        for (uint256 a = 1; a < quiet.length; ++a) if (quiet[a]) frees[a] = exchange.accountAt(a).free;
        try exchange.autoDeleverage(m, list, _limits(named, 1 + ((shape >> 8) % 4))) returns (uint256) {
            _check(bankrupt != 0, "SOLV-4");
            ++deleverages;
            for (uint256 a = 1; a <= _accounts(); ++a) _check(exchange.accountAt(a).free >= frees[a], "SOLV-7");
            if (list.length != 0) _requireNothingSkipped(m, queue, quiet);
        } catch (bytes memory reason) {
            if (list.length != 0) ++rejectedLists;
            _requireOwnError(reason);
        }
    }

    // ------------------------------------------------------------------------------------------------ checks

    function checkMoney() external view {
        _checkVault();
        for (uint256 m = 1; m <= MARKETS; ++m) _checkPot(m);
    }

    function checkCorridor() external view {
        for (uint256 m = 1; m <= MARKETS; ++m) {
            _checkCorridor(m);
            _checkGate(m);
        }
    }

    function checkIndex() external view {
        for (uint256 m = 1; m <= MARKETS; ++m) _checkIndex(m);
    }

    function checkBook() external view {
        for (uint256 m = 1; m <= MARKETS; ++m) _checkBook(m);
    }

    /// @notice From here, calls that anyone can make end with no bankrupt position and nobody below zero.
    function checkResolvable() external {
        for (uint256 m = 1; m <= MARKETS; ++m) {
            _refresh(m - 1);
            for (uint256 i; i < 200; ++i) {
                uint32[] memory none;
                if (!exchange.poke(m)) break;
                exchange.autoDeleverage(m, none, _limits(0, 8));
            }
            for (uint256 a = 1; a <= _accounts(); ++a) _resolve(m, a);
            _checkPot(m);
            _checkCorridor(m);
        }
        _checkVault();
    }

    function _resolve(uint256 m, uint256 account) private {
        (, MarketContext memory ctx) = _context(m);
        for (uint256 i; i < 200 && exchange.positionAt(m, account).isBankrupt(ctx); ++i) {
            uint32[] memory none;
            exchange.autoDeleverage(m, none, _limits(account, 8));
        }
        _check(!exchange.positionAt(m, account).isBankrupt(ctx), "SOLV-7");
    }

    /// @dev The view's order is that of a brute force over all positions.
    function _requireBestFirst(
        uint256 m,
        MarketContext memory ctx,
        bool isLong,
        int256 price,
        QueueEntry[] memory queue
    ) private view {
        RankScore.Params memory params = Counterparties.eligibility(ctx, isLong, price);
        uint256 eligible;
        for (uint256 a = 1; a <= _accounts(); ++a) {
            (bool counts, uint256 score, uint256 cell) = _placeOf(m, params, a);
            if (!counts) continue;
            ++eligible;
            uint256 better = _countBetter(m, params, score, cell);
            // exact up to the cell; inside a cell the place is FIFO
            _check(queue.length > better && queue[better].score == score, "IDX-2");
        }
        _check(queue.length == eligible, "IDX-2");
    }

    function _countBetter(
        uint256 m,
        RankScore.Params memory params,
        uint256 score,
        uint256 cell
    ) private view returns (uint256 better) {
        for (uint256 b = 1; b <= _accounts(); ++b) {
            (bool counts, uint256 s, uint256 c) = _placeOf(m, params, b);
            if (counts && (s > score || (s == score && c < cell))) ++better;
        }
    }

    function _placeOf(
        uint256 m,
        RankScore.Params memory params,
        uint256 account
    ) private view returns (bool counts, uint256 score, uint256 cell) {
        Position memory p = exchange.positionAt(m, account);
        if (p.lots == 0 || (p.lots > 0) != params.isLong) return (false, 0, 0);
        (uint256 u, uint256 v) = p.cell(params.base);
        if (u >= params.uLimit || v < params.vMin) return (false, 0, 0);
        return (true, RankScore.score(params, u, v), Grid.cellOf(u, v));
    }

    /// @dev Whoever was taken must be a prefix of the queue: nobody before a taken entry may have kept a position untouched.
    function _requireNothingSkipped(uint256 m, QueueEntry[] memory queue, bool[] memory quiet) private view {
        bool gap;
        for (uint256 i; i < queue.length; ++i) {
            if (!quiet[queue[i].account]) continue;
            Position memory p = exchange.positionAt(m, queue[i].account);
            bool touched = p.size() != queue[i].lots;
            _check(!(gap && touched), "IDX-2");
            if (p.lots != 0) gap = true;
        }
    }

    /// @dev Accounts that no sweep of the book can change.
    function _withoutOrders(uint256 m) private view returns (bool[] memory quiet) {
        quiet = new bool[](_accounts() + 1);
        for (uint256 a = 1; a < quiet.length; ++a) quiet[a] = exchange.orderMarginAt(m, a).orderIds.length == 0;
    }

    // ------------------------------------------------------------------------------------------------ plumbing

    function _distort(QueueEntry[] memory queue, uint256 shape) private pure returns (uint32[] memory list) {
        uint256 n = queue.length;
        if (n == 0) return list;
        bool hole = shape & 3 == 2 && n > 1;
        uint256 place = (shape >> 2) % n;
        list = new uint32[](hole ? n - 1 : n);
        uint256 k;
        for (uint256 i; i < n; ++i) if (!hole || i != place) list[k++] = queue[i].account;
        if (shape & 3 == 3 && n > 1) (list[place], list[(place + 1) % n]) = (list[(place + 1) % n], list[place]);
    }

    function _limits(uint256 nominee, uint256 count) private pure returns (DeleverageLimits memory) {
        return
            DeleverageLimits({
                maxSteps: 64,
                maxCounterparties: uint16(count),
                nominee: uint32(nominee),
                deadline: 0,
                minPrice: type(int128).min,
                maxPrice: type(int128).max
            });
    }

    function _act(uint256 actor, bytes memory call) private returns (bool) {
        try crowd.run(actor % ACTORS, call) {
            return true;
        } catch (bytes memory reason) {
            _requireOwnError(reason);
            return false;
        }
    }

    /// @dev A panic or an empty revert is a bug, whatever the input was.
    function _requireOwnError(bytes memory reason) private pure {
        require(reason.length >= 4 && bytes4(reason) != PANIC, "GAS-1: panic or out of gas");
    }

    function _refresh(uint256 i) private {
        (, int256 answer, , , ) = feeds[i].latestRoundData();
        feeds[i].setAnswer(answer);
    }

    function _market(uint256 x) private pure returns (uint256) {
        return 1 + (x % MARKETS);
    }

    function _account(uint256 actor) private view returns (uint256) {
        return exchange.accountOf(address(crowd.members(actor % ACTORS)));
    }

    function _markTick(uint256 m) private view returns (uint256) {
        (bool priced, MarketContext memory ctx) = _context(m);
        return priced ? ctx.price / (uint256(ctx.config.tickValue) << 16) : 0;
    }

    function _clamp(uint256 x, uint256 low, uint256 high) private pure returns (uint256) {
        return
            x < low
                ? low
                : x > high
                    ? high
                    : x;
    }
}
