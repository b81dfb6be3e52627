// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketView, QueueEntry} from "../../contracts/interfaces/IExchange.sol";
import {LiquidationPlan} from "../../contracts/liquidation/LiquidationPlan.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {RankPolicy} from "../../contracts/types/MarketConfig.sol";
import {MarketContext} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {Adversity} from "./Adversity.sol";

/// What there was before a call. Indexed by account.
struct Before {
    bool[] quiet; // no orders in the market: no sweep of the book can change it
    uint256[] free; // quote atoms
    Position[] positions; // settled
    uint256 insurance;
    uint256 bestBid;
    uint256 bestAsk;
    uint256 limitTick; // of the bankrupt position in the book, with the cover that the fund could pay
}

/// What clearing calls promise, judged from the state before and after.
abstract contract Promises is Adversity {
    using Margin for Position;
    using LiquidationPlan for Position;

    uint256 private constant PIPS = 1_000_000;

    /// @dev Most steps of a waterfill call.
    int256 internal constant STEPS = 1_024;

    /// @notice Payouts held against the exact share.
    uint256 public exactShares;
    /// @notice Positions that a waterfill brought down, held against the price.
    uint256 public stayed;

    function _before(uint256 m, MarketContext memory ctx) internal view returns (Before memory b) {
        uint256 n = _accounts() + 1;
        (b.quiet, b.free, b.positions) = (new bool[](n), new uint256[](n), new Position[](n));
        for (uint256 a = 1; a < n; ++a) {
            uint256 orders = exchange.orderMarginAt(m, a).orderIds.length;
            b.quiet[a] = orders == 0;
            b.free[a] = exchange.accountAt(a).free;
            b.positions[a] = exchange.positionAt(m, a);
            if (b.positions[a].lots != 0) b.positions[a].settle(ctx.funding);
        }
        b.insurance = exchange.insuranceBalance();
        MarketView memory market = exchange.marketAt(m);
        (b.bestBid, b.bestAsk) = (market.bestBid, market.bestAsk);
    }

    /// @dev The limit of the bankrupt account's sweep: C = min(what the fund can pay today, deficit at the mark), nothing for a position
    /// that grew recently. Less an atom for each fill that may round its draw up.
    function _limitOf(uint256 m, MarketContext memory ctx, Position memory x) internal view returns (uint256) {
        uint256 cover;
        if (block.timestamp - x.grownAt >= ctx.config.maturity) {
            MarketView memory market = exchange.marketAt(m);
            uint256 drawn = market.coverDay == block.timestamp / 1 days ? market.coverDrawn : 0;
            uint256 claim = exchange.insuranceBalance();
            uint256 left = drawn < ctx.config.dailyCoverCap ? ctx.config.dailyCoverCap - drawn : 0;
            cover = claim > 1e6 ? claim - 1e6 : 0;
            if (left < cover) cover = left;
            if (x.deficit(ctx) < cover) cover = x.deficit(ctx);
            cover = cover > 64 ? cover - 64 : 0;
        }
        return x.bankruptTick(ctx, cover);
    }

    /// @dev LIQ-1: a filled x* restores the target. LIQ-2: what came in is no worse than the limit, fee included.
    function _requireLiquidated(
        uint256 m,
        MarketContext memory ctx,
        uint256 account,
        Position memory before,
        uint256 lots,
        uint256 budget
    ) internal view {
        Position memory p = exchange.positionAt(m, account);
        _check(p.size() + lots == before.size(), "LIQ-1");
        uint256 planned = before.closeSize(ctx, budget);
        if (lots >= planned && p.lots != 0) {
            int256 target = int256(p.size() * ctx.price * Margin.targetRate(ctx, before.size()));
            _check(p.equityX16(ctx.price, ctx.funding) * int256(PIPS) >= target, "LIQ-1");
        }
        if (p.lots == 0 || lots == 0) return; // a whole close never pays out less than zero: SOLV-7
        before.settle(ctx.funding);
        // side·notional − fee, from what changed in the position
        int256 received = _net(p) - _net(before);
        bool sells = before.lots > 0;
        int256 least = int256(LiquidationPlan.slippageTick(ctx, sells) * lots * ctx.config.tickValue);
        int256 fees = int256(Margin.requirement(lots, ctx.price, ctx.config.liquidationFeeRate) + budget);
        if (p.lots != 0 && lots < before.size()) {
            int256 worst = (sells ? least : -least) - fees;
            uint256 whole = before.limitTick(ctx, true, budget) * lots * ctx.config.tickValue;
            int256 worstWhole = (sells ? int256(whole) : -int256(whole)) - fees;
            // a budget that ends early leaves a whole close partial: then the limit of the whole close counts
            _check(received >= (planned == before.size() ? worstWhole : worst), "LIQ-2");
        }
    }

    /// @dev margin − side·cost: what a close adds its proceeds to.
    function _net(Position memory p) private pure returns (int256) {
        return p.lots > 0 ? p.margin - int256(p.cost) : p.margin + int256(p.cost);
    }

    /// @dev Equity at the mark plus free collateral is what it was, to the rounding of one close.
    function _requireWhole(uint256 m, MarketContext memory ctx, Before memory b, uint256 a) internal view {
        int256 worth = b.positions[a].equityX16(ctx.price, ctx.funding) + (int256(b.free[a]) << 16);
        Position memory p = exchange.positionAt(m, a);
        int256 now_ = p.equityX16(ctx.price, ctx.funding) + (int256(exchange.accountAt(a).free) << 16);
        _check(now_ >= worth - (4 << 16), "preventive: no haircut");
    }

    /// @dev No forced close takes anything out of free collateral.
    function _requireNobodyPaid(Before memory b) internal view {
        for (uint256 a = 1; a < b.free.length; ++a) {
            if (b.quiet[a]) _check(exchange.accountAt(a).free >= b.free[a], "SOLV-7");
        }
    }

    /**
     * @dev For counterparties without orders, whom only ADL can have changed:
     * ADL-1: of the eligible, what is realised at X is no less than −1 atom, and margin comes back pro rata.
     * ADL-2: each is paid its exact share, less than 2 atoms below it, and no more above it than the fund paid.
     * ADL-3: after a close against a counterparty, nothing in the book is within the limit that there was before the call.
     */
    function _requireDeleveraged(
        uint256 m,
        MarketContext memory ctx,
        Before memory b,
        uint256 bankrupt,
        QueueEntry[] memory queue
    ) internal {
        bool closed;
        Position memory x = b.positions[bankrupt];
        bool unswept = _isUnswept(b, ctx, x);
        // without a sweep nothing but cover changes the fund; fees of a sweep may outweigh it
        int256 cover = int256(b.insurance) - int256(exchange.insuranceBalance());
        int256 closes;
        for (uint256 a = 1; a < b.free.length; ++a) {
            if (exchange.positionAt(m, a).size() != b.positions[a].size()) ++closes; // the bankrupt's own included
        }
        for (uint256 a = 1; a < b.free.length; ++a) {
            Position memory o = b.positions[a];
            if (a == bankrupt || !b.quiet[a] || o.lots == 0) continue;
            uint256 taken = o.size() - exchange.positionAt(m, a).size();
            if (taken == 0) continue;
            closed = true;
            int256 paid = int256(exchange.accountAt(a).free - b.free[a]);
            if (_isIn(queue, a) && _isWaterfill(m)) {
                if (unswept) _requireProfit(x, o, taken);
                if (unswept) _requireStayed(x, o, exchange.positionAt(m, a), paid, cover);
                continue;
            }
            if (_isIn(queue, a)) {
                int256 back = (o.margin * int256(taken)) / int256(o.size());
                _check(paid >= back - 2, "ADL-1");
                if (unswept) _requireProfit(x, o, taken);
            }
            if (unswept) _requireShare(x, o, taken, paid, cover, closes);
        }
        if (!closed) return;
        if (unswept) _requireNoOvershoot(m, bankrupt, x);
        uint256 best = exchange.nextTick(m, x.lots > 0, x.lots > 0 ? type(uint24).max : 0);
        if (best != 0) _check(x.lots > 0 ? best < b.limitTick : best > b.limitTick, "ADL-3");
    }

    /// @dev Whether no order was within any limit that the sweep can have had, the whole deficit covered.
    function _isUnswept(Before memory b, MarketContext memory ctx, Position memory x) private pure returns (bool) {
        uint256 best = x.lots > 0 ? b.bestBid : b.bestAsk;
        if (best == 0) return true;
        uint256 widest = x.bankruptTick(ctx, x.deficit(ctx) + 1);
        return x.lots > 0 ? best < widest : best > widest;
    }

    /// @dev ADL-1, exactly: taken·(X − entry) for a long counterparty, the opposite for a short, is no less than −1 atom.
    function _requireProfit(Position memory x, Position memory o, uint256 taken) private pure {
        int256 qx = int256(x.size());
        int256 qo = int256(o.size());
        int256 gain = x.bankruptcyCost() * qo - int256(o.cost) * qx;
        if (o.lots < 0) gain = -gain;
        _check(gain * int256(taken) >= -qx * qo, "ADL-1");
    }

    /// @dev ADL-2, exactly: taken·(X − b_o) for a long counterparty, the opposite for a short, X = K/q of the bankrupt.
    /// What the closes before it rounded for the bankrupt moved X away, by less than an atom each: the later ones gain it.
    function _requireShare(
        Position memory x,
        Position memory o,
        uint256 taken,
        int256 paid,
        int256 cover,
        int256 closes
    ) private {
        int256 qx = int256(x.size());
        int256 qo = int256(o.size());
        int256 gain = x.bankruptcyCost() * qo - o.bankruptcyCost() * qx;
        if (o.lots < 0) gain = -gain;
        gain *= int256(taken); // × 1 / (qx·qo)
        _check(paid * qx * qo > gain - 2 * qx * qo, "ADL-2");
        _check(paid * qx * qo < gain + (closes + cover) * qx * qo, "ADL-2");
        ++exactShares;
    }

    /// @dev ADL-2 under the waterfill: what stayed in the position and what was paid out are together taken·X, less than two atoms below
    /// it for each step, and no more above it than the fund paid and the steps rounded for the bankrupt.
    function _requireStayed(
        Position memory x,
        Position memory o,
        Position memory p,
        int256 paid,
        int256 cover
    ) private {
        int256 qx = int256(x.size());
        int256 taken = int256(o.size() - p.size());
        int256 got = o.bankruptcyCost() - (p.lots == 0 ? int256(0) : p.bankruptcyCost());
        int256 exact = x.bankruptcyCost() * taken;
        if (o.lots < 0) (got, exact) = (-got, -exact);
        got = (got + paid) * qx;
        _check(got > exact - 2 * STEPS * qx, "ADL-2");
        _check(got < exact + (STEPS * int256(_accounts()) + cover) * qx, "ADL-2");
        ++stayed;
    }

    function _isWaterfill(uint256 m) internal view returns (bool) {
        return exchange.marketConfig(m).rankPolicy == RankPolicy.LeverageWaterfill;
    }

    /// @dev ADL-2: the price per lot that the bankrupt account traded at is its own, to an atom a close: its rest has the same b, and
    /// rounding never moved it inward.
    function _requireNoOvershoot(uint256 m, uint256 bankrupt, Position memory x) private view {
        Position memory p = exchange.positionAt(m, bankrupt);
        if (p.lots == 0) return;
        int256 q = int256(x.size());
        int256 drift = p.bankruptcyCost() * q - x.bankruptcyCost() * int256(p.size());
        if (x.lots < 0) drift = -drift;
        _check(drift <= 0, "ADL-2");
        int256 closes = _isWaterfill(m) ? int256(_accounts()) * STEPS : int256(_accounts());
        _check(drift > -closes * q, "ADL-2");
    }

    function _isIn(QueueEntry[] memory queue, uint256 account) private pure returns (bool) {
        for (uint256 i; i < queue.length; ++i) if (queue[i].account == account) return true;
        return false;
    }

    /// @notice Everything that a cut of a call must not change, hashed.
    function _fingerprint(uint256 m) internal view returns (bytes32 hash) {
        for (uint256 a = 1; a <= _accounts(); ++a) {
            hash = keccak256(abi.encode(hash, exchange.accountAt(a), exchange.positionAt(m, a)));
        }
        hash = keccak256(abi.encode(hash, exchange.marketAt(m).pot, exchange.marketAt(m).openInterest));
        hash = keccak256(abi.encode(hash, exchange.insuranceBalance(), exchange.keeperReserve()));
    }
}
