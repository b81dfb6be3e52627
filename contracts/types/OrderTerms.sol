// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// How long an order lives.
enum TimeInForce {
    GoodTilCancelled, // what does not fill rests
    ImmediateOrCancel, // what does not fill at once is cancelled
    FillOrKill, // fills all of its lots at once, or the call reverts
    PostOnly // rests and never takes: the call reverts if it would cross
}

/// What happens when an order meets a resting order of its own account.
enum SelfTrade {
    CancelResting, // the resting order goes
    CancelTaking, // what is left of the taking order goes; it keeps what it filled before
    DecrementBoth // both lose as many lots as would have met; of the resting order, what would be dust goes, too
}
