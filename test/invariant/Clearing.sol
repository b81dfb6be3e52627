// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DeleverageLimits, QueueEntry} from "../../contracts/interfaces/IExchange.sol";
import {IExchangeEvents} from "../../contracts/interfaces/IExchangeEvents.sol";
import {Counterparties} from "../../contracts/liquidation/Counterparties.sol";
import {LiquidationPlan} from "../../contracts/liquidation/LiquidationPlan.sol";
import {Grid} from "../../contracts/risk/Grid.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {RankScore} from "../../contracts/risk/RankScore.sol";
import {MarketContext} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {Vm} from "../utils/Test.sol";
import {Before, Promises} from "./Promises.sol";

/// What anybody may do for a market: liquidate, deleverage, top up. Each call that succeeds is checked against what it promises.
abstract contract Clearing is Promises {
    using Margin for Position;
    using LiquidationPlan for Position;

    uint256 public liquidations;
    uint256 public deleverages;
    uint256 public coveredSweeps;
    uint256 public listedCloses;
    uint256 public pickedCloses;
    uint256 public principalCloses;
    uint256 public rejectedLists;
    uint256 public preventives;
    uint256 public topUps;
    uint256 public cuts;

    // ------------------------------------------------------------------------------------------------ actions

    function poke(uint256 market) external keepsDust(0) {
        uint256 m = _market(market);
        (bool priced, ) = _context(m);
        if (priced) {
            _pokeChecked(m);
            return;
        }
        try exchange.poke(m) {
            _check(false, "SOLV-4: judged without a price");
        } catch (bytes memory reason) {
            _requireOwnError(reason);
        }
    }

    function topUp(uint256 actor, uint256 market) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 account = _account(actor);
        (, MarketContext memory ctx) = _context(m);
        Position memory before = exchange.positionAt(m, account);
        uint256 gas = gasleft();
        try exchange.topUp(m, account) returns (uint256 amount) {
            _requireUnderCap(gas);
            ++topUps;
            Position memory p = exchange.positionAt(m, account);
            _check(p.lots == before.lots && amount >= 10e6, "topUp: lots, minimum");
            _check(p.equity(ctx) >= int256(Margin.initialMargin(ctx, p.size())), "topUp: initial margin");
        } catch (bytes memory reason) {
            _requireOwnError(reason);
        }
    }

    function liquidate(uint256 actor, uint256 market, uint256 steps) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 account = _account(actor);
        (bool priced, MarketContext memory ctx) = _context(m);
        Position memory before = exchange.positionAt(m, account);
        uint256 free = exchange.accountAt(account).free;
        uint256 gas = gasleft();
        uint256 budget = _bound(steps, 1, 64);
        try exchange.liquidate(m, account, budget) returns (uint256 lots) {
            _requireUnderCap(gas);
            ++liquidations;
            _check(priced && !before.isBankrupt(ctx) && before.isBelowMaintenance(ctx), "LIQ-1");
            _check(exchange.accountAt(account).free >= free, "SOLV-7");
            _requireLiquidated(m, ctx, account, before, lots, budget);
        } catch (bytes memory reason) {
            _requireOwnError(reason);
        }
    }

    /// @dev While the system margin ratio is low: at the mark, without a haircut for anybody.
    function prevent(uint256 actor, uint256 market, uint256 count) external keepsDust(64) {
        uint256 m = _market(market);
        uint256 account = _account(actor);
        (bool priced, MarketContext memory ctx) = _context(m);
        Before memory before = _before(m, ctx);
        Position memory p = exchange.positionAt(m, account);
        bool alone = exchange.nextTick(m, p.lots > 0, p.lots > 0 ? type(uint24).max : 0) == 0;
        uint256 gas = gasleft();
        try exchange.preventiveDeleverage(m, account, 64, _bound(count, 1, 4)) returns (uint256) {
            _requireUnderCap(gas);
            ++preventives;
            _check(priced && !p.isBankrupt(ctx) && p.isBelowMaintenance(ctx), "preventive: below maintenance");
            for (uint256 a = 1; a <= _accounts(); ++a) {
                if (before.quiet[a] && (a != account || alone)) _requireWhole(m, ctx, before, a);
                // nobody who was solvent is made bankrupt
                if (before.positions[a].isBankrupt(ctx)) continue;
                _check(!exchange.positionAt(m, a).isBankrupt(ctx), "SOLV-7: preventive");
            }
        } catch (bytes memory reason) {
            _requireOwnError(reason);
        }
    }

    /// @dev The queue with a hole or a swap in it, or whole; whatever is accepted must be the true top of the ranking.
    function deleverage(uint256 market, uint256 nominee, uint256 shape) external keepsDust(64) {
        uint256 m = _market(market);
        (bool priced, MarketContext memory ctx) = _context(m);
        if (!priced) return;
        uint256 named = _account(nominee);
        (uint256 bankrupt, int256 price) = exchange.bankruptAccount(m, named);
        uint32[] memory list;
        QueueEntry[] memory queue;
        if (bankrupt != 0) {
            bool isLong = exchange.positionAt(m, bankrupt).lots > 0;
            queue = exchange.adlQueue(m, isLong, price, ACTORS + 2);
            _requireBestFirst(m, ctx, !isLong, price, queue);
            if (shape & 3 != 0) list = _distort(queue, shape);
        }
        Before memory before = _before(m, ctx);
        if (bankrupt != 0) before.limitTick = _limitOf(m, ctx, before.positions[bankrupt]);
        vm.recordLogs();
        uint256 gas = gasleft();
        try exchange.autoDeleverage(m, list, _limits(named, 1 + ((shape >> 8) % 4))) returns (uint256) {
            _requireUnderCap(gas);
            _check(bankrupt != 0, "SOLV-4");
            ++deleverages;
            _requireNobodyPaid(before);
            _countStages(m, list.length != 0);
            _requireDeleveraged(m, ctx, before, bankrupt, queue);
            if (list.length != 0) _requireNothingSkipped(m, queue, before.quiet);
        } catch (bytes memory reason) {
            if (list.length != 0) ++rejectedLists;
            _requireOwnError(reason);
        }
    }

    /// @dev What the call did, by its events; and ADL-1 as the exchange itself reports it.
    function _countStages(uint256 m, bool listed) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (topic == IExchangeEvents.AutoDeleveraged.selector) {
                if (listed) ++listedCloses;
                else ++pickedCloses;
                (, , , , int256 pnl, , , ) = abi.decode(
                    logs[i].data,
                    (uint256, uint256, int256, uint256, int256, uint256, uint256, uint256)
                );
                // a waterfill rounds once a step
                _check(pnl >= (_isWaterfill(m) ? -STEPS : -1), "ADL-1");
            } else if (topic == IExchangeEvents.PrincipalClosed.selector) {
                ++principalCloses;
            } else if (topic == IExchangeEvents.BankruptcySwept.selector) {
                (, , uint256 cover, , , ) = abi.decode(
                    logs[i].data,
                    (uint256, uint256, uint256, uint256, uint256, uint256)
                );
                if (cover != 0) ++coveredSweeps;
            }
        }
    }

    /// @dev ADL-4: k counterparties in one call, or one after the other.
    function cut(uint256 market, uint256 k) external keepsDust(64) {
        uint256 m = _market(market);
        (bool priced, MarketContext memory ctx) = _context(m);
        if (!priced) return;
        (uint256 bankrupt, ) = exchange.bankruptAccount(m, 0);
        if (bankrupt == 0) return;
        uint256 n = _bound(k, 2, 4);
        uint32[] memory list = k & 16 == 0 ? new uint32[](0) : _topOf(m, bankrupt, n);
        uint256 id = vm.snapshotState();
        try exchange.autoDeleverage(m, list, _limits(0, n)) {} catch (bytes memory reason) {
            // the sweep of the book may have changed the ranking that the list was read from
            vm.deleteStateSnapshot(id);
            return _requireOwnError(reason);
        }
        if (_isWaterfill(m)) return _cutWater(m, bankrupt, ctx, n, id);
        bytes32 whole = _fingerprint(m);
        vm.revertToStateAndDelete(id);
        for (uint256 i; i < n && exchange.positionAt(m, bankrupt).isBankrupt(ctx); ++i) {
            uint32[] memory one = new uint32[](i < list.length ? 1 : 0);
            if (one.length != 0) one[0] = list[i];
            else if (list.length != 0) break;
            exchange.autoDeleverage(m, one, _limits(0, 1));
        }
        ++cuts;
        _check(_fingerprint(m) == whole, "ADL-4");
    }

    /// @dev Under the waterfill a call goes on as far as its list reaches, so the ends are compared: the list and then the rest, or the
    /// contract's own pick one by one.
    function _cutWater(uint256 m, uint256 bankrupt, MarketContext memory ctx, uint256 n, uint256 id) private {
        bool ended = _pickUntilResolved(m, bankrupt, ctx, n);
        bytes32 whole = _fingerprint(m);
        vm.revertToStateAndDelete(id);
        // a deep one takes many calls of one step; that they come to an end is SOLV-7's to check
        if (!ended || !_pickUntilResolved(m, bankrupt, ctx, 1)) return;
        ++cuts;
        _check(_fingerprint(m) == whole, "ADL-4");
    }

    function _pickUntilResolved(
        uint256 m,
        uint256 bankrupt,
        MarketContext memory ctx,
        uint256 n
    ) private returns (bool) {
        uint32[] memory none;
        for (uint256 i; i < 24; ++i) {
            if (!exchange.positionAt(m, bankrupt).isBankrupt(ctx)) return true;
            exchange.autoDeleverage(m, none, _limits(0, n));
        }
        return false;
    }

    function _topOf(uint256 m, uint256 bankrupt, uint256 n) private view returns (uint32[] memory list) {
        (, int256 price) = exchange.bankruptAccount(m, 0);
        QueueEntry[] memory queue = exchange.adlQueue(m, exchange.positionAt(m, bankrupt).lots > 0, price, n);
        list = new uint32[](queue.length);
        for (uint256 i; i < queue.length; ++i) list[i] = queue[i].account;
    }

    // ------------------------------------------------------------------------------------------------ the ranking

    /// What the rank of an eligible position follows from: first by `first` descending, then by `second` ascending, then FIFO.
    struct Place {
        bool counts;
        uint256 first;
        uint256 second;
        uint256 score; // as the view gives it
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
            Place memory place = _placeOf(m, params, a);
            if (!place.counts) continue;
            ++eligible;
            uint256 better = _countBetter(m, params, place);
            // exact up to the cell; inside a cell the place is FIFO
            _check(queue.length > better && queue[better].score == place.score, "IDX-2");
        }
        _check(queue.length == eligible, "IDX-2");
    }

    function _countBetter(
        uint256 m,
        RankScore.Params memory params,
        Place memory place
    ) private view returns (uint256 better) {
        for (uint256 b = 1; b <= _accounts(); ++b) {
            Place memory p = _placeOf(m, params, b);
            if (p.counts && (p.first > place.first || (p.first == place.first && p.second < place.second))) ++better;
        }
    }

    function _placeOf(
        uint256 m,
        RankScore.Params memory params,
        uint256 account
    ) private view returns (Place memory r) {
        Position memory p = exchange.positionAt(m, account);
        if (p.lots == 0 || (p.lots > 0) != params.isLong) return r;
        (uint256 u, uint256 v) = p.cell(params.base);
        if (u >= params.uLimit || v < params.vMin) return r;
        r.counts = true;
        if (_isWaterfill(m)) {
            (r.first, r.second) = (Grid.MAX - v, u);
            r.score = (params.price << 64) / RankScore.equity(params, v);
        } else {
            r.first = RankScore.score(params, u, v);
            (r.second, r.score) = (Grid.cellOf(u, v), r.first);
        }
    }

    /// @dev Whoever was taken must be a prefix of the queue: nobody before a taken entry may have kept a position untouched.
    function _requireNothingSkipped(uint256 m, QueueEntry[] memory queue, bool[] memory quiet) private view {
        bool gap;
        for (uint256 i; i < queue.length; ++i) {
            if (!quiet[queue[i].account]) continue;
            Position memory p = exchange.positionAt(m, queue[i].account);
            bool touched = p.size() != queue[i].lots;
            _check(!(gap && touched), "IDX-2");
            // a waterfill leaves everybody whom it takes something
            if (_isWaterfill(m) ? !touched : p.lots != 0) gap = true;
        }
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

    function _limits(uint256 nominee, uint256 count) internal pure returns (DeleverageLimits memory) {
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
}
