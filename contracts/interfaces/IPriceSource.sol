// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * A price feed of one asset. A source never reverts because the price is bad: it says what is wrong instead, so that the caller
 * decides what a bad price stops.
 */
interface IPriceSource {
    /// @notice Why a price cannot be used. Numbers are part of the interface: new values are appended.
    enum Status {
        Ok,
        NotPositive, // zero or negative answer
        NoData, // the feed has never answered, or does not answer, or answers nonsense
        FromFuture, // the answer's timestamp is after this block's
        Stale, // older than the source itself allows: a missed heartbeat, or a pull source that nobody has updated
        OutOfRange, // the answer cannot be expressed with 18 decimals
        Uncertain, // the confidence interval is wider than the source's bound
        SequencerDown, // the rollup's sequencer is down
        SequencerGrace, // the sequencer is back, but for less than the grace period
        SequencerUnknown, // the sequencer's uptime feed does not answer, or has never answered
        ReferenceUnavailable, // the reference has no usable price to compare with
        ReferenceStale, // the reference's price is older than the source allows
        OutsideBand // the price differs from the reference by more than the band
    }

    /**
     * @notice The latest price. How old it may be for a purpose is judged by the caller; sources only have their own outer limit.
     * @return status Ok, or what is wrong; the other values are zero unless Ok.
     * @return price Quote units per unit of the base asset, × 1e18.
     * @return confidence Half-width of the price's confidence interval in the same unit; 0 when the source has none.
     * @return timestamp When the price was observed, in Unix seconds.
     */
    function latestPrice() external view returns (Status status, uint256 price, uint256 confidence, uint256 timestamp);
}
