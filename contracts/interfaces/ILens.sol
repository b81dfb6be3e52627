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
}
