// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {Book} from "../book/Book.sol";
import {OrderDesk} from "../book/OrderDesk.sol";
import {IExchangeErrors} from "../interfaces/IExchangeErrors.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {Grid} from "../risk/Grid.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {RankIndex} from "../risk/RankIndex.sol";
import {Settlement} from "../risk/Settlement.sol";
import {Upkeep} from "../risk/Upkeep.sol";
import {MarketContext, MarketStatus, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Rounding} from "../types/Rounding.sol";
import {Ledger} from "../vault/Ledger.sol";

/**
 * Ending a market: one final price, at which nobody is bankrupt, and everybody is paid in full. Linked library.
 *
 * In a solvent market only positions in the very cell of P' can be bankrupt, by a fraction of a tick. By the corridor a cell never holds
 * positions of both sides, so moving P' to the cell's edge on their side of safety leaves none of them bankrupt and takes less than a
 * tick from the other side. With every equity ≥ 0 the pot suffices: it is Σ equity + dust, whatever the price (SOLV-2).
 */
library Retirement {
    using Book for Book.State;
    using Margin for Position;
    using RankIndex for RankIndex.State;
    using SafeCast for int256;

    /// @notice See IExchange.retireMarket.
    function retire(ExchangeState storage state, uint256 id) external {
        Market storage market = state.markets[id];
        MarketContext memory ctx = Mark.load(market, id);
        Upkeep.requireSolvent(market, ctx);
        int256 finalPrice = _finalPrice(market, ctx);
        market.status = MarketStatus.Retired;
        market.finalPrice = finalPrice.toInt96();
        emit IExchangeEvents.MarketEnded(id, finalPrice, ctx.price, market.book.nextSequence());
    }

    /// @notice See IExchange.settleRetired.
    function settle(
        ExchangeState storage state,
        uint256 id,
        uint32[] calldata accounts
    ) external returns (uint256 settled) {
        Market storage market = state.markets[id];
        if (market.status != MarketStatus.Retired) revert IExchangeErrors.MarketNotRetired(id);
        MarketContext memory ctx;
        ctx.id = id;
        ctx.base = market.base;
        ctx.funding = market.fundingIndex;
        for (uint256 i; i < accounts.length; ++i) {
            OrderDesk.removeAll(state, market, id, accounts[i], IExchangeEvents.RemovalReason.Retired);
            if (_payOut(state, market, ctx, accounts[i])) ++settled;
        }
    }

    function _payOut(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        uint256 account
    ) private returns (bool) {
        Settlement.Loan memory loan = Settlement.load(market, ctx, account);
        if (loan.position.lots == 0) return false;
        // what funding settled would round off, the exact equity does not
        Position memory p = market.positions[account].load();
        uint256 payout = Rounding.positivePart(p.equityAt(market.finalPrice));
        Tally memory tally;
        tally.pot = -int256(payout);
        // one side is enough to count: open interest is lots a side
        if (p.isLong()) tally.openInterest = -p.lots;
        (loan.position.lots, loan.position.cost, loan.position.margin) = (0, 0, 0);
        Settlement.store(market, ctx, tally, loan);
        Ledger.credit(state, account, payout);
        emit IExchangeEvents.RetiredPositionSettled(ctx.id, account, payout, market.book.nextSequence());
        Ledger.apply_(state, market, ctx, tally);
        return true;
    }

    /// @dev P', or the edge of its cell beyond which no position of the cell is bankrupt.
    function _finalPrice(Market storage market, MarketContext memory ctx) private view returns (int256) {
        uint256 tick = Grid.bankruptcyTick(ctx.adjusted, ctx.base);
        bool longs = _holds(market.longs, Grid.coordinateV(true, tick));
        bool shorts = _holds(market.shorts, Grid.coordinateV(false, tick));
        if (!longs && !shorts) return ctx.adjusted;
        // excluded by the corridor; were it otherwise, no price would be fair to both
        if (longs && shorts) revert IExchangeErrors.MarketInsolvent(ctx.id);
        (int256 low, int256 high) = Grid.bankruptcyEdges(tick, ctx.base);
        int256 edge = longs ? high : low;
        if (edge == type(int256).max || edge == -type(int256).max) {
            revert IExchangeErrors.PriceOutOfRange(ctx.id, ctx.adjusted);
        }
        return edge;
    }

    /// @dev Whether a side's lowest cell, in a solvent market, is the one at `v`.
    function _holds(RankIndex.State storage index, uint256 v) private view returns (bool) {
        (bool found, , uint256 lowest) = index.lowestV();
        return found && lowest == v;
    }
}
