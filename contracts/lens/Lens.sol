// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange, QueueEntry} from "../interfaces/IExchange.sol";
import {AdlRank, DepthLevel, HealthEntry, ILens, PositionEntry} from "../interfaces/ILens.sol";
import {Counterparties} from "../liquidation/Counterparties.sol";
import {LiquidationPlan} from "../liquidation/LiquidationPlan.sol";
import {Grid} from "../risk/Grid.sol";
import {Margin} from "../risk/Margin.sol";
import {RankScore} from "../risk/RankScore.sol";
import {RankPolicy} from "../types/MarketConfig.sol";
import {MarketContext} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {BookLens} from "./BookLens.sol";
import {RankCount} from "./RankCount.sol";

/**
 * Paged views over the exchange. Holds no state; the same formulas as the executors.
 */
contract Lens is BookLens {
    using LiquidationPlan for Position;
    using Margin for Position;

    /// @dev Lights of an ADL rating, as traders know them from other venues.
    uint256 private constant LIGHTS = 5;

    constructor(IExchange exchange_) BookLens(exchange_) {}

    /// @inheritdoc ILens
    function positions(
        uint256 market,
        uint256 from,
        uint256 count
    ) external view returns (uint256 blockNumber, PositionEntry[] memory entries, uint256 nextFrom) {
        uint256 end;
        (from, end, nextFrom) = _page(from, count);
        entries = new PositionEntry[](end - from);
        uint256 found;
        for (uint256 account = from; account < end; ++account) {
            Position memory p = exchange.positionAt(market, account);
            if (p.lots == 0) continue;
            PositionEntry memory e = entries[found++];
            e.account = uint32(account);
            (e.lots, e.cost, e.margin) = (p.lots, p.cost, p.margin);
            (e.fundingIndex, e.grownAt) = (p.fundingIndex, p.grownAt);
            (e.prev, e.next) = (uint32(p.prev), uint32(p.next));
        }
        assembly ("memory-safe") {
            mstore(entries, found) // shortens the array: equivalent to copying its first `found` entries
        }
        blockNumber = block.number;
    }

    /// @inheritdoc ILens
    function depth(
        uint256 market,
        bool isBid,
        uint256 fromTick,
        uint256 count
    ) external view returns (uint256 blockNumber, DepthLevel[] memory levels, uint256 nextTick) {
        levels = new DepthLevel[](count);
        uint256 found;
        uint256 tick = exchange.nextTick(market, isBid, fromTick == 0 && isBid ? type(uint24).max : fromTick);
        while (tick != 0 && found < count) {
            DepthLevel memory entry = levels[found++];
            entry.tick = tick;
            (entry.lots, entry.orders, ) = exchange.levelAt(market, isBid, tick);
            tick = exchange.nextTick(market, isBid, isBid ? tick - 1 : tick + 1);
        }
        assembly ("memory-safe") {
            mstore(levels, found) // shortens the array: equivalent to copying its first `found` entries
        }
        (blockNumber, nextTick) = (block.number, tick);
    }

    /// @inheritdoc ILens
    function health(
        uint256 market,
        uint256 from,
        uint256 count
    ) external view returns (uint256 blockNumber, HealthEntry[] memory entries, uint256 nextFrom) {
        MarketContext memory ctx = _context(market);
        uint256 end;
        (from, end, nextFrom) = _page(from, count);
        entries = new HealthEntry[](end - from);
        uint256 found;
        for (uint256 account = from; account < end; ++account) {
            Position memory p = exchange.positionAt(market, account);
            if (p.lots != 0) entries[found++] = _health(ctx, account, p);
        }
        assembly ("memory-safe") {
            mstore(entries, found) // shortens the array: equivalent to copying its first `found` entries
        }
        blockNumber = block.number;
    }

    /// @inheritdoc ILens
    function adlQueue(
        uint256 market,
        uint256 nominee,
        uint256 limit
    ) external view returns (uint256 blockNumber, uint256 bankrupt, int256 price, QueueEntry[] memory entries) {
        blockNumber = block.number;
        (bankrupt, price) = exchange.bankruptAccount(market, nominee);
        if (bankrupt == 0) return (blockNumber, 0, 0, entries);
        bool isLong = exchange.positionAt(market, bankrupt).lots > 0;
        entries = exchange.adlQueue(market, isLong, price, limit);
    }

    /// @inheritdoc ILens
    function adlRank(uint256 market, uint256 account) external view returns (uint256 blockNumber, AdlRank memory r) {
        (RankCount.Walk memory w, bool inQueue) = _count(market, account, 0, type(uint256).max);
        blockNumber = block.number;
        r.queued = w.queued;
        if (!inQueue) return (blockNumber, r);
        (r.rank, r.score) = (w.ahead + 1, w.score);
        r.percentile = ((w.queued - w.ahead) * 10_000) / w.queued;
        r.rating = LIGHTS - (w.ahead * LIGHTS) / w.queued;
    }

    /// @inheritdoc ILens
    function adlRankPage(
        uint256 market,
        uint256 account,
        uint256 cursor,
        uint256 work
    )
        external
        view
        returns (uint256 blockNumber, bool inQueue, uint256 score, uint256 ahead, uint256 queued, uint256 next)
    {
        RankCount.Walk memory w;
        (w, inQueue) = _count(market, account, cursor, work);
        if (inQueue) (score, ahead) = (w.score, w.ahead);
        return (block.number, inQueue, score, ahead, w.queued, w.next);
    }

    /// @dev Counts the queue of the account's side: eligible at the mark, as if a position of the other side were bankrupt there.
    function _count(
        uint256 market,
        uint256 account,
        uint256 cursor,
        uint256 work
    ) private view returns (RankCount.Walk memory w, bool inQueue) {
        Position memory p = exchange.positionAt(market, account);
        if (p.lots == 0) return (w, false);
        MarketContext memory ctx = _context(market);
        RankScore.Params memory params = Counterparties.eligibility(ctx, p.isLong(), int256(ctx.price));
        (uint256 u, uint256 v) = p.cell(ctx.base);
        inQueue = u < params.uLimit && v >= params.vMin;
        (w.exchange, w.market, w.params) = (exchange, market, params);
        w.byLeverage = ctx.config.rankPolicy == RankPolicy.LeverageWaterfill;
        if (inQueue) {
            (w.account, w.cell) = (account, Grid.cellOf(u, v));
            w.score = RankCount.scoreOf(params, w.byLeverage, u, v);
        }
        (w.cursor, w.left) = (cursor, work);
        RankCount.run(w);
    }

    function _health(
        MarketContext memory ctx,
        uint256 account,
        Position memory p
    ) private pure returns (HealthEntry memory e) {
        e.account = uint32(account);
        e.lots = p.lots;
        e.equity = p.equity(ctx);
        e.notional = (p.size() * ctx.price) >> 16;
        e.initialMargin = Margin.initialMargin(ctx, p.size());
        e.maintenanceMargin = Margin.maintenanceMargin(ctx, p.size());
        e.bankrupt = p.isBankrupt(ctx);
        e.liquidatable = !e.bankrupt && p.isBelowMaintenance(ctx);
        p.settle(ctx.funding);
        e.bankruptcyPrice = p.bankruptcyPrice();
    }

    function _context(uint256 market) private view returns (MarketContext memory ctx) {
        ctx.id = market;
        ctx.config = exchange.marketConfig(market);
        (ctx.price, ctx.age) = exchange.markPrice(market);
        ctx.tiers = exchange.marketTiers(market);
        ctx.funding = exchange.fundingIndexNow(market);
        ctx.adjusted = int256(ctx.price) - ctx.funding;
        ctx.base = exchange.marketAt(market).base;
    }

    /// @dev Accounts [from, end) of this page; cursor 0 begins at the first account and ends the walk.
    function _page(uint256 from, uint256 count) private view returns (uint256 first, uint256 end, uint256 nextFrom) {
        uint256 last = exchange.accountCount();
        first = from == 0 ? 1 : from;
        end = first + count;
        if (end > last) return (first > last ? last + 1 : first, last + 1, 0);
        return (first, end, end);
    }
}
