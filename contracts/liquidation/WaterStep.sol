// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Grid} from "../risk/Grid.sol";
import {Margin} from "../risk/Margin.sol";
import {Position} from "../types/Position.sol";

/**
 * One step of the LeverageWaterfill: how many lots bring the position at the head of the order into the next row. Pure.
 *
 * Closing x of q lots at X with margin and result staying in the position moves its bankruptcy price from b to
 * (q·b − x·X)/(q − x). So to reach the edge b* of a row takes, exactly,
 *
 *     x = q·(b − b*)/(X − b*) = (q·P − λ·E)/(P − λ·|P − X|)   with λ = P/|P − b*|
 *
 * (Campbell, Hey, Moallemi, Nutz 2026), where X is improved by the cover that the fund pays. X − b* is positive by the corridor.
 */
library WaterStep {
    using Margin for Position;

    /// @dev Atoms that rounding the price of a close and its cover can take: with them x always reaches the row.
    int256 private constant SLACK = 2 << 16;

    /**
     * @notice The first row of the wide steps: a leverage of about 8/7 (exactly so at P' = P). Beyond it there is hardly any to take
     * down, and rows, being relative to the bankruptcy price, go on for thousands: a step there crosses up to sixteen of them.
     */
    function wideFrom(bool isLong, int256 adjusted, uint256 base) internal pure returns (uint256) {
        unchecked {
            int256 b = (isLong ? adjusted : adjusted * 15) >> 3;
            return Grid.coordinateV(isLong, Grid.bankruptcyTick(b, base));
        }
    }

    /**
     * @notice The smallest number of lots whose close brings a settled counterparty into its next row or beyond, rounded up; all,
     * if there is no less or no such row. The next row is v + 1, in wide steps the next multiple of sixteen.
     * @param b The bankrupt position, settled.
     * @param o The counterparty, settled.
     * @param v Row that the counterparty is in: the v of its bankruptcy price.
     * @param wide See `wideFrom`.
     * @param cover What the fund can pay for the whole of `b`, quote atoms.
     */
    function lotsToNextRow(
        Position memory b,
        Position memory o,
        uint256 v,
        uint256 wide,
        uint256 base,
        uint256 cover
    ) internal pure returns (uint256) {
        unchecked {
            // K < 2^113, lots < 2^48, prices < 2^128: every product below stays under 2^192
            uint256 size = o.size();
            uint256 target = v < wide ? v + 1 : (v | 15) + 1;
            if (target > Grid.MAX) return size;
            bool isLong = o.lots > 0;
            int256 edge = Grid.lowerEdge(isLong ? Grid.MAX - target + 1 : target, base) + o.fundingIndex;
            int256 open = int256(b.size());
            int256 far = o.bankruptcyCost() * (1 << 16) - edge * int256(size);
            int256 near = b.bankruptcyCost() * (1 << 16) - edge * open;
            if (!isLong) (far, near) = (-far, -near);
            far += SLACK;
            near += int256(cover << 16);
            if (near <= 0) return size;
            if (far <= 0) return 1;
            uint256 x = (uint256(far * open) - 1) / uint256(near) + 1;
            return x < size ? x : size;
        }
    }
}
