// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../../contracts/ExchangeStorage.sol";
import {Counterparties} from "../../contracts/liquidation/Counterparties.sol";
import {LiquidationPlan} from "../../contracts/liquidation/LiquidationPlan.sol";
import {Grid} from "../../contracts/risk/Grid.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {RankIndex} from "../../contracts/risk/RankIndex.sol";
import {RankScore} from "../../contracts/risk/RankScore.sol";
import {Settlement} from "../../contracts/risk/Settlement.sol";
import {MarketContext, Tally} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {Ledger} from "../../contracts/vault/Ledger.sol";
import {Test} from "../utils/Test.sol";

/**
 * Stages 3 and 4 on a market in this contract's own storage: one bankrupt position (account 1), a solvent one beside it (2), and six
 * opposing ones (3–8) with chosen entries, bankruptcy prices and funding. Everything is recomputed from the positions before and after.
 */
contract ClosingTest is Test {
    using Margin for Position;
    using LiquidationPlan for Position;
    using RankIndex for RankIndex.State;

    uint256 private constant N = 8;
    int256 private constant ONE = 1 << 16;

    ExchangeState private _state;

    struct Sight {
        Position[N + 1] positions; // settled
        uint256[N + 1] free;
        int256 dust; // X16
        uint256 insurance;
        uint256 pot;
    }

    /// @dev SOLV-1, 2, 3, 6, 7, IDX-1, IDX-2, ADL-1, ADL-2 over one call of the contract's own choice, with and without cover.
    function testFuzz_AClose(uint256 seed) public {
        MarketContext memory ctx = _build(seed);
        Sight memory before = _look(ctx);
        uint256 budget = seed % 4 == 0 ? 0 : (before.positions[1].deficit(ctx) * ((seed >> 8) % 150)) / 100;
        (uint256 cover, uint256 lots, ) = _deleverage(ctx, _bound(seed >> 16, 1, 7), budget);
        Sight memory after_ = _look(ctx);
        _requireMoney(before, after_, cover, budget);
        _requireShares(ctx, before, after_, cover);
        _check(before.positions[1].size() - after_.positions[1].size() == lots, "SOLV-3");
        _requireIndexed(ctx, true);
        _requireIndexed(ctx, false);
        _requireBestTaken(ctx, before, after_);
    }

    /// @dev ADL-4: with cover, k at once or one by one.
    function testFuzz_ACut(uint256 seed) public {
        MarketContext memory ctx = _build(seed);
        uint256 budget = (_look(ctx).positions[1].deficit(ctx) * ((seed >> 8) % 150)) / 100;
        uint256 k = _bound(seed >> 16, 2, 6);
        uint256 id = vm.snapshotState();
        uint256 whole = _deleverageAll(ctx, k, k, budget);
        bytes32 hash = keccak256(abi.encode(_look(ctx), _state.markets[1].longValue));
        vm.revertToState(id);
        uint256 parts = _deleverageAll(ctx, k, 1, budget);
        _check(parts == whole && keccak256(abi.encode(_look(ctx), _state.markets[1].longValue)) == hash, "ADL-4");
    }

    // ------------------------------------------------------------------------------------------------ the market

    function _build(uint256 seed) private returns (MarketContext memory ctx) {
        Market storage market = _state.markets[1];
        (ctx.id, ctx.price, ctx.config.tickValue) = (1, 100_000 << 16, 10);
        ctx.funding = int256((seed >> 40) % (20_000 << 16)) - (10_000 << 16);
        ctx.adjusted = int256(ctx.price) - ctx.funding;
        ctx.base = Grid.baseFor(ctx.price);
        (market.longBound, market.shortBound) = (uint16(Grid.MAX + 1), uint16(Grid.MAX + 1));
        _state.insurance = 1e15;
        bool isLong = seed & 1 == 0;
        int256 away = isLong ? int256(1) : -1;
        // beyond P' by 0.5 to 8 %, the opposing ones beyond that by 0 to 30 %
        int256 b = ctx.adjusted + (away * ctx.adjusted * int256(_bound(seed >> 64, 5, 80))) / 1_000;
        uint256 lots = _bound(seed >> 72, 1, 5_000);
        Tally memory tally;
        _put(market, ctx, tally, 1, isLong, lots, b, seed);
        uint256 sum;
        for (uint256 a = 3; a <= N; ++a) {
            uint256 r = uint256(keccak256(abi.encode(seed, a)));
            uint256 size = _bound(r, 1, 3_000);
            if (a == N && sum + size < lots) size = lots - sum;
            sum += size;
            // some of them in one cell
            int256 further = (r >> 16) & 3 == 0 ? int256(5) : int256(_bound(r >> 24, 5, 300));
            _put(market, ctx, tally, a, !isLong, size, b + (away * b * further) / 1_000, (r >> 16) & 3 == 0 ? seed : r);
        }
        if (sum > lots) _put(market, ctx, tally, 2, isLong, sum - lots, ctx.adjusted - (away * ctx.adjusted) / 5, seed);
        tally.openInterest = int256(sum);
        int256 owed;
        for (uint256 a = 1; a <= N; ++a) owed += _owed(market.positions[a].load());
        tally.pot = (owed >> 16) + 1 + 1e6;
        (market.risk.growthLots, market.risk.growthPeriod) = (1e6, 1);
        Ledger.apply_(_state, market, ctx, tally);
    }

    /// @dev A position with this bankruptcy price, entered between 10 % and 0.1 % on the solvent side of it.
    function _put(
        Market storage market,
        MarketContext memory ctx,
        Tally memory tally,
        uint256 account,
        bool isLong,
        uint256 lots,
        int256 b,
        uint256 r
    ) private {
        Settlement.Loan memory loan;
        loan.account = account;
        Position memory p = loan.position;
        p.fundingIndex = ctx.funding - int256((r >> 96) % (500 << 16));
        int256 k = ((b + p.fundingIndex) * int256(lots)) >> 16;
        p.lots = isLong ? int256(lots) : -int256(lots);
        int256 entry = (k * int256(1_000 + (isLong ? int256(1) : -1) * int256(_bound(r >> 128, 1, 100)))) / 1_000;
        p.cost = uint256(entry);
        p.margin = isLong ? entry - k : k - entry;
        Settlement.store(market, ctx, tally, loan);
    }

    /// @dev Takes `count` counterparties while the position is bankrupt. A call may end before it has taken `each`, where X crosses an edge.
    function _deleverageAll(
        MarketContext memory ctx,
        uint256 count,
        uint256 each,
        uint256 budget
    ) private returns (uint256 cover) {
        while (count != 0 && _state.markets[1].positions[1].load().isBankrupt(ctx)) {
            (uint256 paid, , uint256 taken) = _deleverage(ctx, each < count ? each : count, budget - cover);
            (cover, count) = (cover + paid, count - taken);
        }
    }

    function _deleverage(
        MarketContext memory ctx,
        uint256 limit,
        uint256 budget
    ) private returns (uint256 cover, uint256 lots, uint256 taken) {
        Market storage market = _state.markets[1];
        Settlement.Loan memory loan = Settlement.load(market, ctx, 1);
        Tally memory tally;
        Counterparties.Run memory run = Counterparties.start(ctx, tally, loan, budget);
        Counterparties.takePicked(_state, market, run, limit);
        tally.openInterest -= int256(run.lots);
        Settlement.store(market, ctx, tally, loan);
        Ledger.apply_(_state, market, ctx, tally);
        return (run.cover, run.lots, run.rank);
    }

    // ------------------------------------------------------------------------------------------------ what must hold

    function _look(MarketContext memory ctx) private view returns (Sight memory s) {
        Market storage market = _state.markets[1];
        int256 longValue;
        int256 lots;
        uint256 longLots;
        s.dust = int256(uint256(market.pot)) * ONE;
        for (uint256 a = 1; a <= N; ++a) {
            Position memory p = market.positions[a].load();
            s.dust -= _owed(p);
            longValue += p.longValue();
            lots += p.lots;
            if (p.lots > 0) longLots += p.size();
            if (p.lots != 0) p.settle(ctx.funding);
            (p.prev, p.next) = (0, 0);
            (s.positions[a], s.free[a]) = (p, _state.accounts[a].free);
        }
        (s.insurance, s.pot) = (_state.insurance, market.pot);
        _check(s.dust >= 0 && market.longValue == longValue, "SOLV-2");
        _check(lots == 0 && longLots == market.openInterest, "SOLV-3");
        for (uint256 i = 1; i <= N; ++i) for (uint256 j = 1; j <= N; ++j) _requireApart(s.positions[i], s.positions[j]);
    }

    function _owed(Position memory p) private pure returns (int256) {
        int256 cost = int256(p.cost);
        return (p.margin - (p.lots > 0 ? cost : -cost)) * ONE + p.lots * p.fundingIndex;
    }

    function _requireApart(Position memory l, Position memory s) private pure {
        if (l.lots <= 0 || s.lots >= 0) return;
        _check(l.bankruptcyCost() * -s.lots < s.bankruptcyCost() * l.lots, "SOLV-6");
    }

    function _requireMoney(Sight memory b, Sight memory a, uint256 cover, uint256 budget) private pure {
        uint256 paid;
        for (uint256 i = 1; i <= N; ++i) {
            _check(a.free[i] >= b.free[i], "SOLV-7");
            paid += a.free[i] - b.free[i];
        }
        _check(cover <= budget && b.insurance - a.insurance == cover, "SOLV-1");
        _check(a.pot + paid == b.pot + cover, "SOLV-1");
        // a payout clamped at zero costs the dust less than an atom, for each of at most seven
        _check(a.dust > b.dust - 7 * ONE, "FUND-1");
    }

    function _requireShares(MarketContext memory ctx, Sight memory b, Sight memory a, uint256 cover) private pure {
        Position memory x = b.positions[1];
        bool isLong = x.lots < 0;
        int256 qx = int256(x.size());
        uint256 n = _taken(b, a);
        int256 surplus; // × qx: what all were paid above their shares
        RankScore.Params memory params = Counterparties.eligibility(ctx, isLong, x.bankruptcyPrice());
        for (uint256 i = 3; i <= N; ++i) {
            Position memory o = b.positions[i];
            int256 taken = int256(o.size() - a.positions[i].size());
            if (taken == 0) continue;
            int256 qo = int256(o.size());
            int256 gain = x.bankruptcyCost() * qo - o.bankruptcyCost() * qx;
            gain = (isLong ? gain : -gain) * taken;
            int256 paid = int256(a.free[i] - b.free[i]);
            _check(paid * qx * qo > gain - 2 * qx * qo, "ADL-2");
            // what the closes before it rounded for the bankrupt moved X away, by less than an atom each: the later ones gain it
            _check(paid * qx * qo < gain + int256(n + cover) * qx * qo, "ADL-2");
            surplus += paid * qx - gain / qo;
            (uint256 u, uint256 v) = o.cell(ctx.base);
            if (u >= params.uLimit || v < params.vMin) continue;
            int256 pnl = x.bankruptcyCost() * qo - int256(o.cost) * qx;
            _check((isLong ? pnl : -pnl) * taken >= -qx * qo, "ADL-1");
        }
        // together: all of the cover and nothing else, but for the roundings
        int256 excess = surplus - int256(cover) * qx;
        _check(excess < int256(n) * qx + int256(n) && excess > -2 * int256(n) * qx - int256(n), "ADL-2");
        Position memory rest = a.positions[1];
        int256 drift = rest.bankruptcyCost() * qx - x.bankruptcyCost() * int256(rest.size());
        if (isLong) drift = -drift;
        if (rest.lots != 0) _check(drift <= 0 && drift > -int256(n) * qx, "ADL-2");
    }

    function _taken(Sight memory b, Sight memory a) private pure returns (uint256 n) {
        for (uint256 i = 3; i <= N; ++i) if (a.positions[i].size() != b.positions[i].size()) ++n;
    }

    /// @dev Nobody who is eligible and still whole ranks above somebody who was taken; principal only when nobody is eligible.
    function _requireBestTaken(MarketContext memory ctx, Sight memory b, Sight memory a) private pure {
        bool isLong = b.positions[1].lots < 0;
        RankScore.Params memory params = Counterparties.eligibility(ctx, isLong, b.positions[1].bankruptcyPrice());
        for (uint256 i = 3; i <= N; ++i) {
            if (a.positions[i].size() == b.positions[i].size()) continue;
            (bool counts, uint256 score) = _scoreOf(ctx, params, b.positions[i]);
            for (uint256 j = 3; j <= N; ++j) {
                if (a.positions[j].lots == 0 || a.positions[j].size() != b.positions[j].size()) continue;
                (bool alsoCounts, uint256 other) = _scoreOf(ctx, params, b.positions[j]);
                if (alsoCounts) _check(counts && other <= score, "IDX-2");
            }
        }
    }

    function _scoreOf(
        MarketContext memory ctx,
        RankScore.Params memory params,
        Position memory p
    ) private pure returns (bool, uint256) {
        (uint256 u, uint256 v) = p.cell(ctx.base);
        if (u >= params.uLimit || v < params.vMin) return (false, 0);
        return (true, RankScore.score(params, u, v));
    }

    function _requireIndexed(MarketContext memory ctx, bool isLong) private view {
        Market storage market = _state.markets[1];
        uint256 members;
        for (uint256 a = 1; a <= N; ++a) {
            Position memory p = market.positions[a].load();
            if (p.lots == 0 || (p.lots > 0) != isLong) continue;
            (uint256 u, uint256 v) = p.cell(ctx.base);
            uint256 current = Settlement.index(market, isLong).headOf(market.positions, u, v);
            uint256 i;
            while (current != a && ++i <= N) current = market.positions[current].nextOf();
            _check(current == a, "IDX-1");
            if (p.prev == 0) ++members; // heads of cells
        }
        _check(_cells(isLong, RankIndex.ROOT, 0, 0) == members, "IDX-1");
    }

    function _cells(bool isLong, uint256 level, uint256 u0, uint256 v0) private view returns (uint256 count) {
        uint256 w = Settlement.index(_state.markets[1], isLong).word(level, u0, v0);
        for (uint256 i; i < 256; ++i) {
            if ((w >> i) & 1 == 0) continue;
            count += level == 0 ? 1 : _cells(isLong, level - 1, (u0 << 4) | (i >> 4), (v0 << 4) | (i & 15));
        }
    }
}
