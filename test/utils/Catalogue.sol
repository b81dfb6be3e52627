// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange, MarketView, OrderMarginView} from "../../contracts/interfaces/IExchange.sol";
import {Grid} from "../../contracts/risk/Grid.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {MarketConfig} from "../../contracts/types/MarketConfig.sol";
import {MarketContext} from "../../contracts/types/MarketContext.sol";
import {Order} from "../../contracts/types/Order.sol";
import {Position} from "../../contracts/types/Position.sol";
import {ExchangeTest} from "./ExchangeTest.sol";

/**
 * The invariant catalogue of the design, recomputed from raw state by brute force over all accounts. The id is the message.
 */
abstract contract Catalogue is ExchangeTest {
    using Margin for Position;

    int256 private constant ONE = 1 << 16;

    function _accounts() internal view returns (uint256) {
        return exchange.accountCount();
    }

    // ------------------------------------------------------------------------------------------------ SOLV

    /// @dev Tokens sent to the exchange without a deposit, quote atoms.
    uint256 internal donated;

    /// @dev What the vault holds beyond all claims is exactly what was sent to it without a deposit.
    function _checkVault() internal view {
        uint256 sum = exchange.insuranceBalance() + exchange.keeperReserve() + exchange.treasury();
        for (uint256 a = 1; a <= _accounts(); ++a) sum += exchange.accountAt(a).free;
        for (uint256 m = 1; m <= MARKETS; ++m) {
            sum += exchange.marketAt(m).pot;
            for (uint256 a = 1; a <= _accounts(); ++a) {
                OrderMarginView memory held = exchange.orderMarginAt(m, a);
                sum += held.bidReserve > held.askReserve ? held.bidReserve : held.askReserve;
            }
        }
        _check(collateral.balanceOf(address(exchange)) == sum + donated, "SOLV-1");
    }

    function _checkPot(uint256 m) internal view {
        MarketView memory market = exchange.marketAt(m);
        int256 owed;
        int256 longValue;
        uint256 longLots;
        uint256 shortLots;
        for (uint256 a = 1; a <= _accounts(); ++a) {
            Position memory p = exchange.positionAt(m, a);
            int256 cost = int256(p.cost);
            owed += (p.margin - (p.lots > 0 ? cost : -cost)) * ONE + p.lots * p.fundingIndex;
            longValue += p.longValue();
            if (p.lots > 0) longLots += p.size();
            else shortLots += p.size();
        }
        _check(int256(market.pot) * ONE >= owed, "SOLV-2");
        _check(market.longValue == longValue, "SOLV-2");
        _check(longLots == shortLots && longLots == market.openInterest, "SOLV-3");
    }

    /// @dev What the pot holds beyond what it owes, X16: the seed and the roundings.
    function _dust(uint256 m) internal view returns (int256 dust) {
        dust = int256(exchange.marketAt(m).pot) * ONE;
        for (uint256 a = 1; a <= _accounts(); ++a) {
            Position memory p = exchange.positionAt(m, a);
            int256 cost = int256(p.cost);
            dust -= (p.margin - (p.lots > 0 ? cost : -cost)) * ONE + p.lots * p.fundingIndex;
        }
    }

    /// @dev Strictly, as rationals: (K_l/q_l − F_l) < (K_s/q_s − F_s) for every long l and short s.
    function _checkCorridor(uint256 m) internal view {
        for (uint256 l = 1; l <= _accounts(); ++l) {
            Position memory long_ = exchange.positionAt(m, l);
            if (long_.lots <= 0) continue;
            int256 ql = int256(long_.size());
            for (uint256 s = 1; s <= _accounts(); ++s) {
                Position memory short_ = exchange.positionAt(m, s);
                if (short_.lots >= 0) continue;
                int256 qs = int256(short_.size());
                int256 bl = long_.bankruptcyCost() * ONE - long_.fundingIndex * ql;
                int256 bs = short_.bankruptcyCost() * ONE - short_.fundingIndex * qs;
                _check(bl * qs < bs * ql, "SOLV-6");
            }
        }
    }

    /// @dev Positions past bankruptcy by more than the cell of P' are known to the gate.
    function _checkGate(uint256 m) internal view {
        (bool priced, MarketContext memory ctx) = _context(m);
        if (!priced) return;
        (uint256 known, ) = exchange.bankruptAccount(m, 0);
        if (known != 0) return;
        uint256 tick = Grid.bankruptcyTick(ctx.adjusted, ctx.base);
        for (uint256 a = 1; a <= _accounts(); ++a) {
            Position memory p = exchange.positionAt(m, a);
            if (!p.isBankrupt(ctx)) continue;
            (, uint256 v) = p.cell(ctx.base);
            _check(v == Grid.coordinateV(p.lots > 0, tick), "SOLV-4");
        }
    }

    // ------------------------------------------------------------------------------------------------ IDX

    function _checkIndex(uint256 m) internal view {
        uint256 base = exchange.marketAt(m).base;
        for (uint256 side; side < 2; ++side) {
            bool isLong = side == 0;
            uint256 open;
            for (uint256 a = 1; a <= _accounts(); ++a) {
                Position memory p = exchange.positionAt(m, a);
                if (p.lots == 0 || (p.lots > 0) != isLong) continue;
                ++open;
                (uint256 u, uint256 v) = p.cell(base);
                _check(_bitIsSet(m, isLong, u, v), "IDX-1");
                _check(_member(m, isLong, u, v, a), "IDX-1");
                _check(_boundOf(m, isLong) <= v, "IDX-1");
            }
            _check(_walk(m, isLong, base, 3, 0, 0) == open, "IDX-1");
        }
    }

    function _boundOf(uint256 m, bool isLong) private view returns (uint256) {
        return isLong ? exchange.marketAt(m).longBound : exchange.marketAt(m).shortBound;
    }

    function _bitIsSet(uint256 m, bool isLong, uint256 u, uint256 v) private view returns (bool) {
        uint256 w = exchange.indexWordAt(m, isLong, 0, u >> 3, v >> 5);
        if ((w >> (((u & 7) << 5) | (v & 31))) & 1 == 0) return false;
        (u, v) = (u >> 3, v >> 5);
        for (uint256 level = 1; level <= 3; ++level) {
            w = exchange.indexWordAt(m, isLong, level, u >> 4, v >> 4);
            if ((w >> (((u & 15) << 4) | (v & 15))) & 1 == 0) return false;
            (u, v) = (u >> 4, v >> 4);
        }
        return true;
    }

    /// @dev Whether `account` is met on the way from the head of its cell, and the list is circular with right links.
    function _member(uint256 m, bool isLong, uint256 u, uint256 v, uint256 account) private view returns (bool met) {
        uint256 tail = exchange.indexTailAt(m, isLong, u, v);
        uint256 prev;
        uint256 current = exchange.positionAt(m, tail).next;
        for (uint256 i; i <= _accounts(); ++i) {
            Position memory p = exchange.positionAt(m, current);
            if (p.prev != prev) return false;
            if (current == account) met = true;
            if (current == tail) return met;
            (prev, current) = (current, p.next);
        }
        return false;
    }

    /// @dev Counts positions below a node, through the bitmap and the lists; each must belong to the cell it is found in.
    function _walk(
        uint256 m,
        bool isLong,
        uint256 base,
        uint256 level,
        uint256 u0,
        uint256 v0
    ) private view returns (uint256 count) {
        uint256 w = exchange.indexWordAt(m, isLong, level, u0, v0);
        for (uint256 i; i < 256; ++i) {
            if ((w >> i) & 1 == 0) continue;
            uint256 u = level == 0 ? (u0 << 3) | (i >> 5) : (u0 << 4) | (i >> 4);
            uint256 v = level == 0 ? (v0 << 5) | (i & 31) : (v0 << 4) | (i & 15);
            if (level != 0) {
                uint256 below = _walk(m, isLong, base, level - 1, u, v);
                _check(below != 0, "IDX-1");
                count += below;
                continue;
            }
            count += _cellMembers(m, isLong, base, u, v);
        }
    }

    /// @dev Length of a cell's list; each member must belong to the cell.
    function _cellMembers(
        uint256 m,
        bool isLong,
        uint256 base,
        uint256 u,
        uint256 v
    ) private view returns (uint256 count) {
        uint256 tail = exchange.indexTailAt(m, isLong, u, v);
        uint256 current = tail;
        do {
            current = exchange.positionAt(m, current).next;
            Position memory p = exchange.positionAt(m, current);
            _check(p.lots != 0 && (p.lots > 0) == isLong, "IDX-1");
            (uint256 pu, uint256 pv) = p.cell(base);
            _check(pu == u && pv == v, "IDX-1");
            ++count;
        } while (current != tail);
    }

    // ------------------------------------------------------------------------------------------------ BOOK

    function _checkBook(uint256 m) internal view {
        MarketView memory market = exchange.marketAt(m);
        _check(market.bestBid == 0 || market.bestAsk == 0 || market.bestBid < market.bestAsk, "BOOK-1");
        uint256 lots;
        for (uint256 side; side < 2; ++side) {
            uint256 tick = exchange.nextTick(m, side == 0, side == 0 ? type(uint24).max : 0);
            _check(tick == (side == 0 ? market.bestBid : market.bestAsk), "BOOK-1");
            while (tick != 0) {
                (uint256 atLevel, uint256 orders, ) = exchange.levelAt(m, side == 0, tick);
                (uint256 sum, uint256 count) = _restingAt(m, side == 0, tick);
                _check(atLevel == sum && orders == count && count != 0, "BOOK-1");
                lots += atLevel;
                tick = exchange.nextTick(m, side == 0, side == 0 ? tick - 1 : tick + 1);
            }
        }
        uint256 all;
        for (uint256 a = 1; a <= _accounts(); ++a) all += _checkReserve(m, a);
        _check(all == lots, "BOOK-1");
    }

    function _restingAt(uint256 m, bool isBid, uint256 tick) private view returns (uint256 lots, uint256 count) {
        for (uint256 a = 1; a <= _accounts(); ++a) {
            uint256[] memory ids = exchange.orderMarginAt(m, a).orderIds;
            for (uint256 i; i < ids.length; ++i) {
                Order o = Order.wrap(exchange.orderAt(m, uint40(ids[i])));
                if (o.isBid() != isBid || o.tick() != tick) continue;
                lots += o.lots();
                ++count;
            }
        }
    }

    /// @dev Reserves are at most what the open orders need. Returns the lots of the account's orders.
    function _checkReserve(uint256 m, uint256 account) private view returns (uint256 lots) {
        OrderMarginView memory held = exchange.orderMarginAt(m, account);
        uint256 tickValue = exchange.marketConfig(m).tickValue;
        uint256[2] memory needed;
        for (uint256 i; i < held.orderIds.length; ++i) {
            Order o = Order.wrap(exchange.orderAt(m, uint40(held.orderIds[i])));
            _check(o.account() == account && o.generation() == held.orderIds[i] >> 40, "BOOK-2");
            lots += o.lots();
            if (o.reduceOnly()) continue;
            uint256 notional = o.lots() * o.tick() * tickValue;
            needed[o.isBid() ? 0 : 1] += (notional + o.leverage() - 1) / o.leverage();
        }
        _check(held.bidReserve <= needed[0] && held.askReserve <= needed[1], "BOOK-2");
    }

    // ------------------------------------------------------------------------------------------------ context

    function _context(uint256 m) internal view returns (bool priced, MarketContext memory ctx) {
        ctx.id = m;
        ctx.config = exchange.marketConfig(m);
        ctx.tiers = exchange.marketTiers(m);
        ctx.funding = exchange.fundingIndexNow(m);
        ctx.base = exchange.marketAt(m).base;
        try exchange.markPrice(m) returns (uint256 price, uint256 age) {
            (ctx.price, ctx.age) = (price, age);
            ctx.adjusted = int256(price) - ctx.funding;
            return (true, ctx);
        } catch {
            return (false, ctx);
        }
    }
}
