// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/**
 * A price feed of one asset. A source never reverts because the price is bad: it says what is wrong instead, so that the caller
 * decides what a bad price stops.
 */
interface IPriceSource {
    /// @notice Why a price cannot be used.
    enum Status {
        Ok,
        NotPositive, // zero or negative answer
        NoData, // the feed has never answered, or does not answer
        FromFuture // the answer's timestamp is after this block's
    }

    /**
     * @notice The latest price. Age is judged by the caller.
     * @return status Ok, or what is wrong; the other values are zero unless Ok.
     * @return price Quote units per unit of the base asset, × 1e18.
     * @return confidence Half-width of the price's confidence interval in the same unit; 0 when the source has none.
     * @return timestamp When the price was observed, in Unix seconds.
     */
    function latestPrice() external view returns (Status status, uint256 price, uint256 confidence, uint256 timestamp);
}
