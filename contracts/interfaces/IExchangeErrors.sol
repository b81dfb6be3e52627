// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPriceSource} from "./IPriceSource.sol";

/// Every error of the exchange and of the libraries that work on its storage. Amounts are in quote atoms, prices in atoms per lot × 2^16.
interface IExchangeErrors {
    // ------------------------------------------------------------------------------------------------ accounts and collateral

    /// @notice The caller has never deposited.
    error NoAccount(address owner);
    /// @notice No account has this id.
    error UnknownAccount(uint256 account);
    /// @notice The amount is zero.
    error ZeroAmount();
    /// @notice The recipient is the zero address or the exchange itself.
    error InvalidRecipient(address recipient);
    /// @notice More was asked for than the account's free collateral.
    error InsufficientFreeCollateral(uint256 account, uint256 available, uint256 required);
    /// @notice The token delivered something else than was asked for (fee on transfer, rebasing).
    error UnexpectedTransferAmount(uint256 expected, uint256 received);
    /// @notice A ledger entry would exceed 2^96 − 1 quote atoms.
    error BalanceOverflow(uint256 account);
    /// @notice The caller is not the insurance fund.
    error NotInsuranceFund(address caller);
    /// @notice The insurance fund's claim is smaller than what was asked for.
    error InsufficientInsurance(uint256 available, uint256 required);
    /// @notice The treasury holds less than what was asked for.
    error InsufficientTreasury(uint256 available, uint256 required);
    /// @notice The account did not name the caller its delegate.
    error NotDelegate(uint256 account, address caller);
    /// @notice A delegate may not make this call.
    error NotDelegable(bytes4 selector);
    /// @notice The price update costs more than the value sent along, wei.
    error InsufficientValue(uint256 available, uint256 required);
    /// @notice The caller takes no value back, wei.
    error RefundFailed(address caller, uint256 value);
    /// @notice The market's price source takes no updates.
    error SourceNotUpdatable(uint256 market);
    /// @notice The insurance fund is already set.
    error InsuranceFundAlreadySet(address fund);

    // ------------------------------------------------------------------------------------------------ markets and prices

    /// @notice No market has this id.
    error UnknownMarket(uint256 market);
    /// @notice A parameter is outside its hard bounds; `parameter` names it.
    error InvalidMarketConfig(string parameter);
    /// @notice The price source has no usable price.
    error PriceUnavailable(uint256 market, IPriceSource.Status status);
    /// @notice The price is older than the market's `maxAge`.
    error StalePrice(uint256 market, uint256 age, uint256 maxAge);
    /// @notice The price is older than the market's `tradeAge`: nothing that opens exposure may fill, no margin may be taken out.
    error PriceTooOldToTrade(uint256 market, uint256 age, uint256 tradeAge);
    /// @notice The price is outside what the grid of the market could represent.
    error PriceOutOfRange(uint256 market, int256 price);
    /// @notice The market was retired: positions settle at its final price, and nothing else happens.
    error MarketRetired(uint256 market);
    /// @notice The market still trades.
    error MarketNotRetired(uint256 market);
    /// @notice A guardian can only step towards safety.
    error LevelNotRaised(uint256 market);
    /// @notice A position is bankrupt: until the waterfall has closed it, this market only cancels, and takes margin on the bankrupt side.
    error MarketInsolvent(uint256 market);

    // ------------------------------------------------------------------------------------------------ orders

    /// @notice The tick is zero.
    error InvalidTick(uint256 tick);
    /// @notice The size is zero or above 2^40 − 1 lots.
    error InvalidLots(uint256 lots);
    /// @notice The order's notional is below the market's minimum.
    error NotionalTooSmall(uint256 notional, uint256 minNotional);
    /// @notice The leverage is zero or above what the initial margin rate allows.
    error InvalidLeverage(uint256 leverage, uint256 maxLeverage);
    /// @notice The expiry lies in the past.
    error OrderExpired(uint256 expiry);
    /// @notice The step budget is zero or above the market's cap.
    error InvalidStepBudget(uint256 steps, uint256 maxSteps);
    /// @notice A fill-or-kill order would have filled only `filled` of its `lots` within the step budget.
    error FillOrKillFailed(uint256 account, uint256 filled, uint256 lots);
    /// @notice A post-only order would cross: `opposite` is the other side's best tick.
    error PostOnlyWouldCross(uint256 market, uint256 tick, uint256 opposite);
    /// @notice A list is longer than one call takes.
    error TooManyItems(uint256 count, uint256 maximum);
    /// @notice The gas ran out in one of several orders: with more gas, or fewer orders or steps, it will be seen whether it is good.
    error OrderOutOfGas(uint256 index);
    /// @notice The account already has 32 open orders in this market.
    error TooManyOrders(uint256 account);
    /// @notice No open order has this id (filled, cancelled, or an older generation).
    error UnknownOrder(uint256 orderId);
    /// @notice The order belongs to somebody else.
    error NotOrderOwner(uint256 orderId, uint256 account);
    /// @notice An account's order reserves would exceed 2^96 − 1 quote atoms.
    error OrderMarginOverflow();
    /// @notice A reduce-only order has nothing to reduce.
    error NothingToReduce(uint256 account);
    /// @notice The fill rule refuses the order's first fill. `refusal` is FillRule.Refusal: 1 worse than the account's own bankruptcy
    /// price, 2 free collateral does not cover the margin, 3 the price is too old to open exposure, 4 the open interest may not grow further, or not so fast,
    /// 5 the circuit breaker lets takers only reduce.
    error FillRefused(uint256 account, uint256 refusal);

    // ------------------------------------------------------------------------------------------------ triggers

    /// @notice The account already has 8 triggers in this market.
    error TooManyTriggers(uint256 account);
    /// @notice The account has no trigger with this id (executed, cancelled, or an older generation).
    error UnknownTrigger(uint256 account, uint256 triggerId);
    /// @notice The tip is above what the exchange allows, quote atoms.
    error TipTooHigh(uint256 tip, uint256 maximum);
    /// @notice The mark has not reached the trigger; both X16.
    error TriggerNotReached(uint256 triggerId, uint256 price, uint256 threshold);

    // ------------------------------------------------------------------------------------------------ positions

    /// @notice The account has no position in this market.
    error NoPosition(uint256 market, uint256 account);
    /// @notice A value does not fit the position's storage layout.
    error PositionOverflow();
    /// @notice More margin was asked for than stays above initial margin.
    error InsufficientMargin(uint256 account, uint256 available, uint256 required);

    /// @notice The account has no top-up order in this market.
    error NoTopUp(uint256 market, uint256 account);
    /// @notice A top-up order may not trigger above the initial margin rate. Pips.
    error InvalidTrigger(uint256 triggerRate, uint256 maxTriggerRate);
    /// @notice Equity is at or above what triggers the account's top-up order, quote atoms.
    error AboveTrigger(uint256 account, int256 equity, uint256 trigger);
    /// @notice The account's top-up order has less left than the position needs, quote atoms.
    error InsufficientTopUp(uint256 account, uint256 available, uint256 required);

    // ------------------------------------------------------------------------------------------------ liquidation

    /// @notice The position's equity is at or above maintenance margin. Equity and requirement in quote atoms.
    error NotLiquidatable(uint256 account, int256 equity, uint256 maintenance);
    /// @notice The position is bankrupt: `autoDeleverage` resolves it.
    error PositionBankrupt(uint256 market, uint256 account);
    /// @notice The step of this large position's liquidation is used up; the next one begins at `ready` (seconds).
    error LiquidationCoolingDown(uint256 market, uint256 account, uint256 ready);
    /// @notice Preventive deleveraging is closed: the system margin ratio (pips) is not below the threshold, or the window is used up.
    error PreventiveNotOpen(uint256 market, uint256 ratio);
    /// @notice Nothing in the book is within the limit of a liquidation or a trigger.
    error BookCannotAbsorb(uint256 market, uint256 limitTick);

    // ------------------------------------------------------------------------------------------------ deleveraging

    /// @notice No position is bankrupt, and the nominee is not.
    error NothingToDeleverage(uint256 market);
    /// @notice A counterparty that ranks better than the last one taken was left out.
    error RankingIncomplete(uint256 u, uint256 v);
    /// @notice The list is not in rank order at `account`.
    error RankingUnsorted(uint256 account);
    /// @notice `account` is not next in its cell: within a cell, first in is first taken.
    error RankingNotFifo(uint256 account);
    /// @notice `account` stands in the list twice.
    error DuplicateCounterparty(uint256 account);
    /// @notice `account` is on the bankrupt position's own side.
    error WrongSide(uint256 account);
    /// @notice Every entry of the list was gone or not eligible; no progress was made.
    error NoEligibleCounterparty(uint256 market);
    /// @notice The deadline has passed.
    error DeadlineExpired(uint256 deadline);
    /// @notice The deleveraging price is outside the caller's bounds.
    error PriceOutsideLimits(int256 price, int256 minPrice, int256 maxPrice);
}
