// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Market} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {MarketContext} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Grid} from "./Grid.sol";
import {Margin} from "./Margin.sol";
import {RankIndex} from "./RankIndex.sol";

/**
 * The insolvency gate: whether a position of the market is bankrupt at the current price, and which one comes first.
 *
 * The market caches, a side, a lower bound on the v of all its positions (Settlement lowers it when a position enters the index).
 * A cell is wholly past bankruptcy exactly when its v is below that of P'; so while both bounds are at or above it, nothing is, and
 * the check costs two comparisons. Only when P' crosses a bound is the bound refreshed from the index.
 *
 * Positions in the very cell of P' may be bankrupt by less than one tick. They do not close the gate by themselves; anybody may
 * nominate one, and then its exact equity decides. An account once taken stays taken until it is closed or solvent.
 */
library Gate {
    using Book for Book.State;
    using RankIndex for RankIndex.State;
    using Margin for Position;

    /// @notice Refreshes what must be and answers whether a position is bankrupt, and on which side.
    function refresh(Market storage market, MarketContext memory ctx) internal returns (bool insolvent, bool isLong) {
        return refreshAt(market, ctx.id, ctx.price, ctx.funding, ctx.base);
    }

    /// @notice `refresh` for a call that needs no more of its market than this.
    function refreshAt(
        Market storage market,
        uint256 id,
        uint256 price,
        int256 funding,
        uint256 base
    ) internal returns (bool insolvent, bool isLong) {
        uint256 taken = market.taken;
        if (taken != 0) {
            Position memory p = market.positions[taken].load();
            if (p.lots != 0) p.settle(funding);
            if (p.lots != 0 && p.equityX16(price, funding) < 0) return (true, p.isLong());
            market.taken = 0;
            emit IExchangeEvents.ResolutionEnded(id, taken, market.book.nextSequence());
        }
        uint256 tick = Grid.bankruptcyTick(int256(price) - funding, base);
        uint256 mark = Grid.coordinateV(true, tick);
        if (market.longBound < mark) {
            uint256 bound = _lowest(market.longs);
            market.longBound = uint16(bound);
            if (bound < mark) return (true, true);
        }
        mark = Grid.coordinateV(false, tick);
        if (market.shortBound < mark) {
            uint256 bound = _lowest(market.shorts);
            market.shortBound = uint16(bound);
            if (bound < mark) return (true, false);
        }
    }

    /**
     * @notice The bankrupt account that the waterfall takes next; 0 for none.
     * Order: the account already taken; then, of cells wholly past bankruptcy, the lowest v, the lowest u, FIFO; then `nominee`, if
     * its exact equity is negative.
     * The position comes with its funding settled: what a liquidation would judge it by.
     */
    function pick(
        Market storage market,
        MarketContext memory ctx,
        uint256 nominee
    ) internal view returns (uint256 account, Position memory p) {
        account = market.taken;
        if (account != 0) {
            p = _settled(market, ctx, account);
            if (p.isBankrupt(ctx)) return (account, p);
        }
        return pickAnew(market, ctx, nominee);
    }

    /// @notice Like `pick`, when the account that was taken has been found solvent since.
    function pickAnew(
        Market storage market,
        MarketContext memory ctx,
        uint256 nominee
    ) internal view returns (uint256 account, Position memory p) {
        uint256 tick = Grid.bankruptcyTick(ctx.adjusted, ctx.base);
        account = _first(market, true, Grid.coordinateV(true, tick));
        if (account == 0) account = _first(market, false, Grid.coordinateV(false, tick));
        if (account != 0) return (account, _settled(market, ctx, account));
        if (nominee != 0) {
            p = _settled(market, ctx, nominee);
            if (p.isBankrupt(ctx)) return (nominee, p);
        }
        Position memory none;
        return (0, none);
    }

    function _settled(
        Market storage market,
        MarketContext memory ctx,
        uint256 account
    ) private view returns (Position memory p) {
        p = market.positions[account].load();
        if (p.lots != 0) p.settle(ctx.funding);
    }

    function _first(Market storage market, bool isLong, uint256 mark) private view returns (uint256) {
        if ((isLong ? market.longBound : market.shortBound) >= mark) return 0;
        RankIndex.State storage index = isLong ? market.longs : market.shorts;
        (bool found, uint256 u, uint256 v) = index.lowestV();
        if (!found || v >= mark) return 0;
        return index.headOf(market.positions, u, v);
    }

    function _lowest(RankIndex.State storage index) private view returns (uint256) {
        (bool found, , uint256 v) = index.lowestV();
        return found ? v : Grid.MAX + 1;
    }
}
