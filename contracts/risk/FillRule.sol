// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Level, MarketContext} from "../types/MarketContext.sol";
import {Position} from "../types/Position.sol";
import {Margin} from "./Margin.sol";

/**
 * The fill rule, for both sides of every fill: what a fill would do to a position, and whether it may. Pure: Matching applies plans.
 *
 *   - a fill that opens exposure needs initial margin at the mark after it (and clause (i) of the corridor), at a price no older
 *     than the market's tradeAge;
 *   - a fill that only reduces needs a price, fee included, no worse than the account's own bankruptcy price;
 *   - a flip is two fills;
 *   - a fee never takes equity below zero;
 *   - while the market is ReduceOnly, a taker only reduces. (A maker may still take over what a taker or the waterfall closes.)
 */
library FillRule {
    using Margin for Position;

    enum Refusal {
        None,
        Uncovered, // a reducing fill worse than the bankruptcy price
        MarginShort, // free collateral does not cover what an opening fill needs
        PriceTooOld, // exposure may not open at a price this old
        OpenInterestCapped, // the market's open interest may not grow further, or not so fast
        ReduceOnlyMarket // the circuit breaker lets a taker only reduce
    }

    /// How an order trades: the same for every fill of it.
    struct Terms {
        bool buys;
        int256 feeRate; // pips; negative for a rebate
        uint256 leverage;
        bool isMaker;
        bool agedPriceMayOpen; // the maker of a waterfall fill: the bankrupt position closes whatever the price's age
    }

    struct Plan {
        Refusal refusal;
        Position position; // after the fill
        uint256 closed; // lots of the closing leg
        uint256 opened; // lots of the opening leg
        int256 fee; // quote atoms; negative for a rebate
        uint256 marginIn; // quote atoms out of free collateral
        uint256 payout; // quote atoms into free collateral, when the fill closed the position
    }

    /// @notice Lots that a fill in this direction would close.
    function closingLots(Position memory p, bool buys, uint256 lots) internal pure returns (uint256) {
        if (p.lots == 0 || (p.lots > 0) == buys) return 0;
        return Math.min(p.size(), lots);
    }

    /**
     * @notice Plans a fill of `lots` at `tick` for a settled position.
     * @param free Free collateral that the opening leg may draw on, quote atoms.
     */
    function plan(
        MarketContext memory ctx,
        Position memory p,
        uint256 free,
        Terms memory terms,
        uint256 lots,
        uint256 tick
    ) internal view returns (Plan memory r) {
        r.position = copy(p);
        uint256 price = tick * ctx.config.tickValue; // quote atoms per lot
        r.closed = closingLots(p, terms.buys, lots);
        r.opened = lots - r.closed;
        if (r.closed != 0) {
            uint256 notional = r.closed * price;
            r.fee = Margin.feeAgainstAccount(notional, terms.feeRate);
            if (!p.closeIsCovered(r.closed, notional, r.fee)) {
                r.refusal = Refusal.Uncovered;
                return r;
            }
            r.position.close(r.closed, notional);
            r.position.margin -= r.fee;
            if (r.position.lots == 0) {
                r.payout = uint256(r.position.margin); // not negative: the close was covered
                r.position = _none(ctx);
            }
        }
        if (r.opened != 0) _open(ctx, r, free, terms, price);
    }

    function _open(
        MarketContext memory ctx,
        Plan memory r,
        uint256 free,
        Terms memory terms,
        uint256 price
    ) private view {
        if (ctx.age > ctx.config.tradeAge && !terms.agedPriceMayOpen) {
            r.refusal = Refusal.PriceTooOld;
            return;
        }
        if (!terms.isMaker && ctx.level == Level.ReduceOnly) {
            r.refusal = Refusal.ReduceOnlyMarket;
            return;
        }
        Position memory q = r.position;
        uint256 notional = r.opened * price;
        int256 fee = Margin.feeAgainstAccount(notional, terms.feeRate);
        q.cost += notional;
        q.lots += terms.buys ? int256(r.opened) : -int256(r.opened);
        q.margin -= fee;
        q.fundingIndex = ctx.funding;
        q.grownAt = block.timestamp;
        int256 missing = int256(Margin.openRequirement(ctx, q.size(), r.opened)) - q.equity(ctx);
        r.marginIn = Math.ceilDiv(notional, terms.leverage);
        if (missing > int256(r.marginIn)) r.marginIn = uint256(missing);
        if (r.marginIn > free + r.payout) {
            r.refusal = Refusal.MarginShort;
            return;
        }
        q.margin += int256(r.marginIn);
        r.fee += fee;
    }

    function copy(Position memory p) internal pure returns (Position memory) {
        return
            Position({
                lots: p.lots,
                cost: p.cost,
                grownAt: p.grownAt,
                prev: p.prev,
                next: p.next,
                margin: p.margin,
                fundingIndex: p.fundingIndex
            });
    }

    function _none(MarketContext memory ctx) private pure returns (Position memory p) {
        p.fundingIndex = ctx.funding;
    }
}
