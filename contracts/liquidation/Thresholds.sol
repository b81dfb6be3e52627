// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Grid} from "../risk/Grid.sol";
import {Margin} from "../risk/Margin.sol";
import {MarketContext} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Rounding} from "../types/Rounding.sol";

/**
 * Where a call must end although counterparties are left: what it was judged by must still hold. Pure.
 *
 * Rounding is in favour of the bankrupt position, so closing a part of it may move X by less than an atom. That can carry X over the edge
 * of an entry tick, and then others are in profit at it; or the limit of the sweep over a tick, and then the book takes part again; or the
 * position itself over the mark, and then it is solvent. A call
 * that went on regardless would end otherwise than two calls in its place (ADL-3, ADL-4). So it ends there, and the next one looks anew.
 */
library Thresholds {
    using Margin for Position;

    struct Set {
        bool isLong; // side of the bankrupt position
        int256 mark; // P, X16: what the position is solvent at is not closed
        int256 edge; // X16: of the entry tick of X, the edge that rounding can carry it over
        int256 low; // quote atoms per lot: between these the book's limit is one tick (before the one that slippage sets)
        int256 high;
    }

    /// @notice What holds for a settled bankrupt position.
    /// @param cover What the fund can pay for it, quote atoms.
    function current(Position memory b, MarketContext memory ctx, uint256 cover) internal pure returns (Set memory s) {
        unchecked {
            int256 x = b.bankruptcyPrice();
            uint256 tick = x > 0 ? Grid.entryTick(uint256(x), ctx.base) : 0;
            (s.isLong, s.mark) = (b.isLong(), int256(ctx.price));
            // X of a long falls, of a short rises; at zero nobody is in profit any more
            if (s.isLong) s.edge = tick == 0 ? int256(1) : int256(Grid.entryPrice(tick, ctx.base));
            else if (x <= 0) s.edge = 1;
            else s.edge = tick == Grid.MAX_U ? type(int128).max : int256(Grid.entryPrice(tick + 1, ctx.base));
            int256 tickValue = int256(uint256(ctx.config.tickValue));
            s.low = Rounding.floorDiv(_limit(s, b.bankruptcyCost(), cover), int256(b.size()) * tickValue) * tickValue;
            s.high = s.low + tickValue;
        }
    }

    /// @notice Whether the position, which is not closed, has left what `s` says.
    /// @param cover What the fund can pay for it now, quote atoms.
    function crossed(Set memory s, Position memory b, uint256 cover) internal pure returns (bool) {
        unchecked {
            int256 size = s.isLong ? b.lots : -b.lots;
            int256 k = s.isLong ? int256(b.cost) - b.margin : int256(b.cost) + b.margin;
            int256 kX16 = k << 16;
            if (s.isLong ? kX16 < s.edge * size : kX16 >= s.edge * size) return true;
            if (s.isLong ? kX16 <= s.mark * size : kX16 >= s.mark * size) return true;
            k = _limit(s, k, cover);
            return k < s.low * size || k >= s.high * size;
        }
    }

    /// @dev What the book may take or give for all of it: K and the cover. A long's limit is ⌈·/unit⌉, which changes where ⌊(· − 1)/unit⌋ does.
    function _limit(Set memory s, int256 k, uint256 cover) private pure returns (int256) {
        unchecked {
            return s.isLong ? k - int256(cover) - 1 : k + int256(cover);
        }
    }
}
