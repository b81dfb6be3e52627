// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MarketConfig, RiskConfig, Tier} from "../types/MarketConfig.sol";
import {Level, MarketStatus} from "../types/MarketContext.sol";
import {SelfTrade, TimeInForce} from "../types/OrderTerms.sol";
import {Position} from "../types/Position.sol";
import {TriggerKind} from "../types/Trigger.sol";
import {IExchangeErrors} from "./IExchangeErrors.sol";
import {IExchangeEvents} from "./IExchangeEvents.sol";

struct OrderRequest {
    uint32 market;
    bool isBid;
    uint24 tick; // limit price, in ticks
    uint40 lots;
    TimeInForce timeInForce;
    SelfTrade selfTrade; // what happens where it meets a resting order of the same account
    bool reduceOnly;
    uint8 leverage; // margin moved into the position by a fill is at least notional / leverage; 0: the account's setting
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

/// What became of one order of several.
struct OrderOutcome {
    bool placed;
    OrderResult result; // all zero when it was not
    bytes reason; // the error that it reverted with; empty when it was placed
}

/// What became of one order that was to be cancelled.
enum CancelOutcome {
    Cancelled,
    Unknown, // filled, cancelled, an older generation, or never there
    NotOwner // it belongs to somebody else
}

/// A stop-loss or take-profit order for the position that is open.
struct TriggerRequest {
    uint32 market;
    TriggerKind kind;
    uint24 triggerTick; // the mark at which anyone may execute it
    uint24 limitTick; // worst tick of its fills
    uint40 lots; // most that it closes; the highest number for the whole position
    uint32 tip; // quote atoms for whoever executes it, at most one unit
}

struct TriggerView {
    uint256 triggerId;
    TriggerKind kind;
    bool closesLong;
    uint256 triggerTick;
    uint256 limitTick;
    uint256 lots;
    uint256 tip; // quote atoms, what is left of it
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
    int256 longValue; // Σ lots·b over the longs, X16: their equity is openInterest·P' less this
    int256 fundingIndex; // F, X16, as last accrued
    uint256 base; // grid base exponent
    uint256 taken; // bankrupt account being resolved, 0 for none
    uint256 longBound; // lower bound on v of all longs (see Grid)
    uint256 shortBound;
    uint256 coverDay; // day number of coverDrawn
    uint256 coverDrawn; // quote atoms drawn from the fund on that day
    uint256 bestBid; // tick, 0 when there is none
    uint256 bestAsk;
    uint256 sequence; // of the last event
    MarketStatus status;
    int256 finalPrice; // P' at which a retired market pays out, X16
}

/// The circuit breaker and the limits as a call made now would find them.
struct RiskView {
    Level level; // in force: the higher of the two below
    Level stepped; // that the breaker stepped to by itself
    Level guardian; // that a guardian stepped to
    uint256 ratio; // system margin ratio of the weaker side, pips; the highest number without open interest
    uint256 calmAt; // before this second the level does not fall
    uint256 variance; // per second, × 1e18
    uint256 initialRate; // of new exposure, first tier, pips
    uint256 growth; // lots by which open interest may grow
    uint256 preventiveLots; // lots that preventive deleveraging may still close in this window
}

struct TopUpView {
    uint256 triggerRate; // pips
    uint256 remaining; // quote atoms
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
 * VALUE. Only price updates cost value (native currency). What a call does not spend of it goes back to the caller.
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
    function deposit(uint256 amount) external payable returns (uint256 account);

    /**
     * @notice Like `deposit`, with the caller's ERC-2612 permit instead of an earlier approval. A permit that somebody else already
     * used is no obstacle: what counts is that the exchange is approved.
     * @param deadline Last second at which the permit is valid.
     */
    function depositWithPermit(
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external payable returns (uint256 account);

    /**
     * @notice Withdraws free collateral. Needs no price: nothing can stop it.
     * @param amount Quote atoms.
     * @param to Recipient of the tokens.
     */
    function withdraw(uint256 amount, address to) external payable;

    // ------------------------------------------------------------------------------------------------ trading

    /**
     * @notice Places a limit order: matches it, and rests what is left (good-til-cancelled) if it does not cross.
     * Requirements: the market is solvent and its price fresh; the size, tick, leverage and notional are valid; free collateral
     * covers what rests; fill-or-kill: all lots, after the clip to the position if reduce-only, fill within the step budget; post-only: it does not cross,
     * whether or not what is in the way could fill.
     * @return result What was filled, and the id of what rests.
     */
    function placeOrder(OrderRequest calldata request) external payable returns (OrderResult memory result);

    /**
     * @notice Places up to 32 orders, in order. One that reverts has no effect and does not stop the others; only the gas running out in one
     * reverts all (`OrderOutOfGas`).
     */
    function placeOrders(OrderRequest[] calldata requests) external payable returns (OrderOutcome[] memory outcomes);

    /**
     * @notice Changes the price and the open size of one of the caller's orders. It keeps its side, leverage, expiry, and whether it is
     * reduce-only and post-only. Less at the same tick keeps id and place in the queue, needs no price, and is possible while the market
     * is insolvent. Anything else cancels and places, at the end of the queue and with a new id, under all requirements of `placeOrder`
     * and with the market's highest step budget; if that reverts, the order stays as it was.
     * @param lots What is to be open from now on, whatever was filled before.
     */
    function amendOrder(
        uint256 market,
        uint256 orderId,
        uint256 tick,
        uint256 lots
    ) external payable returns (OrderResult memory result);

    /// @notice Cancels one of the caller's orders. Needs no price.
    function cancelOrder(uint256 market, uint256 orderId) external payable;

    /// @notice Cancels up to 32 of the caller's orders in a market, as far as they are there and the caller's. Needs no price.
    function cancelOrders(
        uint256 market,
        uint256[] calldata orderIds
    ) external payable returns (CancelOutcome[] memory outcomes);

    /// @notice Cancels all of the caller's orders in a market (at most 32). Needs no price.
    /// @return cancelled How many there were.
    function cancelAll(uint256 market) external payable returns (uint256 cancelled);

    /**
     * @notice Closes the caller's whole position in the book, immediate or cancel.
     * @param limitTick Worst tick.
     * @param maxSteps Most resting orders to visit.
     */
    function closePosition(
        uint256 market,
        uint256 limitTick,
        uint256 maxSteps
    ) external payable returns (OrderResult memory result);

    /**
     * @notice Lets anyone close the caller's open position, or part of it, once the mark has reached a tick. Needs no price; if the mark
     * is already there, it can be executed at once. At most 8 an account and market.
     * Requirements: the caller has a position; ticks and lots are not zero; the tip is at most one unit.
     */
    function placeTrigger(TriggerRequest calldata request) external payable returns (uint256 triggerId);

    /// @notice Takes one of the caller's triggers back. Needs no price.
    function cancelTrigger(uint256 market, uint256 triggerId) external payable;

    /// @notice Sets the leverage of the caller's orders that name none, between 1 and what the first tier allows. What is open or
    /// resting keeps its margin.
    function setLeverage(uint256 market, uint256 leverage) external payable;

    /// @notice Moves free collateral into the caller's position. While the market is insolvent, only on the bankrupt side.
    function addMargin(uint256 market, uint256 amount) external payable;

    /**
     * @notice Moves margin above initial margin back to free collateral: at most min(margin, equity) − initial margin, the surcharge on
     * all lots included. The position has to mature again before it has a claim on insurance.
     * Requirements: the market is solvent; its price may open exposure (`tradeAge`).
     */
    function removeMargin(uint256 market, uint256 amount) external payable;

    /**
     * @notice Lets anyone top the caller's position up from the caller's free collateral.
     * @param triggerRate Equity / notional below which it may happen, pips, at most the initial rate; 0 withdraws the order.
     * @param maximum Most that may be moved in all, tips included, quote atoms.
     */
    function setTopUp(uint256 market, uint256 triggerRate, uint256 maximum) external payable;

    /**
     * @notice Tops an account's position up to initial margin, by its own order. At least 10 units of the collateral; a caller with
     * another account gets 0.1 % of it, at most 1 unit, out of the account's free collateral.
     * Requirements: the market is solvent and its price fresh; equity is below the trigger; the order and the free collateral reach.
     * @return amount Quote atoms moved into the position.
     */
    function topUp(uint256 market, uint256 account) external payable returns (uint256 amount);

    // ------------------------------------------------------------------------------------------------ batches and delegates

    /**
     * @notice Makes several calls for the caller, in order, all or nothing. Returns what they returned.
     * The value sent along pays for `updatePrice`; what is left of it goes back to the caller.
     */
    function multicall(bytes[] calldata calls) external payable returns (bytes[] memory results);

    /**
     * @notice Hands a signed price update to the market's price source and pays the source's fee out of the value sent along.
     * @param data As the source's network signs it.
     */
    function updatePrice(uint256 market, bytes[] calldata data) external payable;

    /// @notice Lets an address trade for the caller's account by `tradeFor`, or stops it.
    function setDelegate(address delegate, bool allowed) external payable;

    /**
     * @notice Makes several calls for an account that named the caller its delegate, in order, all or nothing.
     * Only placeOrder(s), amendOrder, closePosition, cancelOrder(s), cancelAll, placeTrigger, cancelTrigger, addMargin, removeMargin,
     * setLeverage and updatePrice: a delegate can lose the account's money by trading, and can never withdraw it, name delegates, or order
     * top-ups.
     */
    function tradeFor(uint256 account, bytes[] calldata calls) external payable returns (bytes[] memory results);

    // ------------------------------------------------------------------------------------------------ clearing

    /**
     * @notice Reduces a solvent position below maintenance margin in the book, by the smallest size that restores the target ratio; a
     * large position by at most what is left of its step, else LiquidationCoolingDown.
     * Requirements: the market is solvent; the position is below maintenance; something in the book is within the limit.
     * @param maxSteps Most resting orders to visit.
     * @return lots Lots closed.
     */
    function liquidate(uint256 market, uint256 account, uint256 maxSteps) external payable returns (uint256 lots);

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
    ) external payable returns (uint256 lots);

    /**
     * @notice Executes an account's trigger: a reduce-only, immediate-or-cancel order at its limit. What does not fill stays a trigger, and its
     * condition is asked again. A caller with another account gets its tip, in proportion to what is closed, at most 0.1 % of that, as far as
     * the account's free collateral reaches. A trigger whose position was closed or flipped is removed, without a price and without a tip.
     * Requirements: the price may open exposure (`tradeAge`) and has reached the trigger; the market is solvent; something in the
     * book is within the limit.
     * @param maxSteps Most resting orders to visit.
     * @return lots Lots closed.
     */
    function executeTrigger(
        uint256 market,
        uint256 account,
        uint256 triggerId,
        uint256 maxSteps
    ) external payable returns (uint256 lots);

    /**
     * @notice Reduces a position below maintenance at the mark, against the first of the ADL queue, as far as the book cannot absorb
     * it. No haircut, no fee beyond what the book's part pays.
     * Requirements: the market is solvent; its system margin ratio is below the ReduceOnly threshold; this window's allowance is not
     * used up; the position is below maintenance; the price may open exposure (`tradeAge`); the step of a large position is not used up.
     * @param maxSteps Most resting orders to visit first, at most the market's cap.
     * @param maxCounterparties Most counterparties, at most the market's cap of steps; the contract picks them.
     * @return lots Lots closed, in the book and against counterparties.
     */
    function preventiveDeleverage(
        uint256 market,
        uint256 account,
        uint256 maxSteps,
        uint256 maxCounterparties
    ) external payable returns (uint256 lots);

    /// @notice Accrues funding, steps the circuit breaker and refreshes the market's solvency bounds at the current price. Anyone may call it; trading calls do it themselves.
    /// @return insolvent Whether a position is bankrupt.
    function poke(uint256 market) external payable returns (bool insolvent);

    // ------------------------------------------------------------------------------------------------ insurance fund

    /// @notice Takes collateral from the insurance fund (its caller) as its claim. Only the fund.
    function depositInsurance(uint256 amount) external;

    /**
     * @notice Pays part of the fund's claim out. Only the fund. Brings every market up to date first, as `poke` does; one without a usable
     * price is left as it is.
     * Requirements: what is held back stays (see `withdrawableInsurance`).
     */
    function withdrawInsurance(uint256 amount, address to) external;

    /// @notice The insurance fund's claim, quote atoms.
    function insuranceBalance() external view returns (uint256);

    /// @notice What of the claim may leave now: all of it, less the remaining daily cover of each market that is insolvent, or that has
    /// open interest and no usable price; for a day after that was found (see HoldBack). Quote atoms.
    function withdrawableInsurance() external view returns (uint256);

    // ------------------------------------------------------------------------------------------------ administration

    /// @notice Lists a market and seeds its pot with one unit of the collateral, taken from the caller. Only the administrator.
    /// @param tiers Margin tiers above the first, ascending, at most seven.
    function listMarket(
        MarketConfig calldata config,
        RiskConfig calldata risk,
        Tier[] calldata tiers
    ) external returns (uint256 market);

    /// @notice Names the insurance fund, once. Only the administrator.
    function setInsuranceFund(address fund) external;

    /**
     * @notice Replaces a market's parameters. Only the administrator. What is open keeps its money; it is judged by the new rates.
     * Requirements: the configuration is valid as a whole; tick value and lot size stay; if the current price is usable, the market
     * is solvent; a maintenance rate is at most what the initial rate was at the same notional. A new source must answer freshly and, if
     * the old one is usable, within the market's band around it.
     */
    function updateMarket(
        uint256 market,
        MarketConfig calldata config,
        RiskConfig calldata risk,
        Tier[] calldata tiers
    ) external;

    /// @notice Sets the floor under a market's circuit breaker level. A guardian may only raise it, the administrator also lower it.
    function setGuardianLevel(uint256 market, Level level) external;

    /// @notice Pays out of the treasury. Only the administrator; nothing else that the exchange holds is within reach.
    function withdrawTreasury(uint256 amount, address to) external;

    /**
     * @notice Ends a market: its orders can only be cancelled, its positions are paid out at the final price. Only the administrator.
     * Requirements: the price is fresh, the market solvent. The final price is the mark, after funding; if positions share the
     * mark's cell of the rank index and so may be bankrupt by a fraction of a tick, it moves to that cell's edge, where none is.
     */
    function retireMarket(uint256 market) external;

    /**
     * @notice Pays positions of a retired market out at its final price into free collateral, and cancels their accounts' orders.
     * Anyone may call it. Accounts with neither are skipped.
     * @return settled How many positions were paid out.
     */
    function settleRetired(uint256 market, uint32[] calldata accounts) external payable returns (uint256 settled);

    // ------------------------------------------------------------------------------------------------ views

    function collateral() external view returns (address);
    function insuranceFund() external view returns (address);
    function keeperReserve() external view returns (uint256);
    function treasury() external view returns (uint256);
    function isDelegate(uint256 account, address delegate) external view returns (bool);
    function accountCount() external view returns (uint256);
    function marketCount() external view returns (uint256);
    /// @notice Account id of an address; 0 when it has none.
    function accountOf(address owner) external view returns (uint256);
    function accountAt(uint256 account) external view returns (AccountView memory);
    function marketConfig(uint256 market) external view returns (MarketConfig memory);
    function riskConfig(uint256 market) external view returns (RiskConfig memory);
    /// @notice Margin tiers above the first.
    function marketTiers(uint256 market) external view returns (Tier[] memory);
    /// @notice Circuit breaker and limits at the current price. Reverts when it is unavailable or stale.
    function riskAt(uint256 market) external view returns (RiskView memory);
    /// @notice The funding index that a call made now would use, X16. The stored one when there is no usable price.
    function fundingIndexNow(uint256 market) external view returns (int256);
    function topUpAt(uint256 market, uint256 account) external view returns (TopUpView memory);
    /// @notice The account's triggers in a market, at most 8.
    function triggersAt(uint256 market, uint256 account) external view returns (TriggerView[] memory);
    function leverageAt(uint256 market, uint256 account) external view returns (uint256);
    function marketAt(uint256 market) external view returns (MarketView memory);
    function positionAt(uint256 market, uint256 account) external view returns (Position memory);
    function orderMarginAt(uint256 market, uint256 account) external view returns (OrderMarginView memory);
    /// @notice The packed order in a slot (see Order for its layout): the open one, or the last one that was there. `orderMarginAt` says
    /// which are open.
    function orderAt(uint256 market, uint256 slot) external view returns (uint256);
    /// @notice What rests at a tick: lots, number of orders, and those of the lots that count for an impact price: of orders that neither
    /// expire nor only reduce.
    function levelAt(
        uint256 market,
        bool isBid,
        uint256 tick
    ) external view returns (uint256 lots, uint256 orders, uint256 firm);
    /// @notice Slot of the order that is first in line at a tick, 0 when nothing rests there; `orderAt` then links to the next.
    function levelHeadAt(uint256 market, bool isBid, uint256 tick) external view returns (uint256 slot);
    /// @notice The best tick at or behind `tick` (bids: at or below, asks: at or above); 0 when there is none.
    function nextTick(uint256 market, bool isBid, uint256 tick) external view returns (uint256);
    /// @notice A word of a side's rank index (see RankIndex) of level 0 (leaves) to 3 (root); (u, v) is a cell's, less the bits
    /// that this word and those below it resolve.
    function indexWordAt(
        uint256 market,
        bool isLong,
        uint256 level,
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
