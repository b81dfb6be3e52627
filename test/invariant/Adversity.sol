// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IExchange, OrderRequest, SelfTrade, TimeInForce} from "../../contracts/interfaces/IExchange.sol";
import {Margin} from "../../contracts/risk/Margin.sol";
import {Level, MarketContext} from "../../contracts/types/MarketContext.sol";
import {Position} from "../../contracts/types/Position.sol";
import {Orders} from "./Orders.sol";

/// What somebody who wants the theorem to fail would try: margin out to the last atom before a gap, pairs of own accounts at the edge
/// of the band, funding held at its clamp, a source that fails, tokens that nobody credited, delegates, guardians.
abstract contract Adversity is Orders {
    using Margin for Position;

    uint256 public pairs;
    uint256 public lastAtoms;
    uint256 public clampedAccruals;
    uint256 public outages;
    uint256 public delegatedTrades;

    /// @dev Two actors who trade with each other as far from the mark as the band lets them, with as little margin as possible.
    function pair(uint256 maker, uint256 taker, uint256 market, uint256 offset, uint256 lots) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 mark = _markTick(m);
        if (mark == 0) return;
        uint256 tick = (mark * (9_500 + _bound(offset, 0, 1_000))) / 10_000;
        bool makerBuys = offset & 1 == 0;
        OrderRequest memory r = OrderRequest({
            market: uint32(m),
            isBid: makerBuys,
            tick: uint24(tick == 0 ? 1 : tick),
            lots: uint40(_bound(lots, 1, 5_000)),
            timeInForce: TimeInForce.GoodTilCancelled,
            selfTrade: SelfTrade.CancelResting,
            reduceOnly: false,
            leverage: 50,
            expiry: 0,
            maxSteps: 12,
            clientId: 0
        });
        _act(maker, abi.encodeCall(IExchange.placeOrder, r));
        (r.isBid, r.timeInForce) = (!makerBuys, TimeInForce.ImmediateOrCancel);
        if (_act(taker, abi.encodeCall(IExchange.placeOrder, r))) ++pairs;
    }

    /// @dev Takes margin out to the last atom that clause (i) leaves, not one more, and then the price gaps.
    function lastMoment(uint256 actor, uint256 market, uint256 gap) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 account = _account(actor);
        try exchange.poke(m) returns (bool insolvent) {
            if (insolvent) return;
        } catch (bytes memory reason) {
            return _requireOwnError(reason);
        }
        (, MarketContext memory ctx) = _context(m);
        if (ctx.age > ctx.config.tradeAge) return; // margin leaves only at a price that may open exposure
        ctx.surcharge = exchange.riskAt(m).initialRate - ctx.config.initialRate;
        Position memory p = exchange.positionAt(m, account);
        if (p.lots == 0) return;
        p.settle(ctx.funding);
        int256 available = p.equity(ctx);
        if (p.margin < available) available = p.margin;
        available -= int256(Margin.openRequirement(ctx, p.size(), p.size()));
        uint256 atoms = available > 0 ? uint256(available) : 0;
        _check(!_act(actor, abi.encodeCall(IExchange.removeMargin, (m, atoms + 1))), "SOLV-6: an atom too many left");
        if (atoms == 0) return;
        _check(_act(actor, abi.encodeCall(IExchange.removeMargin, (m, atoms))), "SOLV-6: an atom withheld");
        ++lastAtoms;
        _checkCorridor(m);
        if (gap % 4 != 0) _gap(m, gap >> 8);
    }

    /// @dev Lets funding run for up to half an hour, in steps that a valid price covers.
    function accrue(uint256 market, uint256 steps) external keepsDust(0) {
        uint256 m = _market(market);
        for (uint256 n = _bound(steps, 1, 30); n != 0; --n) {
            vm.warp(block.timestamp + 55);
            for (uint256 i; i < MARKETS; ++i) _refresh(i);
            _pokeChecked(m);
        }
    }

    /// @dev The source fails: what depends on no price goes on, the rest says so.
    function outage(uint256 actor, uint256 market, uint256 lasting) external {
        uint256 m = _market(market);
        feeds[m - 1].setFailing(true);
        uint256 account = _account(actor);
        uint256 free = exchange.accountAt(account).free;
        _check(_act(actor, abi.encodeCall(IExchange.cancelAll, (m))), "SOLV-5: cancelling needs a price");
        _requireNothingReserved(m, account);
        if (free != 0) {
            _check(
                _act(actor, abi.encodeCall(IExchange.withdraw, (1, address(0xdead)))),
                "SOLV-5: withdrawing needs a price"
            );
        }
        _check(!_act(actor, abi.encodeCall(IExchange.closePosition, (m, 1, 4))), "SOLV-4: traded without a price");
        ++outages;
        // sometimes it comes back only with the next refresh
        if (lasting % 4 != 0) feeds[m - 1].setFailing(false);
    }

    /// @dev Collateral that nobody credited changes no claim.
    function donate(uint256 amount, bool toFund) external {
        uint256 claim = fund.totalAssets();
        uint256 atoms = _bound(amount, 1, 1e12);
        collateral.mint(toFund ? address(fund) : address(exchange), atoms);
        if (!toFund) donated += atoms;
        _check(fund.totalAssets() == claim, "SOLV-1");
    }

    function guard(uint256 market, uint256 level) external {
        vm.prank(admin);
        exchange.setGuardianLevel(_market(market), Level(level % 8 < 6 ? 0 : (level % 8) - 5));
    }

    /// @dev This contract trades for an actor, and can take nothing.
    function delegated(uint256 actor, uint256 market, uint256 tick, uint256 lots) external keepsDust(0) {
        uint256 m = _market(market);
        uint256 mark = _markTick(m);
        if (mark == 0) return;
        uint256 account = _account(actor);
        _act(actor, abi.encodeCall(IExchange.setDelegate, (address(this), true)));
        uint256 free = exchange.accountAt(account).free;
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(IExchange.withdraw, (free == 0 ? 1 : free, address(this)));
        try exchange.tradeFor(account, calls) {
            _check(false, "SOLV-1: a delegate withdrew");
        } catch (bytes memory reason) {
            _requireOwnError(reason);
        }
        OrderRequest memory r;
        (r.market, r.isBid, r.leverage, r.maxSteps) = (uint32(m), tick & 1 == 0, 20, 12);
        (r.tick, r.lots) = (uint24((mark * _bound(tick, 995, 1_005)) / 1_000), uint40(_bound(lots, 1, 1_000)));
        calls[0] = abi.encodeCall(IExchange.placeOrder, r);
        try exchange.tradeFor(account, calls) {
            ++delegatedTrades;
        } catch (bytes memory reason) {
            _requireOwnError(reason);
        }
    }

    // ------------------------------------------------------------------------------------------------ plumbing

    /// @dev FUND-1: in one interval F moves by no more than the clamp over the seconds that count, and not while the gate is closed.
    function _pokeChecked(uint256 m) internal returns (bool insolvent) {
        (bool priced, MarketContext memory ctx) = _context(m);
        uint256 taken = exchange.marketAt(m).taken;
        Position memory held = exchange.positionAt(m, taken);
        int256 before = exchange.marketAt(m).fundingIndex;
        uint256 gas = gasleft();
        insolvent = exchange.poke(m);
        _requireUnderCap(gas);
        bool wasGated = taken != 0 && held.lots != 0 && held.equityX16(ctx.price, before) < 0;
        int256 moved = exchange.marketAt(m).fundingIndex - before;
        _check(moved == 0 || (priced && !wasGated), "FUND-1");
        uint256 size = uint256(moved < 0 ? -moved : moved);
        uint256 cap = (ctx.price * ctx.config.fundingCap * ctx.config.maxAge) / (1e6 * 8 hours);
        _check(size <= cap, "FUND-1");
        int256 after_ = before + moved;
        uint256 distance = uint256(after_ < 0 ? -after_ : after_);
        _check(
            moved == 0 || distance <= ctx.price >> 1 || distance <= uint256(before < 0 ? -before : before),
            "FUND-1"
        );
        // an interval of 55 seconds at the clamp
        if (size != 0 && size * 60 >= cap * 54) ++clampedAccruals;
    }

    /// @dev BOOK-2 after the owner cancelled everything: equality, with nothing.
    function _requireNothingReserved(uint256 m, uint256 account) internal view {
        _check(exchange.orderMarginAt(m, account).orderIds.length == 0, "BOOK-2");
        _check(exchange.orderMarginAt(m, account).bidReserve == 0, "BOOK-2");
        _check(exchange.orderMarginAt(m, account).askReserve == 0, "BOOK-2");
    }
}
