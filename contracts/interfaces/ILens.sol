// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {QueueEntry} from "./IExchange.sol";

/// An open position with its place in the index cell's FIFO list (see Position).
struct PositionEntry {
    uint32 account;
    int256 lots;
    uint256 cost; // quote atoms
    int256 margin; // quote atoms
    int256 fundingIndex; // X16
    uint256 grownAt; // seconds
    uint32 prev;
    uint32 next;
}

struct DepthLevel {
    uint256 tick;
    uint256 lots;
    uint256 orders;
}

/// Amounts in quote atoms at the current mark. Equity is rounded down, requirements up.
struct HealthEntry {
    uint32 account;
    int256 lots;
    int256 equity;
    uint256 notional;
    uint256 initialMargin;
    uint256 maintenanceMargin;
    int256 bankruptcyPrice; // X, X16, rounded down
    bool liquidatable; // below maintenance and not bankrupt
    bool bankrupt;
}

/// A resting order. Orders of a level come first in first out.
struct RestingOrder {
    uint64 orderId;
    uint32 account;
    uint256 tick;
    uint256 lots;
    uint256 expiry; // last second at which it may fill; 0 for none
    bool reduceOnly;
    bool postOnly;
    uint256 leverage;
}

/// What must fill or go before an order is next.
struct QueuePosition {
    uint256 ordersAhead; // at the same tick
    uint256 lotsAhead; // at the same tick
    uint256 lotsBetter; // at better ticks
    uint256 levelsBetter;
    uint256 levelOrders; // at the same tick, itself included
    uint256 levelLots;
}

/// Why a previewed order would stop.
enum PreviewEnd {
    Filled, // all lots
    NothingCrosses, // the rest finds nothing within its limit and the band
    Exhausted // the step budget ended with a crossing order left
}

/// What an order would meet, in the state as it is. Notional in quote atoms.
struct FillPreview {
    uint256 filledLots;
    uint256 notional; // Σ lots · tick · tickValue, before fees
    uint256 averagePrice; // notional / filledLots, X16 quote atoms a lot, rounded against the taker; 0 without a fill
    uint256 worstTick; // of the last fill; 0 without one
    uint256 steps; // of the budget: fills and removals
    uint256 fills; // makers
    uint256 removals; // orders in the way that cannot fill: expired, own, outside the band, nothing to reduce
    uint256 levels; // price levels touched
    PreviewEnd end;
}

/// An account's place in the ADL queue of its side.
struct AdlRank {
    uint256 rank; // 1 is first in line to be deleveraged; 0 when the account is not in the queue
    uint256 queued; // positions in the queue
    uint256 percentile; // share of the queue that ranks behind the account or equal, 0.01 % each: 10,000 is first in line
    uint256 rating; // lights: 5 is the first fifth of the line (closed first), 1 the last, 0 not in the queue
    uint256 score; // × 2^64, as the contract ranks by
}

/**
 * Paged read-only views. Pin a whole walk to one block by passing the same block to every call; each answer carries the number of
 * the block it was read at. A cursor of 0 begins a walk, and an answer's cursor of 0 ends it.
 */
interface ILens {
    /// @notice Open positions of accounts in [from, from + count).
    function positions(
        uint256 market,
        uint256 from,
        uint256 count
    ) external view returns (uint256 blockNumber, PositionEntry[] memory entries, uint256 nextFrom);

    /// @notice Price levels of one side from `fromTick` on (0: from the best).
    function depth(
        uint256 market,
        bool isBid,
        uint256 fromTick,
        uint256 count
    ) external view returns (uint256 blockNumber, DepthLevel[] memory levels, uint256 nextTick);

    /// @notice Margin health of open positions of accounts in [from, from + count).
    function health(
        uint256 market,
        uint256 from,
        uint256 count
    ) external view returns (uint256 blockNumber, HealthEntry[] memory entries, uint256 nextFrom);

    /// @notice The bankrupt account that comes next and the first `limit` counterparties, exactly as the verifier expects them.
    /// `bankrupt` is 0 when no position is bankrupt, and the queue then empty; `price` is X in X16.
    function adlQueue(
        uint256 market,
        uint256 nominee,
        uint256 limit
    ) external view returns (uint256 blockNumber, uint256 bankrupt, int256 price, QueueEntry[] memory entries);

    /**
     * @notice Resting orders of one side, best first, first in first out within a level.
     * @param market The market.
     * @param isBid Which side.
     * @param count At most so many.
     * @param fromOrder The cursor of the last answer; 0 for the best order. Reverts with UnknownOrder when that order is gone: pin the
     * walk to one block.
     * @return blockNumber The block it was read at.
     * @return entries At most `count`.
     * @return nextOrder Where to go on; 0 at the end.
     */
    function orders(
        uint256 market,
        bool isBid,
        uint256 fromOrder,
        uint256 count
    ) external view returns (uint256 blockNumber, RestingOrder[] memory entries, uint256 nextOrder);

    /// @notice An order's place in line. Reverts with UnknownOrder for an order that is not in the book, older generations included.
    function queuePosition(
        uint256 market,
        uint256 orderId
    ) external view returns (uint256 blockNumber, QueuePosition memory place);

    /**
     * @notice What a market order of `account` would do now, step by step as the book does it: average price, steps, makers, removals.
     * It does not judge margins: a maker or taker whose margin does not reach (FillRule) may stop or thin what is shown here. With
     * those in order, it is what `placeOrder` in the same block does. Reverts like markPrice when there is no usable price.
     * @param limitTick The worst tick; 0 for none.
     * @param account Whose order; its own resting orders are removed as by SelfTrade.CancelResting. 0 for somebody without orders.
     * @param maxSteps Step budget; 0 for the market's largest.
     * @param market The market.
     * @param isBid Whether it buys.
     * @param lots How much.
     * @return blockNumber The block it was read at.
     * @return preview What it would meet.
     */
    function previewFill(
        uint256 market,
        bool isBid,
        uint256 lots,
        uint256 limitTick,
        uint256 account,
        uint256 maxSteps
    ) external view returns (uint256 blockNumber, FillPreview memory preview);

    /**
     * @notice The account's place in the queue of its side, as it would be if a position of the other side were bankrupt exactly at the
     * mark. A real deleveraging ranks the same way, but only those in profit at its bankruptcy price. The first in line is closed first:
     * `rank` 1, `percentile` 10,000, `rating` 5. An account without a position, or not in profit by a whole index cell at the mark, is
     * not in the queue: all zero but `queued`.
     *
     * Counts the whole queue in one call, without sorting it: for large markets, page through `adlRankPage`.
     */
    function adlRank(uint256 market, uint256 account) external view returns (uint256 blockNumber, AdlRank memory rank);

    /**
     * @notice A part of the count that `adlRank` makes. Add up `ahead` and `queued` over the pages of one block: rank = Σ ahead + 1.
     * @param cursor 0 for the first page, then the `next` of the page before.
     * @param work Index words and positions to read at most; at least 1.
     * @return blockNumber Of the state that was read.
     * @return inQueue Whether the account is in the queue at all.
     * @return score Of the account's cell × 2^64; 0 when it is not in the queue.
     * @return ahead Positions on this page that rank before the account.
     * @return queued Positions on this page.
     * @return next Where the next page begins; 0 when everything is counted.
     */
    function adlRankPage(
        uint256 market,
        uint256 account,
        uint256 cursor,
        uint256 work
    )
        external
        view
        returns (uint256 blockNumber, bool inQueue, uint256 score, uint256 ahead, uint256 queued, uint256 next);
}
