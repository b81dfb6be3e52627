// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import {PIPS, Tier} from "../types/MarketConfig.sol";
import {MarketContext} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Rounding} from "../types/Rounding.sol";
import {Grid} from "./Grid.sol";

/**
 * Arithmetic of one position: equity, requirements, bankruptcy price, and what closing a part of it does. Pure.
 *
 * With side = sign(lots):  K = cost − side·margin  is what the whole position trades for at its bankruptcy price.
 *     equity = margin + lots·P − side·cost − lots·(F − F₀)
 *     b      = K/|lots| − F₀        (long bankrupt ⇔ P' < b, short bankrupt ⇔ P' > b, with P' = P − F)
 *
 * Unchecked: lots stay below 2^48 and cost below 2^113 (a stored position, and at most one more of them on top), |margin| below 2^128,
 * prices below 2^64, |F| below 2^96, rates below 2^24. So every product stays below 2^180. Whoever takes more than there is out of a
 * position ends with a cost that no position can hold, and storing it reverts with PositionOverflow.
 */
library Margin {
    /// @dev Slack of the corridor theorem's clause (i) in quote atoms per lot, for the roundings of settlement.
    uint256 internal constant CORRIDOR_ATOMS = 64;
    int256 private constant ONE = 1 << 16;

    function isLong(Position memory p) internal pure returns (bool) {
        return p.lots > 0;
    }

    function size(Position memory p) internal pure returns (uint256) {
        return SignedMath.abs(p.lots);
    }

    /// @notice Brings the position to the market's funding index. What it owes is rounded up.
    function settle(Position memory p, int256 funding) internal pure {
        unchecked {
            if (p.fundingIndex == funding) return;
            p.margin -= Rounding.ceilDiv(p.lots * (funding - p.fundingIndex), ONE);
            p.fundingIndex = funding;
        }
    }

    /// @notice Exact equity at the mark in quote atoms × 2^16. Works on settled and unsettled positions.
    function equityX16(Position memory p, uint256 price, int256 funding) internal pure returns (int256) {
        unchecked {
            int256 cost = int256(p.cost) * ONE;
            return
                p.margin * ONE +
                p.lots * int256(price) -
                (p.lots > 0 ? cost : -cost) -
                p.lots * (funding - p.fundingIndex);
        }
    }

    /// @notice Equity at the mark in quote atoms, rounded down.
    function equity(Position memory p, MarketContext memory ctx) internal pure returns (int256) {
        return Rounding.floorDiv(equityX16(p, ctx.price, ctx.funding), ONE);
    }

    /// @notice Equity at a price less funding P' (X16, signed) in quote atoms, rounded down: |lots|·side·(P' − b). Works on settled
    /// and unsettled positions.
    function equityAt(Position memory p, int256 adjusted) internal pure returns (int256) {
        unchecked {
            int256 value = int256(size(p)) * (adjusted + p.fundingIndex) - bankruptcyCost(p) * ONE;
            return Rounding.floorDiv(p.lots > 0 ? value : -value, ONE);
        }
    }

    function isBankrupt(Position memory p, MarketContext memory ctx) internal pure returns (bool) {
        return p.lots != 0 && equityX16(p, ctx.price, ctx.funding) < 0;
    }

    /// @notice K = cost − side·margin of a settled position, in quote atoms.
    function bankruptcyCost(Position memory p) internal pure returns (int256) {
        unchecked {
            return p.lots > 0 ? int256(p.cost) - p.margin : int256(p.cost) + p.margin;
        }
    }

    /// @notice X = K / |lots| of a settled position, in X16, rounded down.
    function bankruptcyPrice(Position memory p) internal pure returns (int256) {
        return Rounding.floorDiv(bankruptcyCost(p) * ONE, int256(size(p)));
    }

    /// @notice The normalised bankruptcy price b = K/|lots| − F₀ in X16, rounded down: what the index is keyed by.
    function normalisedBankruptcyPrice(Position memory p) internal pure returns (int256) {
        return bankruptcyPrice(p) - p.fundingIndex;
    }

    /// @notice lots·b of a long, X16, exact; zero for a short or no position. What Market.longValue sums.
    function longValue(Position memory p) internal pure returns (int256) {
        unchecked {
            return p.lots > 0 ? bankruptcyCost(p) * ONE - p.lots * p.fundingIndex : int256(0);
        }
    }

    /// @notice The index cell of an open position.
    function cell(Position memory p, uint256 base) internal pure returns (uint256 u, uint256 v) {
        unchecked {
            bool long_ = p.lots > 0;
            u = Grid.coordinateU(long_, Grid.entryTick((p.cost << 16) / size(p), base));
            v = Grid.coordinateV(long_, Grid.bankruptcyTick(normalisedBankruptcyPrice(p), base));
        }
    }

    // ------------------------------------------------------------------------------------------------ requirements

    /// @notice lots · P · rate in quote atoms, rounded up.
    function requirement(uint256 lots, uint256 price, uint256 rate) internal pure returns (uint256) {
        unchecked {
            return Math.ceilDiv(lots * price * rate, PIPS << 16);
        }
    }

    /// @notice Initial margin of `lots` over all tiers, quote atoms, rounded up.
    function initialMargin(MarketContext memory ctx, uint256 lots) internal pure returns (uint256) {
        return Math.ceilDiv(initialX16(ctx, lots), PIPS << 16);
    }

    /// @notice Maintenance margin of `lots` over all tiers, quote atoms, rounded up.
    function maintenanceMargin(MarketContext memory ctx, uint256 lots) internal pure returns (uint256) {
        return Math.ceilDiv(maintenanceX16(ctx, lots), PIPS << 16);
    }

    /// @notice Exact initial margin in quote atoms × 2^16 × 10^6: each tier's rate on its slice of notional.
    function initialX16(MarketContext memory ctx, uint256 lots) internal pure returns (uint256 sum) {
        unchecked {
            uint256 notional = lots * ctx.price;
            sum = notional * ctx.config.initialRate;
            uint256 below = ctx.config.initialRate;
            for (uint256 i; i < ctx.tiers.length; ++i) {
                Tier memory t = ctx.tiers[i];
                uint256 from = uint256(t.from) << 16;
                if (notional <= from) break;
                sum += (notional - from) * (t.initialRate - below);
                below = t.initialRate;
            }
        }
    }

    /// @notice Exact maintenance margin in quote atoms × 2^16 × 10^6.
    function maintenanceX16(MarketContext memory ctx, uint256 lots) internal pure returns (uint256 sum) {
        unchecked {
            uint256 notional = lots * ctx.price;
            sum = notional * ctx.config.maintenanceRate;
            uint256 below = ctx.config.maintenanceRate;
            for (uint256 i; i < ctx.tiers.length; ++i) {
                Tier memory t = ctx.tiers[i];
                uint256 from = uint256(t.from) << 16;
                if (notional <= from) break;
                sum += (notional - from) * (t.maintenanceRate - below);
                below = t.maintenanceRate;
            }
        }
    }

    /// @notice What a partial liquidation restores: the target rate of the highest tier that `lots` reach, pips.
    function targetRate(MarketContext memory ctx, uint256 lots) internal pure returns (uint256 rate) {
        unchecked {
            uint256 notional = lots * ctx.price;
            rate = ctx.config.targetRate;
            for (uint256 i; i < ctx.tiers.length && notional > uint256(ctx.tiers[i].from) << 16; ++i) {
                rate = ctx.tiers[i].targetRate;
            }
        }
    }

    /**
     * @notice Equity that a position of `lots` needs after `fresh` of them were opened or margin was taken from them: initial margin
     * over all tiers, the market's surcharge on the fresh lots, the market's minimum, and clause (i) of the corridor theorem, two
     * index ticks at P' plus 64 atoms per lot. Quote atoms, rounded up.
     */
    function openRequirement(MarketContext memory ctx, uint256 lots, uint256 fresh) internal pure returns (uint256) {
        unchecked {
            uint256 initial = Math.ceilDiv(initialX16(ctx, lots) + fresh * ctx.price * ctx.surcharge, PIPS << 16);
            uint256 perLot = 2 * Grid.tickWidth(SignedMath.abs(ctx.adjusted), ctx.base) + (CORRIDOR_ATOMS << 16);
            uint256 corridor = Math.ceilDiv(lots * perLot, 1 << 16);
            return Math.max(Math.max(initial, corridor), ctx.config.minMargin);
        }
    }

    /// @notice A fee in quote atoms, rounded up; for a negative rate a rebate, rounded towards zero.
    function feeAgainstAccount(uint256 notional, int256 rate) internal pure returns (int256) {
        unchecked {
            return Rounding.ceilDiv(int256(notional) * rate, int256(PIPS));
        }
    }

    // ------------------------------------------------------------------------------------------------ closing

    /// @notice Closes `lots` for `notional`: cost leaves in proportion, rounded down for longs and up for shorts, and the result goes
    /// to margin. Then margin − side·cost has changed by exactly side·notional.
    function close(Position memory p, uint256 lots, uint256 notional) internal pure {
        unchecked {
            uint256 open = size(p);
            if (p.lots > 0) {
                uint256 cost = (p.cost * lots) / open;
                p.margin += int256(notional) - int256(cost);
                p.cost -= cost;
                p.lots -= int256(lots);
            } else {
                uint256 cost = Math.ceilDiv(p.cost * lots, open);
                p.margin += int256(cost) - int256(notional);
                p.cost -= cost;
                p.lots += int256(lots);
            }
        }
    }

    /// @notice Whether closing `lots` for `notional` less `charge` is no worse than the bankruptcy price, exactly.
    function closeIsCovered(
        Position memory p,
        uint256 lots,
        uint256 notional,
        int256 charge
    ) internal pure returns (bool) {
        unchecked {
            int256 open = int256(size(p));
            int256 share = bankruptcyCost(p) * int256(lots);
            if (p.lots > 0) return (int256(notional) - charge) * open >= share;
            return (int256(notional) + charge) * open <= share;
        }
    }

    /// @notice What `lots` of the position are worth at its own bankruptcy price: K·lots/|lots|, rounded such that what stays open
    /// has a bankruptcy price no nearer to the other side's. For a bankrupt position that is in its favour (a long receives the
    /// ceiling, a short pays the floor); for a counterparty, whose share is taken out of what it is paid, it is against it.
    function shareRoundedOutward(Position memory p, uint256 lots) internal pure returns (int256) {
        unchecked {
            int256 share = bankruptcyCost(p) * int256(lots);
            return p.lots > 0 ? Rounding.ceilDiv(share, int256(size(p))) : Rounding.floorDiv(share, int256(size(p)));
        }
    }

    /// @notice Takes `lots` out at the position's own share of K, leaving a pro rata part of margin behind in the caller's hands.
    /// @return cost What left cost. K falls by exactly `share`; a position closed in full ends with zero cost and margin.
    function takeShare(Position memory p, uint256 lots, int256 share) internal pure returns (uint256 cost) {
        unchecked {
            int256 rest = bankruptcyCost(p) - share;
            uint256 open = size(p);
            if (p.lots > 0) {
                cost = (p.cost * lots) / open;
                p.cost -= cost;
                p.margin = int256(p.cost) - rest;
                p.lots -= int256(lots);
            } else {
                cost = Math.ceilDiv(p.cost * lots, open);
                p.cost -= cost;
                p.margin = rest - int256(p.cost);
                p.lots += int256(lots);
            }
        }
    }
}
