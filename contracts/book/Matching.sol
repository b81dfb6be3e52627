// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {IExchangeEvents} from "../interfaces/IExchangeEvents.sol";
import {FillRule} from "../risk/FillRule.sol";
import {Margin} from "../risk/Margin.sol";
import {Mark} from "../risk/Mark.sol";
import {Settlement} from "../risk/Settlement.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Order, OrderLibrary} from "../types/Order.sol";
import {Position} from "../types/Position.sol";
import {Ledger} from "../vault/Ledger.sol";
import {Book} from "./Book.sol";
import {OrderDesk} from "./OrderDesk.sol";

/**
 * Matches one taker against the book, best price first, first in first out, and settles each maker at once.
 *
 * The taker lives in memory until the end; makers are written as they fill. A resting order that cannot fill is removed and
 * costs one step; it neither reverts nor changes anything for the taker.
 */
library Matching {
    using Book for Book.State;
    using Margin for Position;

    enum Kind {
        Order, // an account's own order
        Liquidation, // a solvent position below maintenance
        Bankruptcy // a bankrupt position, with cover from the insurance fund
    }

    struct Taker {
        Kind kind;
        Settlement.Loan loan;
        FillRule.Terms terms;
        uint256 funds; // what its fills may draw on: free collateral, or in a bankruptcy the cover; quote atoms
        uint256 remaining; // lots
        uint256 limitTick;
        uint256 steps; // budget left
        bool minds; // stop where it meets its own account, instead of removing what rests there
        // results
        uint256 filled; // lots
        uint256 notional; // quote atoms
        int256 fees; // quote atoms
        uint256 cover; // quote atoms
        bool exhausted; // the budget ended with a crossing order left
        uint256 own; // slot of the own order that it stopped at, 0 for none
        FillRule.Refusal refusal; // why matching stopped, if the taker or the price's age stopped it
        Tally tally; // the caller's, set by `run`
    }

    /// One fill under consideration. Nothing is written before both sides accept.
    struct Fill {
        uint256 slot;
        Order order;
        uint256 tick;
        uint256 lots;
        bool dropRest; // what is left of the maker's order goes: its margin does not reach for it
        FillRule.Plan maker;
        FillRule.Plan taker;
        uint256 cover;
    }

    /// @notice The lowest and highest tick at which anything may fill: within the band around the mark.
    function band(MarketContext memory ctx) internal pure returns (uint256 low, uint256 high) {
        return Mark.band(ctx.price, ctx.config.tickValue, ctx.config.bandRate);
    }

    /// @notice Runs the taker through the book until it is filled, refused, out of budget, at its own order if it minds, or nothing crosses.
    function run(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Taker memory t,
        Tally memory tally
    ) internal {
        t.tally = tally;
        (uint256 low, uint256 high) = band(ctx);
        bool makerIsBid = !t.terms.buys;
        while (t.remaining != 0 && t.refusal == FillRule.Refusal.None) {
            uint256 tick = market.book.best(makerIsBid);
            if (tick == 0) return;
            if (makerIsBid ? tick < t.limitTick || tick < low : tick > t.limitTick || tick > high) return;
            if (t.steps == 0) {
                t.exhausted = true;
                return;
            }
            --t.steps;
            uint256 slot = market.book.level(makerIsBid, tick).head();
            Order order = market.book.orders[slot];
            if (order.expiry() != 0 && order.expiry() < block.timestamp) {
                _drop(state, market, ctx, t, slot, order, IExchangeEvents.RemovalReason.Expired);
            } else if (order.account() == t.loan.account) {
                if (t.minds) {
                    t.own = slot;
                    return;
                }
                _drop(state, market, ctx, t, slot, order, IExchangeEvents.RemovalReason.SelfTrade);
            } else if (makerIsBid ? tick > high : tick < low) {
                _drop(state, market, ctx, t, slot, order, IExchangeEvents.RemovalReason.OutsideBand);
            } else {
                _meet(state, market, ctx, t, _fillOf(t, slot, order));
            }
        }
    }

    function _fillOf(Taker memory t, uint256 slot, Order order) private pure returns (Fill memory f) {
        (f.slot, f.order, f.tick) = (slot, order, order.tick());
        f.lots = Math.min(t.remaining, order.lots());
    }

    /// @dev One resting order: plan both sides, then write, or remove the order, or stop the taker.
    function _meet(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Taker memory t,
        Fill memory f
    ) private {
        Settlement.Loan memory maker = Settlement.load(market, ctx, f.order.account());
        if (f.order.reduceOnly()) {
            f.lots = FillRule.closingLots(maker.position, f.order.isBid(), f.lots);
            if (f.lots == 0) {
                _drop(state, market, ctx, t, f.slot, f.order, IExchangeEvents.RemovalReason.ReduceOnlyExhausted);
                return;
            }
        }
        _planMaker(state, market, ctx, t, f, maker.position);
        if (f.maker.refusal == FillRule.Refusal.PriceTooOld) {
            t.refusal = f.maker.refusal; // not the maker's fault: its order stays
            return;
        }
        if (f.maker.refusal != FillRule.Refusal.None) {
            _drop(
                state,
                market,
                ctx,
                t,
                f.slot,
                f.order,
                f.maker.refusal == FillRule.Refusal.Uncovered
                    ? IExchangeEvents.RemovalReason.Uncovered
                    : IExchangeEvents.RemovalReason.MarginShort
            );
            return;
        }
        if (!_planTaker(state, market, ctx, t, f, maker.position)) return;
        _settle(state, market, ctx, t, f, maker);
    }

    function _planMaker(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Taker memory t,
        Fill memory f,
        Position memory p
    ) private view {
        FillRule.Terms memory terms = FillRule.Terms({
            buys: f.order.isBid(),
            // a rebate is paid out of the taker's fee: a forced close pays none
            feeRate: t.kind == Kind.Order || ctx.config.makerFeeRate > 0 ? ctx.config.makerFeeRate : int24(0),
            leverage: f.order.leverage(),
            isMaker: true,
            agedPriceMayOpen: t.kind != Kind.Order
        });
        f.dropRest = false;
        f.maker = _planMakerFor(state, market, ctx, terms, f, p);
        if (f.maker.refusal == FillRule.Refusal.MarginShort && f.lots < f.order.lots()) {
            // this fill's part of the reserve is too little, but the order may hold enough: then the rest of it goes
            f.dropRest = true;
            f.maker = _planMakerFor(state, market, ctx, terms, f, p);
        }
        // the opening leg is refused, the closing leg may still be admissible; nobody searches for a smaller size
        bool short = f.maker.refusal == FillRule.Refusal.MarginShort;
        if ((!short && f.maker.refusal != FillRule.Refusal.PriceTooOld) || f.maker.closed == 0) return;
        f.lots = f.maker.closed;
        f.dropRest = short; // an aged price is not the maker's fault: what would open stays
        f.maker = _planMakerFor(state, market, ctx, terms, f, p);
    }

    function _planMakerFor(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        FillRule.Terms memory terms,
        Fill memory f,
        Position memory p
    ) private view returns (FillRule.Plan memory) {
        bool opens = FillRule.closingLots(p, terms.buys, f.lots) == 0;
        (uint256 freed, ) = OrderDesk.releasable(market, f.slot, f.order, f.lots, f.dropRest, opens);
        uint256 free = Ledger.freeOf(state, f.order.account()) + freed;
        return FillRule.plan(ctx, p, free, terms, f.lots, f.tick);
    }

    /// @dev Plans the taker's side, narrowing the fill to its closing leg if only that is admissible, or where open interest may not grow to
    /// the larger of both closing legs.
    /// @return accepted Whether there is a fill to settle; `t.refusal` says what stops the taker after it or instead of it.
    function _planTaker(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Taker memory t,
        Fill memory f,
        Position memory makerPosition
    ) private view returns (bool accepted) {
        if (t.kind != Kind.Order) return _planForced(ctx, t, f);
        f.taker = FillRule.plan(ctx, t.loan.position, t.funds, t.terms, f.lots, f.tick);
        if (f.taker.refusal == FillRule.Refusal.None) {
            int256 growth = _growth(t, f);
            if (growth <= 0 || t.tally.openInterest + growth <= int256(ctx.growth)) return true;
            f.taker.refusal = FillRule.Refusal.OpenInterestCapped;
        }
        t.refusal = f.taker.refusal;
        uint256 lots = f.taker.closed;
        // nothing grows where one of the two only closes
        if (t.refusal == FillRule.Refusal.OpenInterestCapped) lots = Math.max(lots, f.maker.closed);
        if (t.refusal == FillRule.Refusal.Uncovered || lots == 0 || lots == f.lots) return false;
        f.lots = lots;
        _planMaker(state, market, ctx, t, f, makerPosition);
        if (f.maker.refusal != FillRule.Refusal.None) return false;
        f.taker = FillRule.plan(ctx, t.loan.position, t.funds, t.terms, f.lots, f.tick);
        return f.taker.refusal == FillRule.Refusal.None;
    }

    /// @dev A forced close. Bankruptcy: what the price is worse than the position's own share of K is drawn from the fund.
    function _planForced(MarketContext memory ctx, Taker memory t, Fill memory f) private pure returns (bool) {
        Position memory p = t.loan.position;
        FillRule.Plan memory r = f.taker;
        uint256 notional = f.lots * f.tick * ctx.config.tickValue;
        r.closed = f.lots;
        r.position = FillRule.copy(p);
        if (t.kind == Kind.Liquidation) {
            r.fee = int256(Margin.requirement(f.lots, ctx.price, ctx.config.liquidationFeeRate));
            if (!p.closeIsCovered(f.lots, notional, r.fee)) {
                t.refusal = FillRule.Refusal.Uncovered;
                return false;
            }
        } else {
            int256 gap = p.shareRoundedOutward(f.lots) - int256(notional);
            if (p.lots < 0) gap = -gap;
            if (gap > 0) f.cover = uint256(gap);
            if (t.cover + f.cover > t.funds) {
                t.refusal = FillRule.Refusal.Uncovered;
                return false;
            }
        }
        r.position.close(f.lots, notional);
        r.position.margin += int256(f.cover) - r.fee;
        if (r.position.lots == 0) {
            r.payout = uint256(r.position.margin); // not negative: covered by the check or by the fund
            (r.position.margin, r.position.cost) = (0, 0);
        }
        return true;
    }

    /// @dev Change of open interest: what the buyer opens less what the seller closes.
    function _growth(Taker memory t, Fill memory f) private pure returns (int256) {
        return
            t.terms.buys
                ? int256(f.taker.opened) - int256(f.maker.closed)
                : int256(f.maker.opened) - int256(f.taker.closed);
    }

    /// @dev Writes the maker, keeps the taker in memory.
    function _settle(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Taker memory t,
        Fill memory f,
        Settlement.Loan memory maker
    ) private {
        FillRule.Plan memory m = f.maker;
        uint256 freed = OrderDesk.take(market, f.slot, f.order, f.lots, f.dropRest, m.closed == 0);
        FillRule.Plan memory r = f.taker;
        emit IExchangeEvents.Trade(
            ctx.id,
            maker.account,
            t.loan.account,
            OrderLibrary.idOf(f.slot, f.order),
            t.terms.buys,
            f.tick,
            f.lots,
            market.book.nextSequence()
        );
        if (f.dropRest && f.lots < f.order.lots()) {
            emit IExchangeEvents.OrderRemoved(
                ctx.id,
                maker.account,
                OrderLibrary.idOf(f.slot, f.order),
                f.order.lots() - f.lots,
                IExchangeEvents.RemovalReason.MarginShort,
                market.book.nextSequence()
            );
        }
        maker.position = m.position;
        Settlement.store(market, ctx, t.tally, maker);
        uint256 free = Ledger.freeOf(state, maker.account);
        Ledger.setFree(state, maker.account, free + freed + m.payout - m.marginIn);

        t.loan.position = r.position;
        if (t.kind == Kind.Order) t.funds = t.funds + r.payout - r.marginIn;
        else Ledger.credit(state, t.loan.account, r.payout);
        t.remaining -= f.lots;
        t.filled += f.lots;
        t.notional += f.lots * f.tick * ctx.config.tickValue;
        t.fees += r.fee;
        t.cover += f.cover;

        int256 fees = m.fee + r.fee; // not negative: a rebate is at most the taker's fee, and rounded towards zero
        Tally memory tally = t.tally;
        tally.pot += int256(m.marginIn + r.marginIn + f.cover) - int256(m.payout + r.payout) - fees;
        tally.fees += uint256(fees);
        tally.cover += f.cover;
        tally.openInterest += _growth(t, f);
    }

    function _drop(
        ExchangeState storage state,
        Market storage market,
        MarketContext memory ctx,
        Taker memory t,
        uint256 slot,
        Order order,
        IExchangeEvents.RemovalReason reason
    ) private {
        uint256 freed = OrderDesk.remove(market, ctx.id, slot, order, reason);
        if (order.account() == t.loan.account && t.kind == Kind.Order) t.funds += freed;
        else Ledger.credit(state, order.account(), freed);
    }
}
