// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FillRule} from "../../contracts/risk/FillRule.sol";
import {Grid} from "../../contracts/risk/Grid.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {MarketConfig, Tier} from "../../contracts/types/MarketConfig.sol";
import {MarketContext} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {Test} from "../utils/Test.sol";

/**
 * A market without an exchange: the contracts' own arithmetic on positions in memory, and whoever wants the corridor to break may choose
 * everything that the contracts leave open — both sides of each fill, its price, the moment, the price and the funding that follow, and
 * whom a bankrupt position meets. Free collateral has no end.
 */
abstract contract CorridorModel is Test {
    using Margin for Position;

    uint256 internal constant ACTORS = 6;
    int256 private constant ONE = 1 << 16;

    struct Venue {
        MarketContext ctx;
        Position[] positions;
        int256 maker; // fee rates, pips
        int256 taker;
        uint256 fills;
        uint256 removals;
        uint256 forced;
        uint256 waterfallFills;
        uint256 prevented;
    }

    /// @notice The tightest configuration that a market may have, or one a little looser; prices from 2^4 to 2^40 atoms a lot.
    function _open(uint256 seed) internal pure returns (Venue memory v) {
        v.positions = new Position[](ACTORS);
        MarketConfig memory c = v.ctx.config;
        c.initialRate = uint24(_bound(seed >> 8, 5_000, 20_000));
        (c.tickValue, c.tradeAge, c.minMargin) = (1, 20, 1);
        v.ctx.price = (1 << _bound(seed >> 32, 20, 56)) + ((seed >> 64) % (1 << 20));
        v.ctx.adjusted = int256(v.ctx.price);
        v.ctx.base = Grid.baseFor(v.ctx.price);
        v.ctx.surcharge = seed % 3 == 0 ? _bound(seed >> 96, 0, 50_000) : 0;
        v.ctx.tiers = new Tier[](1);
        v.ctx.tiers[0] = Tier(uint56((v.ctx.price * 1_000) >> 16), c.initialRate * 2, c.initialRate, c.initialRate * 2);
        v.taker = int256(_bound(seed >> 128, 0, 450));
        v.maker = int256(_bound(seed >> 160, 0, 900)) - 450;
        if (v.maker > v.taker || -v.maker > v.taker) v.maker = v.taker;
    }

    function _act(Venue memory v, uint256 r) internal view {
        uint256 action = r % 16;
        if (action < 6) _trade(v, r >> 8);
        else if (action < 8) _removeMargin(v, r >> 8);
        else if (action < 10) _fund(v, r >> 8);
        else if (action < 12) _move(v, r >> 8);
        else if (action < 13) _waterfallFill(v, r >> 8);
        else if (action < 14) _prevent(v, r >> 8);
        else _resolve(v, r >> 8, 1);
    }

    // ------------------------------------------------------------------------------------------------ what may happen

    /// @dev Clause (i) and (ii): any two accounts, any tick of the widest band, the least margin that the fill rule takes.
    function _trade(Venue memory v, uint256 r) private view {
        if (_isGated(v)) return;
        uint256 a = r % ACTORS;
        uint256 b = (a + 1 + ((r >> 8) % (ACTORS - 1))) % ACTORS;
        uint256 lots = _bound(r >> 16, 1, (r >> 56) % 4 == 0 ? 3 : 3_000);
        uint256 tick = _tick(v, r >> 64);
        FillRule.Plan memory maker = _plan(v, a, true, true, lots, tick);
        FillRule.Plan memory taker = _plan(v, b, false, false, lots, tick);
        if (maker.refusal != FillRule.Refusal.None || taker.refusal != FillRule.Refusal.None) return;
        (v.positions[a], v.positions[b]) = (maker.position, taker.position);
        ++v.fills;
    }

    /// @dev As MarginDesk.remove: to the last atom.
    function _removeMargin(Venue memory v, uint256 r) private pure {
        Position memory p = v.positions[r % ACTORS];
        if (p.lots == 0 || _isGated(v)) return;
        p.settle(v.ctx.funding);
        int256 ceiling = p.equity(v.ctx);
        if (p.margin < ceiling) ceiling = p.margin;
        int256 available = ceiling - int256(Margin.openRequirement(v.ctx, p.size(), p.size()));
        if (available <= 0) return;
        p.margin -= available;
        ++v.removals;
    }

    /// @dev Up to 2 % of the price at once, up to half the price in all, never while the gate is closed.
    function _fund(Venue memory v, uint256 r) private pure {
        if (_isGated(v)) return;
        int256 step = int256(_bound(r >> 8, 0, v.ctx.price / 50));
        int256 next = v.ctx.funding + (r & 1 == 0 ? step : -step);
        int256 bound = int256(v.ctx.price >> 1);
        if (next > bound || next < -bound) return;
        v.ctx.funding = next;
        v.ctx.adjusted = int256(v.ctx.price) - next;
    }

    /// @dev Mostly a little, sometimes between −90 % and +900 %.
    function _move(Venue memory v, uint256 r) private pure {
        uint256 price = v.ctx.price;
        if (r % 3 == 0) price = (price * _bound(r >> 8, 10, 1_000)) / 100;
        else price = (price * _bound(r >> 8, 9_900, 10_100)) / 10_000;
        if (price < 1 << 20 || price > 1 << 60) return;
        v.ctx.price = price;
        v.ctx.adjusted = int256(price) - v.ctx.funding;
    }

    /// @dev Clause (iii): the bankrupt closes in the book, with cover if it must, and a maker opens on its side.
    function _waterfallFill(Venue memory v, uint256 r) private view {
        (bool found, uint256 k) = _bankrupt(v, r);
        if (!found) return;
        uint256 a = (k + 1 + ((r >> 8) % (ACTORS - 1))) % ACTORS;
        Position memory p = v.positions[k];
        bool isLong = p.lots > 0;
        p.settle(v.ctx.funding);
        uint256 lots = _bound(r >> 16, 1, p.size());
        uint256 tick = _tick(v, r >> 64);
        FillRule.Plan memory maker = _plan(v, a, isLong, true, lots, tick);
        if (maker.refusal != FillRule.Refusal.None) return;
        int256 gap = p.shareRoundedOutward(lots) - int256(lots * tick);
        if (!isLong) gap = -gap;
        p.close(lots, lots * tick);
        if (gap > 0) p.margin += gap;
        if (p.lots == 0) _check(p.margin >= 0, "SOLV-7");
        if (p.lots == 0) (p.margin, p.cost) = (0, 0);
        v.positions[a] = maker.position;
        ++v.waterfallFills;
    }

    /// @dev At the mark, against a position that is solvent by a whole cell: nobody ends below zero.
    function _prevent(Venue memory v, uint256 r) private pure {
        uint256 k = r % ACTORS;
        uint256 a = (k + 1 + ((r >> 8) % (ACTORS - 1))) % ACTORS;
        (Position memory p, Position memory o) = (v.positions[k], v.positions[a]);
        if (p.lots == 0 || o.lots == 0 || (p.lots > 0) == (o.lots > 0) || _isGated(v)) return;
        (, uint256 place) = o.cell(v.ctx.base);
        if (place <= _mark(v, o.lots > 0)) return;
        p.settle(v.ctx.funding);
        o.settle(v.ctx.funding);
        uint256 lots = _bound(r >> 16, 1, p.size() < o.size() ? p.size() : o.size());
        uint256 exact = lots * v.ctx.price;
        uint256 notional = p.lots > 0 ? exact >> 16 : (exact + (1 << 16) - 1) >> 16;
        if (p.isBankrupt(v.ctx) || !p.closeIsCovered(lots, notional, 0)) return;
        p.close(lots, notional);
        bool isLong = o.lots > 0;
        int256 share = o.shareRoundedOutward(lots);
        o.takeShare(lots, share);
        _check((isLong ? int256(notional) - share : share - int256(notional)) >= 0, "SOLV-7");
        _check(p.equityX16(v.ctx.price, v.ctx.funding) >= 0, "SOLV-7");
        _check(o.equityX16(v.ctx.price, v.ctx.funding) >= 0, "SOLV-7");
        if (p.lots == 0) (p.margin, p.cost) = (0, 0);
        ++v.prevented;
    }

    /// @dev Closes bankrupt positions at their own price, each against whichever opposing position chance names.
    function _resolve(Venue memory v, uint256 r, uint256 times) internal pure {
        for (uint256 i; i < times; ++i) {
            (bool found, uint256 k) = _bankrupt(v, r >> (i % 64));
            if (!found) return;
            Position memory p = v.positions[k];
            uint256 a = (r >> 64) % ACTORS;
            while (v.positions[a].lots == 0 || (v.positions[a].lots > 0) == (p.lots > 0)) a = (a + 1) % ACTORS;
            Position memory o = v.positions[a];
            p.settle(v.ctx.funding);
            o.settle(v.ctx.funding);
            uint256 lots = p.size() < o.size() ? p.size() : o.size();
            if (r & 1 == 0) lots = _bound(r >> 96, 1, lots);
            bool isLong = o.lots > 0;
            int256 traded = p.shareRoundedOutward(lots);
            int256 share = o.shareRoundedOutward(lots);
            p.takeShare(lots, traded);
            o.takeShare(lots, share);
            // each of the two roundings is less than an atom, and the exact payout is not negative
            _check((isLong ? traded - share : share - traded) >= -1, "SOLV-7");
            ++v.forced;
        }
    }

    // ------------------------------------------------------------------------------------------------ what must hold

    /// @dev SOLV-6, strictly, as rationals; and what both sides hold of each other's lots.
    function _requireCorridor(Venue memory v) internal pure {
        int256 sum;
        for (uint256 l; l < ACTORS; ++l) {
            Position memory p = v.positions[l];
            sum += p.lots;
            if (p.lots <= 0) continue;
            int256 bl = p.bankruptcyCost() * ONE - p.fundingIndex * p.lots;
            for (uint256 s; s < ACTORS; ++s) {
                Position memory o = v.positions[s];
                if (o.lots >= 0) continue;
                int256 bs = o.bankruptcyCost() * ONE + o.fundingIndex * o.lots;
                _check(bl * -o.lots < bs * p.lots, "SOLV-6");
            }
        }
        _check(sum == 0, "SOLV-3");
    }

    // ------------------------------------------------------------------------------------------------ plumbing

    function _plan(
        Venue memory v,
        uint256 account,
        bool buys,
        bool isMaker,
        uint256 lots,
        uint256 tick
    ) private view returns (FillRule.Plan memory) {
        Position memory p = v.positions[account];
        if (p.lots != 0) p.settle(v.ctx.funding);
        else p.fundingIndex = v.ctx.funding;
        FillRule.Terms memory terms = FillRule.Terms(buys, isMaker ? v.maker : v.taker, 255, isMaker, isMaker);
        return FillRule.plan(v.ctx, p, type(uint96).max, terms, lots, tick);
    }

    /// @dev Within 50 % of the mark: the widest band that a market may have.
    function _tick(Venue memory v, uint256 r) private pure returns (uint256 tick) {
        tick = (v.ctx.price * _bound(r >> 8, r % 4 == 0 ? 500 : 990, r % 4 == 0 ? 1_500 : 1_010)) / (1_000 << 16);
        if (tick == 0) tick = 1;
    }

    function _mark(Venue memory v, bool isLong) private pure returns (uint256) {
        return Grid.coordinateV(isLong, Grid.bankruptcyTick(v.ctx.adjusted, v.ctx.base));
    }

    /// @dev As Gate: only what is past bankruptcy by a whole cell closes it.
    function _isGated(Venue memory v) private pure returns (bool) {
        for (uint256 a; a < ACTORS; ++a) {
            Position memory p = v.positions[a];
            if (p.lots == 0) continue;
            (, uint256 place) = p.cell(v.ctx.base);
            if (place < _mark(v, p.lots > 0)) return true;
        }
        return false;
    }

    /// @dev A bankrupt position, the search beginning where chance says; a fraction of a tick is enough, as for a nominee.
    function _bankrupt(Venue memory v, uint256 r) private pure returns (bool found, uint256 account) {
        for (uint256 i; i < ACTORS; ++i) {
            account = (r + i) % ACTORS;
            if (v.positions[account].isBankrupt(v.ctx)) return (true, account);
        }
    }
}
