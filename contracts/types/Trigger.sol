// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Which way the mark has to move.
enum TriggerKind {
    StopLoss, // against the position: down for a long, up for a short
    TakeProfit // in its favour
}

/// An order to close a position once the mark has reached a tick. One word.
struct Trigger {
    uint24 triggerTick; // the mark at which it may be executed
    uint24 limitTick; // worst tick of its fills
    uint40 lots; // most that it still closes
    uint32 tip; // quote atoms, what is left of it
    TriggerKind kind;
    bool closesLong;
    bool live;
    uint32 generation; // how often the slot was used: stays when the slot is free
}

using TriggerLibrary for Trigger global;

library TriggerLibrary {
    /// @notice The mark at which it may be executed, X16.
    function threshold(Trigger memory t, uint256 tickValue) internal pure returns (uint256) {
        return (t.triggerTick * tickValue) << 16;
    }

    /// @notice Whether the mark has reached it. At the tick exactly it has.
    /// @param price The mark, X16.
    function isReached(Trigger memory t, uint256 price, uint256 tickValue) internal pure returns (bool) {
        bool falling = (t.kind == TriggerKind.StopLoss) == t.closesLong;
        return falling ? price <= threshold(t, tickValue) : price >= threshold(t, tickValue);
    }

    /// @notice External id: generation << 8 | slot + 1. A stale id never finds the trigger that reuses its slot.
    function idOf(Trigger memory t, uint256 slot) internal pure returns (uint256) {
        return (uint256(t.generation) << 8) | (slot + 1);
    }
}
