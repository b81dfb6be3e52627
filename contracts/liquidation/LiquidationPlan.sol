// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Margin} from "../risk/Margin.sol";
import {PIPS} from "../types/MarketConfig.sol";
import {MarketContext} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Rounding} from "../types/Rounding.sol";

/**
 * What a liquidation would do: its size and its limit price, fixed before any fill. Pure; the executors and the views share it.
 */
library LiquidationPlan {
    using Margin for Position;

    /// @notice Whether a position is below maintenance margin: exact.
    function isBelowMaintenance(Position memory p, MarketContext memory ctx) internal pure returns (bool) {
        int256 needed = int256(Margin.maintenanceX16(ctx, p.size()));
        return p.equityX16(ctx.price, ctx.funding) * int256(PIPS) < needed;
    }

    /**
     * @notice The smallest size whose close restores the target ratio m*, slippage s and fee f included:
     *     x* = (m*·q·P − E) / (P·(m* − s − f)), rounded up to a lot
     * Everything, if m* ≤ s + f, if E ≤ (s + f)·q·P, or if less than the minimum notional would stay open. m* is the target of the
     * highest tier that the whole position reaches: no less than that of what stays open.
     * @param fills Most fills there can be: each rounds its fee up by less than one atom, which E must bear.
     */
    function closeSize(Position memory p, MarketContext memory ctx, uint256 fills) internal pure returns (uint256) {
        return closeSizeWith(p, ctx, fills, uint256(ctx.config.slippageRate) + ctx.config.liquidationFeeRate);
    }

    /// @notice `closeSize` with another drag s + f on what is closed, pips: zero for a close at the mark without a fee.
    function closeSizeWith(
        Position memory p,
        MarketContext memory ctx,
        uint256 fills,
        uint256 drag
    ) internal pure returns (uint256 lots) {
        uint256 open = p.size();
        uint256 target = Margin.targetRate(ctx, open);
        int256 equity = p.equityX16(ctx.price, ctx.funding) * int256(PIPS);
        if (target <= drag || equity <= int256(open * ctx.price * drag)) return open;
        int256 missing = int256(open * ctx.price * target) - equity + int256((fills * PIPS) << 16);
        lots = Math.ceilDiv(Rounding.positivePart(missing), ctx.price * (target - drag));
        if (lots >= open) return open;
        if (((open - lots) * ctx.price) >> 16 < ctx.config.minNotional) return open;
    }

    /**
     * @notice The worst tick a solvent position may be liquidated at: the mark less slippage for a part, the price that leaves zero
     * equity after fees for the whole.
     * @param fills As for `closeSize`.
     */
    function limitTick(
        Position memory p,
        MarketContext memory ctx,
        bool whole,
        uint256 fills
    ) internal pure returns (uint256) {
        if (!whole) return slippageTick(ctx, p.lots > 0);
        int256 fee = int256(Margin.requirement(p.size(), ctx.price, ctx.config.liquidationFeeRate) + fills);
        int256 unit = int256(p.size() * ctx.config.tickValue);
        int256 k = p.bankruptcyCost();
        return
            p.lots > 0
                ? Rounding.positivePart(Rounding.ceilDiv(k + fee, unit))
                : Rounding.positivePart(Rounding.floorDiv(k - fee, unit));
    }

    /// @notice The worst tick a bankrupt position may be closed at in the book: its bankruptcy price moved by `cover`, and never
    /// beyond the mark less slippage.
    function bankruptTick(
        Position memory p,
        MarketContext memory ctx,
        uint256 cover
    ) internal pure returns (uint256 tick) {
        int256 unit = int256(p.size() * ctx.config.tickValue);
        int256 k = p.bankruptcyCost();
        if (p.lots > 0) {
            tick = Rounding.positivePart(Rounding.ceilDiv(k - int256(cover), unit));
            return Math.max(tick, slippageTick(ctx, true));
        }
        tick = Rounding.positivePart(Rounding.floorDiv(k + int256(cover), unit));
        return Math.min(tick, slippageTick(ctx, false));
    }

    /// @notice The mark less slippage, as a tick inside of it.
    function slippageTick(MarketContext memory ctx, bool sells) internal pure returns (uint256) {
        uint256 unit = (PIPS << 16) * ctx.config.tickValue;
        uint256 s = ctx.config.slippageRate;
        return sells ? Math.ceilDiv(ctx.price * (PIPS - s), unit) : (ctx.price * (PIPS + s)) / unit;
    }

    /// @notice What the fund can pay for a settled bankrupt position: its deficit at the mark, at most `budget`. Quote atoms.
    function payable_(Position memory p, MarketContext memory ctx, uint256 budget) internal pure returns (uint256) {
        if (budget == 0) return 0;
        uint256 missing = deficit(p, ctx);
        return missing < budget ? missing : budget;
    }

    /// @notice Deficit of a settled bankrupt position at the mark, quote atoms, rounded down. Zero when it is solvent.
    function deficit(Position memory p, MarketContext memory ctx) internal pure returns (uint256) {
        int256 equity = p.equityX16(ctx.price, ctx.funding);
        return equity < 0 ? uint256(-equity) >> 16 : 0;
    }
}
