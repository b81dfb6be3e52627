// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Every event of the exchange. Amounts are in quote atoms; prices "X16" are quote atoms per lot × 2^16.
interface IExchangeEvents {
    /// @notice Why an order left the book other than by filling in full.
    enum RemovalReason {
        Cancelled, // by its owner
        Expired,
        SelfTrade, // it would have met its owner's own taking order
        OutsideBand, // its price is outside the band around the mark
        ReduceOnlyExhausted, // there is no position left that it would reduce
        MarginShort, // the fill rule refuses it
        Liquidation // its owner is being liquidated
    }

    event MarketListed(uint256 indexed market, address source, uint256 base);
    event AccountOpened(uint256 indexed account, address indexed owner);
    event Deposited(uint256 indexed account, uint256 amount);
    event Withdrawn(uint256 indexed account, address indexed to, uint256 amount);
    event InsuranceDeposited(uint256 amount);
    event InsuranceWithdrawn(address indexed to, uint256 amount);

    event OrderPlaced(
        uint256 indexed market,
        uint256 indexed account,
        uint256 orderId,
        bool isBid,
        uint256 tick,
        uint256 lots,
        bool reduceOnly,
        uint256 leverage,
        uint256 expiry,
        uint256 clientId
    );
    /// @notice `lots` is what was still open.
    event OrderRemoved(
        uint256 indexed market,
        uint256 indexed account,
        uint256 orderId,
        uint256 lots,
        RemovalReason reason
    );
    event Trade(
        uint256 indexed market,
        uint256 indexed maker,
        uint256 indexed taker,
        uint256 orderId,
        bool takerBuys,
        uint256 tick,
        uint256 lots
    );

    /// @notice The position after a change, whole: an indexer needs no arithmetic. All zero when it was closed.
    event PositionChanged(
        uint256 indexed market,
        uint256 indexed account,
        int256 lots,
        uint256 cost,
        int256 margin,
        int256 fundingIndex
    );
    event MarginAdded(uint256 indexed market, uint256 indexed account, uint256 amount);
    event MarginRemoved(uint256 indexed market, uint256 indexed account, uint256 amount);

    /// @notice Stage 1: a solvent position below maintenance was reduced in the book. `price` is the mark, X16.
    event Liquidated(
        uint256 indexed market,
        uint256 indexed account,
        address indexed caller,
        uint256 lots,
        uint256 notional,
        uint256 fee,
        uint256 limitTick,
        uint256 price
    );
    /// @notice Stage 2: a bankrupt position was reduced in the book; `cover` came from the insurance fund.
    event BankruptcySwept(
        uint256 indexed market,
        uint256 indexed account,
        address indexed caller,
        uint256 lots,
        uint256 notional,
        uint256 cover,
        uint256 limitTick,
        uint256 price
    );
    /// @notice Stage 3: a counterparty was closed against a bankrupt position.
    /// @param rank Place in the queue when the call began; 1 is first.
    /// @param score PnlLeverage score of its index cell × 2^64.
    /// @param price Bankruptcy price X of the bankrupt position, X16.
    /// @param lots Lots closed.
    /// @param pnl Realised result at X, cover included, without margin.
    /// @param payout What was credited to its free collateral.
    event AutoDeleveraged(
        uint256 indexed market,
        uint256 indexed bankrupt,
        uint256 indexed counterparty,
        uint256 rank,
        uint256 score,
        int256 price,
        uint256 lots,
        int256 pnl,
        uint256 payout
    );
    /// @notice Stage 4: no eligible counterparty was left; the opposing position nearest to its own bankruptcy price was closed.
    event PrincipalClosed(
        uint256 indexed market,
        uint256 indexed bankrupt,
        uint256 indexed counterparty,
        int256 price,
        uint256 lots,
        int256 pnl,
        uint256 payout
    );
    /// @notice One call of stages 3 and 4, summed. `price` is X, `mark` is P, both X16.
    event DeleverageCall(
        uint256 indexed market,
        uint256 indexed bankrupt,
        address indexed caller,
        uint256 lots,
        int256 price,
        uint256 mark,
        uint256 cover,
        uint256 reward
    );
}
