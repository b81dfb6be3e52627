// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market, Monitor, TopUp} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {OrderDesk} from "../book/OrderDesk.sol";
import {MarketView, OrderMarginView, QueueEntry, RiskView, TopUpView, TriggerView} from "../interfaces/IExchange.sol";
import {Counterparties} from "../liquidation/Counterparties.sol";
import {Preventive} from "../liquidation/Preventive.sol";
import {Breaker} from "../risk/Breaker.sol";
import {Grid} from "../risk/Grid.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {RankIndex} from "../risk/RankIndex.sol";
import {RankScore} from "../risk/RankScore.sol";
import {RankVerifier} from "../risk/RankVerifier.sol";
import {Settlement} from "../risk/Settlement.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {Bits} from "../types/Bits.sol";
import {RankPolicy, RiskConfig, Tier} from "../types/MarketConfig.sol";
import {MarketContext} from "../types/MarketContext.sol";
import {Level as Queue, Order, OrderLibrary} from "../types/Order.sol";
import {OrderMargin} from "../types/OrderMargin.sol";
import {Position} from "../types/Position.sol";
import {Trigger} from "../types/Trigger.sol";

/**
 * Views that need the exchange's own storage. Never writes. Linked library.
 */
library StateViews {
    using Book for Book.State;
    using Margin for Position;
    using RankIndex for RankIndex.State;

    function marketAt(ExchangeState storage state, uint256 id) external view returns (MarketView memory r) {
        Market storage m = state.markets[id];
        r.pot = m.pot;
        r.openInterest = m.openInterest;
        r.longValue = m.longValue;
        r.fundingIndex = m.fundingIndex;
        r.base = m.base;
        r.taken = m.taken;
        r.longBound = m.longBound;
        r.shortBound = m.shortBound;
        r.coverDay = m.coverDay;
        r.coverDrawn = m.coverDrawn;
        r.bestBid = m.book.best(true);
        r.bestAsk = m.book.best(false);
        r.sequence = m.book.sequence;
        r.status = m.status;
        r.finalPrice = m.finalPrice;
    }

    function tiersOf(ExchangeState storage state, uint256 id) external view returns (Tier[] memory) {
        Market storage m = state.markets[id];
        return m.tiers.load(m.config.extraTiers);
    }

    /// @dev What `Upkeep.run` would find, without writing.
    function riskAt(ExchangeState storage state, uint256 id) external view returns (RiskView memory r) {
        Market storage m = state.markets[id];
        MarketContext memory ctx = Mark.load(m, id);
        Upkeep.preview(m, ctx, 0);
        RiskConfig memory risk = m.risk;
        Monitor memory monitor = m.monitor;
        uint256 jump = Breaker.observe(ctx.config, risk, monitor, ctx.price, block.timestamp - ctx.age);
        r.ratio = Breaker.ratio(m, ctx);
        r.calmAt = risk.jumpRate != 0 && jump > risk.jumpRate ? block.timestamp + risk.calmPeriod : m.calmAt;
        r.stepped = Breaker.next(risk, m.level, r.ratio, jump, block.timestamp >= r.calmAt);
        r.guardian = m.guardianLevel;
        Upkeep.complete(m, ctx, risk, monitor, r.stepped);
        r.level = ctx.level;
        r.variance = monitor.variance;
        r.initialRate = ctx.config.initialRate + ctx.surcharge;
        r.growth = ctx.growth;
        r.preventiveLots = Preventive.allowance(m, ctx);
    }

    function fundingIndexNow(ExchangeState storage state, uint256 id) external view returns (int256) {
        Market storage m = state.markets[id];
        (bool usable, MarketContext memory ctx) = Mark.tryLoad(m, id);
        if (usable) Upkeep.preview(m, ctx, 0);
        return ctx.funding;
    }

    function topUpAt(
        ExchangeState storage state,
        uint256 id,
        uint256 account
    ) external view returns (TopUpView memory) {
        TopUp memory t = state.markets[id].topUps[account];
        return TopUpView(t.triggerRate, t.remaining);
    }

    function triggersAt(
        ExchangeState storage state,
        uint256 id,
        uint256 account
    ) external view returns (TriggerView[] memory r) {
        Trigger[8] memory slots = state.markets[id].triggers[account];
        uint256 count;
        for (uint256 i; i < slots.length; ++i) if (slots[i].live) ++count;
        r = new TriggerView[](count);
        for (uint256 i = slots.length; i != 0; --i) {
            Trigger memory t = slots[i - 1];
            if (!t.live) continue;
            r[--count] = TriggerView(t.idOf(i - 1), t.kind, t.closesLong, t.triggerTick, t.limitTick, t.lots, t.tip);
        }
    }

    function leverageAt(ExchangeState storage state, uint256 id, uint256 account) external view returns (uint256) {
        return state.markets[id].orderMargins[account].leverage();
    }

    function positionAt(
        ExchangeState storage state,
        uint256 id,
        uint256 account
    ) external view returns (Position memory) {
        return state.markets[id].positions[account].load();
    }

    function orderMarginAt(
        ExchangeState storage state,
        uint256 id,
        uint256 account
    ) external view returns (OrderMarginView memory r) {
        Market storage m = state.markets[id];
        OrderMargin margin = m.orderMargins[account];
        r.bidReserve = margin.bidReserve();
        r.askReserve = margin.askReserve();
        uint256 seats = margin.seats();
        uint256[] memory ids = new uint256[](OrderDesk.SEATS);
        uint256 count;
        while (seats != 0) {
            uint256 seat = Bits.lowest(seats);
            seats ^= 1 << seat;
            uint256 slot = OrderLibrary.slotOf(account, seat);
            ids[count++] = OrderLibrary.idOf(slot, m.book.orders[slot]);
        }
        r.orderIds = new uint256[](count);
        for (uint256 i; i < count; ++i) r.orderIds[i] = ids[i];
    }

    function orderAt(ExchangeState storage state, uint256 id, uint256 slot) external view returns (uint256) {
        return Order.unwrap(state.markets[id].book.orders[slot]);
    }

    function levelAt(
        ExchangeState storage state,
        uint256 id,
        bool isBid,
        uint256 tick
    ) external view returns (uint256 lots, uint256 orders, uint256 firm) {
        Queue queue = state.markets[id].book.level(isBid, tick);
        return (queue.lots(), queue.count(), queue.firm());
    }

    function levelHeadAt(
        ExchangeState storage state,
        uint256 id,
        bool isBid,
        uint256 tick
    ) external view returns (uint256) {
        return state.markets[id].book.level(isBid, tick).head();
    }

    function nextTick(
        ExchangeState storage state,
        uint256 id,
        bool isBid,
        uint256 tick
    ) external view returns (uint256) {
        if (tick > type(uint24).max) {
            if (!isBid) return 0;
            tick = type(uint24).max;
        }
        return state.markets[id].book.tickFrom(isBid, tick);
    }

    function indexWordAt(
        ExchangeState storage state,
        uint256 id,
        bool isLong,
        uint256 level,
        uint256 u,
        uint256 v
    ) external view returns (uint256) {
        return Settlement.index(state.markets[id], isLong).word(level, u, v);
    }

    function indexTailAt(
        ExchangeState storage state,
        uint256 id,
        bool isLong,
        uint256 u,
        uint256 v
    ) external view returns (uint256) {
        return Settlement.index(state.markets[id], isLong).tailOf(u, v);
    }

    function markPrice(ExchangeState storage state, uint256 id) external view returns (uint256 price, uint256 age) {
        MarketContext memory ctx = Mark.load(state.markets[id], id);
        return (ctx.price, ctx.age);
    }

    function bankruptAccount(
        ExchangeState storage state,
        uint256 id,
        uint256 nominee
    ) external view returns (uint256 account, int256 price) {
        Market storage market = state.markets[id];
        MarketContext memory ctx = Mark.load(market, id);
        account = Upkeep.preview(market, ctx, nominee);
        if (account == 0) return (0, 0);
        Position memory p = market.positions[account].load();
        p.settle(ctx.funding);
        price = p.bankruptcyPrice();
    }

    function adlQueue(
        ExchangeState storage state,
        uint256 id,
        bool bankruptIsLong,
        int256 price,
        uint256 limit
    ) external view returns (QueueEntry[] memory entries) {
        Market storage market = state.markets[id];
        MarketContext memory ctx = Mark.load(market, id);
        Upkeep.preview(market, ctx, 0);
        RankScore.Params memory params = Counterparties.eligibility(ctx, !bankruptIsLong, price);
        RankIndex.State storage index = Settlement.index(market, !bankruptIsLong);
        QueueEntry[] memory found = new QueueEntry[](limit);
        uint256 count;
        bool waterfill = ctx.config.rankPolicy == RankPolicy.LeverageWaterfill;
        RankVerifier.Bound memory place = RankVerifier.Bound({score: type(uint256).max, cell: 0});
        while (count < limit) {
            bool more;
            (more, place) = waterfill
                ? _nextByLeverage(index, params, place)
                : RankVerifier.bestAfter(index, params, place);
            if (!more) break;
            count = _listCell(market, index, place, found, count);
        }
        entries = new QueueEntry[](count);
        for (uint256 i; i < count; ++i) entries[i] = found[i];
    }

    /// @dev The next eligible cell in the order of LeverageWaterfill, (v, u); its score is the effective leverage × 2^64.
    function _nextByLeverage(
        RankIndex.State storage index,
        RankScore.Params memory params,
        RankVerifier.Bound memory last
    ) private view returns (bool found, RankVerifier.Bound memory place) {
        bool first = last.score == type(uint256).max;
        (uint256 u, uint256 v) = first ? (0, params.vMin) : ((last.cell >> Grid.BITS) + 1, last.cell & Grid.MAX);
        (found, u, v) = RankVerifier.lowest(index, params.uLimit, v, u, Grid.MAX + 1);
        if (!found) return (false, place);
        place.cell = Grid.cellOf(u, v);
        place.score = (params.price << RankScore.SCALE_BITS) / RankScore.equity(params, v);
    }

    /// @dev Appends the members of one cell in FIFO order.
    function _listCell(
        Market storage market,
        RankIndex.State storage index,
        RankVerifier.Bound memory place,
        QueueEntry[] memory found,
        uint256 count
    ) private view returns (uint256) {
        uint256 first = index.headOf(market.positions, place.cell >> Grid.BITS, place.cell & Grid.MAX);
        uint256 account = first;
        do {
            Position memory p = market.positions[account].load();
            found[count] = QueueEntry(uint32(account), count + 1, place.score, p.size());
            ++count;
            account = p.next;
        } while (account != first && count < found.length);
        return count;
    }
}
