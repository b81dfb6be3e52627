// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExchangeState, Market} from "../ExchangeStorage.sol";
import {AutoDeleverage} from "../liquidation/AutoDeleverage.sol";
import {Counterparties} from "../liquidation/Counterparties.sol";
import {Grid} from "../risk/Grid.sol";
import {Margin} from "../risk/Margin.sol";
import {Settlement} from "../risk/Settlement.sol";
import {RankPolicy} from "../types/MarketConfig.sol";
import {MarketContext, Tally} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";

/// A book made to measure and deleveraged in one call, through the exchange's own libraries: property tests run thousands of them by
/// eth_call, which leaves nothing behind.
contract RankedBook {
    using Margin for Position;

    struct Terms {
        RankPolicy policy;
        uint256 price; // X16
        int256 funding; // X16
        uint256 base;
        uint256 bankrupt; // account: its place in the seats, from 1
        uint256 budget; // what the fund can pay, quote atoms
    }

    struct Seat {
        int256 lots;
        uint256 cost;
        int256 margin;
        int256 fundingIndex;
    }

    /// One call of the deleveraging: a list, or how many the contract picks.
    struct Piece {
        uint32[] list;
        uint256 limit;
    }

    struct Result {
        Position[] positions; // by account, from 1
        uint256[] free;
        uint256 cover;
        uint256 lots;
        int256 pot; // what went into it
        int256 longValue; // by how much it changed
    }

    ExchangeState private _state;

    /// @param seats In the order in which they join their cells.
    function run(
        Terms calldata t,
        Seat[] calldata seats,
        Piece[] calldata pieces
    ) external returns (Result memory r, uint256 gas) {
        MarketContext memory ctx;
        (ctx.id, ctx.price, ctx.funding, ctx.base) = (1, t.price, t.funding, t.base);
        ctx.adjusted = int256(t.price) - t.funding;
        ctx.config.rankPolicy = t.policy;
        ctx.config.tickValue = 1; // no book takes part
        Market storage market = _state.markets[1];
        (market.longBound, market.shortBound) = (uint16(Grid.MAX + 1), uint16(Grid.MAX + 1));
        _seat(market, ctx, seats);
        uint256 budget = t.budget;
        gas = gasleft();
        for (uint256 i; i < pieces.length; ++i) {
            Settlement.Loan memory loan = Settlement.load(market, ctx, t.bankrupt);
            if (!loan.position.isBankrupt(ctx)) break;
            Tally memory tally;
            Counterparties.Run memory o = Counterparties.start(ctx, tally, loan, budget);
            AutoDeleverage.closeCounterparties(_state, market, o, pieces[i].list, pieces[i].limit);
            Settlement.store(market, ctx, tally, loan);
            budget -= o.cover;
            r.cover += o.cover;
            r.lots += o.lots;
            r.pot += tally.pot;
            r.longValue += tally.longValue;
        }
        gas -= gasleft();
        r.positions = new Position[](seats.length + 1);
        r.free = new uint256[](seats.length + 1);
        for (uint256 a = 1; a <= seats.length; ++a) {
            r.positions[a] = market.positions[a].load();
            r.free[a] = _state.accounts[a].free;
        }
    }

    function _seat(Market storage market, MarketContext memory ctx, Seat[] calldata seats) private {
        Tally memory ignored;
        for (uint256 i; i < seats.length; ++i) {
            Seat calldata s = seats[i];
            Settlement.Loan memory loan = Settlement.load(market, ctx, i + 1);
            Position memory p = loan.position;
            (p.lots, p.cost, p.margin, p.fundingIndex) = (s.lots, s.cost, s.margin, s.fundingIndex);
            Settlement.store(market, ctx, ignored, loan);
        }
    }
}
