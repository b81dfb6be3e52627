// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Grid} from "../risk/Grid.sol";
import {Margin} from "../risk/Margin.sol";
import {MarketContext} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {LiquidationPlan} from "./LiquidationPlan.sol";

/**
 * Where a call must end although counterparties are left: what it was judged by must still hold. Pure.
 *
 * Rounding is in favour of the bankrupt position, so closing a part of it may move X by less than an atom. That can carry X over the edge
 * of an entry tick, and then others are in profit at it; or the limit of the sweep over a tick, and then the book takes part again. A call
 * that went on regardless would end otherwise than two calls in its place (ADL-3, ADL-4). So it ends there, and the next one looks anew.
 */
library Thresholds {
    using LiquidationPlan for Position;
    using Margin for Position;

    struct Set {
        bool isLong; // side of the bankrupt position
        int256 edge; // X16: of the entry tick of X, the edge that rounding can carry it over
        int256 tick; // the book's limit, before the one that slippage sets
        int256 tickValue; // quote atoms per lot and tick
    }

    /// @notice What holds for a settled bankrupt position.
    /// @param budget What the fund can pay, quote atoms.
    function current(Position memory b, MarketContext memory ctx, uint256 budget) internal pure returns (Set memory s) {
        unchecked {
            int256 x = b.bankruptcyPrice();
            uint256 tick = x > 0 ? Grid.entryTick(uint256(x), ctx.base) : 0;
            s.isLong = b.isLong();
            // X of a long falls, of a short rises; at zero nobody is in profit any more
            if (s.isLong) s.edge = tick == 0 ? int256(1) : int256(Grid.entryPrice(tick, ctx.base));
            else if (x <= 0) s.edge = 1;
            else s.edge = tick == Grid.MAX_U ? type(int128).max : int256(Grid.entryPrice(tick + 1, ctx.base));
            s.tickValue = int256(uint256(ctx.config.tickValue));
            s.tick = _cost(b, ctx, budget) / (int256(b.size()) * s.tickValue);
        }
    }

    /// @notice Whether the position has left what `s` says. It is not closed.
    function crossed(
        Set memory s,
        Position memory b,
        MarketContext memory ctx,
        uint256 budget
    ) internal pure returns (bool) {
        unchecked {
            int256 size = int256(b.size());
            int256 k = b.bankruptcyCost() << 16;
            if (s.isLong ? k < s.edge * size : k >= s.edge * size) return true;
            int256 unit = size * s.tickValue;
            k = _cost(b, ctx, budget);
            return k / unit != s.tick;
        }
    }

    /// @dev What the book may take or give for all of it, cover included: the limit is at the first whole tick that is no worse. A long's
    /// is rounded up, hence the term. Quote atoms.
    function _cost(Position memory b, MarketContext memory ctx, uint256 budget) private pure returns (int256 k) {
        unchecked {
            k = b.bankruptcyCost();
            if (budget != 0) {
                uint256 cover = b.deficit(ctx);
                if (cover > budget) cover = budget;
                k = b.isLong() ? k - int256(cover) : k + int256(cover);
            }
            if (b.isLong()) k -= 1; // ⌈k/unit⌉ changes where ⌊(k − 1)/unit⌋ does
        }
    }
}
