// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketConfig} from "../types/MarketConfig.sol";
import {Position} from "../types/Position.sol";
import {IExchangeErrors} from "./IExchangeErrors.sol";
import {IExchangeEvents} from "./IExchangeEvents.sol";

/// How long an order lives.
enum TimeInForce {
    GoodTilCancelled,
    ImmediateOrCancel
}

struct OrderRequest {
    uint32 market;
    bool isBid;
    uint24 tick; // limit price, in ticks
    uint40 lots;
    TimeInForce timeInForce;
    bool reduceOnly;
    uint8 leverage; // margin moved into the position by a fill is at least notional / leverage
    uint32 expiry; // last second at which it may fill; 0 for none
    uint16 maxSteps; // most resting orders to visit, at most the market's cap
    uint64 clientId; // echoed in OrderPlaced
}

struct OrderResult {
    uint64 orderId; // 0 when nothing rests
    uint256 filledLots;
    uint256 filledNotional; // quote atoms
    uint256 steps; // resting orders visited
}

/// What a caller of `autoDeleverage` will accept.
struct DeleverageLimits {
    uint16 maxSteps; // most resting orders to visit before counterparties are closed
    uint16 maxCounterparties; // most counterparties the contract picks itself, when the list is empty
    uint32 nominee; // account to check exactly when no index cell is wholly past bankruptcy; 0 for none
    uint40 deadline; // last second at which the call may run; 0 for none
    int128 minPrice; // bounds on the bankruptcy price X, X16; type(int128).min / max for none
    int128 maxPrice;
}

struct AccountView {
    address owner;
    uint256 free; // quote atoms
}

struct MarketView {
    uint256 pot; // quote atoms
    uint256 openInterest; // lots a side
    int256 fundingIndex; // F, X16
    uint256 base; // grid base exponent
    uint256 taken; // bankrupt account being resolved, 0 for none
    uint256 longBound; // lower bound on v of all longs (see Grid)
    uint256 shortBound;
    uint256 coverDay; // day number of coverDrawn
    uint256 coverDrawn; // quote atoms drawn from the fund on that day
    uint256 bestBid; // tick, 0 when there is none
    uint256 bestAsk;
}

struct OrderMarginView {
    uint256 bidReserve; // quote atoms
    uint256 askReserve;
    uint256[] orderIds;
}

struct QueueEntry {
    uint32 account;
    uint256 rank; // 1 is first
    uint256 score; // × 2^64
    uint256 lots;
}

/**
 * The exchange.
 *
 * MARGIN. Isolated: one position per account and market, with its own margin. A fill that opens exposure needs initial margin at
 * the mark after it; a fill that only reduces needs a price no worse than the account's own bankruptcy price, fee included.
 *
 * ORDER BOOK. Price-time priority, one book per market. A resting order that cannot fill is removed and never stops the taker.
 *
 * LIQUIDATION. Below maintenance margin, anyone may have a position reduced in the book; the limit price is fixed before the first
 * fill. While any position of a market is bankrupt, that market runs only the waterfall (`autoDeleverage`) and cancels.
 *
 * INSURANCE. Pays what a bankrupt position's close is worse than its bankruptcy price, as far as it can, up to a daily cap.
 *
 * DELEVERAGING. The contract picks the bankrupt account and verifies that the counterparties are the best-ranked ones.
 *
 * ORACLE. The mark is the price source's price. A stale price stops matching, liquidation and deleveraging; it never stops
 * cancelling, depositing, adding margin or withdrawing free collateral.
 *
 * ROUNDING. Against the account and for the pot; forced closes in the bankrupt account's favour.
 *
 * LIVENESS. Every loop is bounded by an argument or a cap; every call can be repeated with smaller arguments.
 */
interface IExchange is IExchangeErrors, IExchangeEvents {
    // ------------------------------------------------------------------------------------------------ collateral

    /**
     * @notice Deposits collateral into the caller's free collateral; opens the account on the first deposit.
     * @param amount Quote atoms. The exchange must be approved for it.
     * @return account The caller's account id.
     */
    function deposit(uint256 amount) external returns (uint256 account);

    /**
     * @notice Withdraws free collateral. Needs no price: nothing can stop it.
     * @param amount Quote atoms.
     * @param to Recipient of the tokens.
     */
    function withdraw(uint256 amount, address to) external;

    // ------------------------------------------------------------------------------------------------ trading

    /**
     * @notice Places a limit order: matches it, and rests what is left (GTC) if it does not cross.
     * Requirements: the market is solvent and its price fresh; the size, tick, leverage and notional are valid; free collateral
     * covers what rests.
     * @return result What was filled, and the id of what rests.
     */
    function placeOrder(OrderRequest calldata request) external returns (OrderResult memory result);

    /// @notice Cancels one of the caller's orders. Needs no price.
    function cancelOrder(uint256 market, uint256 orderId) external;

    /// @notice Cancels all of the caller's orders in a market (at most 32). Needs no price.
    /// @return cancelled How many there were.
    function cancelAll(uint256 market) external returns (uint256 cancelled);

    /// @notice Moves free collateral into the caller's position. While the market is insolvent, only on the bankrupt side.
    function addMargin(uint256 market, uint256 amount) external;

    /// @notice Moves margin above initial margin back to free collateral: at most min(margin, equity) − initial margin.
    function removeMargin(uint256 market, uint256 amount) external;

    // ------------------------------------------------------------------------------------------------ clearing

    /**
     * @notice Reduces a solvent position below maintenance margin in the book, by the smallest size that restores the target ratio.
     * Requirements: the market is solvent; the position is below maintenance; something in the book is within the limit.
     * @param maxSteps Most resting orders to visit.
     * @return lots Lots closed.
     */
    function liquidate(uint256 market, uint256 account, uint256 maxSteps) external returns (uint256 lots);

    /**
     * @notice Resolves a bankrupt position: book with insurance first, then the listed counterparties in rank order.
     * The contract picks the bankrupt account. An empty list makes it pick the counterparties too; when none is eligible, it
     * closes against the opposing side by bankruptcy price alone (principal stage).
     * Requirements: a position is bankrupt; the list is the top of the queue, in order. Entries that are gone or no longer
     * eligible are skipped.
     * @param counterparties Account ids, best rank first.
     * @return lots Lots closed, in the book and against counterparties.
     */
    function autoDeleverage(
        uint256 market,
        uint32[] calldata counterparties,
        DeleverageLimits calldata limits
    ) external returns (uint256 lots);

    /// @notice Refreshes the market's solvency bounds at the current price. Anyone may call it; trading calls do it themselves.
    /// @return insolvent Whether a position is bankrupt.
    function poke(uint256 market) external returns (bool insolvent);

    // ------------------------------------------------------------------------------------------------ insurance fund

    /// @notice Takes collateral from the insurance fund (its caller) as its claim. Only the fund.
    function depositInsurance(uint256 amount) external;

    /// @notice Pays part of the fund's claim out. Only the fund. While a market is insolvent, its remaining daily cover stays.
    function withdrawInsurance(uint256 amount, address to) external;

    /// @notice The insurance fund's claim, quote atoms.
    function insuranceBalance() external view returns (uint256);

    /// @notice What of the claim may leave now: all of it, less the remaining daily cover of insolvent markets.
    function withdrawableInsurance() external view returns (uint256);

    // ------------------------------------------------------------------------------------------------ administration

    /// @notice Lists a market and seeds its pot with one unit of the collateral, taken from the caller. Only the administrator.
    function listMarket(MarketConfig calldata config) external returns (uint256 market);

    /// @notice Names the insurance fund, once. Only the administrator.
    function setInsuranceFund(address fund) external;

    // ------------------------------------------------------------------------------------------------ views

    function collateral() external view returns (address);
    function insuranceFund() external view returns (address);
    function keeperReserve() external view returns (uint256);
    function accountCount() external view returns (uint256);
    function marketCount() external view returns (uint256);
    /// @notice Account id of an address; 0 when it has none.
    function accountOf(address owner) external view returns (uint256);
    function accountAt(uint256 account) external view returns (AccountView memory);
    function marketConfig(uint256 market) external view returns (MarketConfig memory);
    function marketAt(uint256 market) external view returns (MarketView memory);
    function positionAt(uint256 market, uint256 account) external view returns (Position memory);
    function orderMarginAt(uint256 market, uint256 account) external view returns (OrderMarginView memory);
    /// @notice The packed order in a slot (see Order for its layout).
    function orderAt(uint256 market, uint256 slot) external view returns (uint256);
    /// @notice What rests at a tick: lots, and number of orders.
    function levelAt(uint256 market, bool isBid, uint256 tick) external view returns (uint256 lots, uint256 orders);
    /// @notice The best tick at or behind `tick` (bids: at or below, asks: at or above); 0 when there is none.
    function nextTick(uint256 market, bool isBid, uint256 tick) external view returns (uint256);
    /// @notice A word of a side's rank index (see RankIndex): level `shift` 0, 4, 8 or 12, parent coordinates (u, v) at that level.
    function indexWordAt(
        uint256 market,
        bool isLong,
        uint256 shift,
        uint256 u,
        uint256 v
    ) external view returns (uint256);
    /// @notice The last position of an index cell; stale when the cell is empty.
    function indexTailAt(uint256 market, bool isLong, uint256 u, uint256 v) external view returns (uint256);
    /// @notice The price the market would use now, with its age. Reverts when it is unavailable or stale.
    function markPrice(uint256 market) external view returns (uint256 price, uint256 age);

    /// @notice The bankrupt account that `autoDeleverage` would take, 0 for none, and its bankruptcy price X, X16.
    function bankruptAccount(uint256 market, uint256 nominee) external view returns (uint256 account, int256 price);

    /// @notice The first `limit` counterparties for a bankrupt position of the given side at X, in the order the verifier demands.
    function adlQueue(
        uint256 market,
        bool bankruptIsLong,
        int256 price,
        uint256 limit
    ) external view returns (QueueEntry[] memory);
}
