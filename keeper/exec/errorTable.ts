/**
 * Every custom error of the exchange: what it means to a keeper, and the sentence about it in docs/keeper.md. The only list of them; a
 * test holds it complete against the ABI.
 */

/**
 * - `outcompeted`: the work is done, by somebody else. Normal where several keepers run.
 * - `obsolete`: the situation passed: the price moved, the owner acted, another stage comes first.
 * - `stale-input`: our list does not fit the contract's state. Plan again.
 * - `not-yet`: the market or the book says no for now. Cool down.
 * - `unexpected`: no keeper's call can meet it unless there is a defect, ours or the contract's. Loud, and quarantined.
 */
export type RevertClass = "outcompeted" | "obsolete" | "stale-input" | "not-yet" | "unexpected";

export type ErrorEntry = readonly [RevertClass, meaning: string];

/** What only traders, the fund or governance can meet. */
const foreign = (who: string): ErrorEntry => ["unexpected", `Only ${who} can meet it; a keeper never makes that call.`];

export const ERROR_TABLE: Readonly<Record<string, ErrorEntry>> = {
  NothingToDeleverage: [
    "outcompeted",
    "Nobody is bankrupt any more: another keeper was faster, or the price recovered.",
  ],
  NotLiquidatable: [
    "outcompeted",
    "The position is above maintenance: liquidated by somebody else, topped up, or the price recovered.",
  ],
  NoPosition: ["outcompeted", "The position is closed: somebody else liquidated it, or its owner closed it."],
  UnknownTrigger: ["outcompeted", "The trigger is gone: somebody executed it, or its owner took it back."],

  AboveTrigger: [
    "obsolete",
    "The position's equity is above its owner's trigger: somebody topped it up, or the price recovered.",
  ],
  TriggerNotReached: ["obsolete", "The mark left the trigger again between plan and call."],
  NoTopUp: ["obsolete", "The owner withdrew the top-up order, or nothing is left of it."],
  PreventiveNotOpen: ["obsolete", "The insurance ratio recovered, or the window's allowance is used up."],
  MarketRetired: ["obsolete", "The market ended between plan and call: its positions are paid out next."],
  MarketNotRetired: ["obsolete", "A reorganisation took back the end of the market: nothing is to be paid out yet."],
  PositionBankrupt: ["obsolete", "The position went bankrupt between plan and call: the waterfall is planned next."],
  MarketInsolvent: ["obsolete", "Somebody went bankrupt between plan and call: the waterfall comes first."],

  RankingIncomplete: [
    "stale-input",
    "A better-ranked counterparty was left out: the state moved after the list was made.",
  ],
  RankingUnsorted: ["stale-input", "The list is not in the order of the contract's scores any more."],
  RankingNotFifo: ["stale-input", "Within a cell the list is not in the order of entry any more."],
  DuplicateCounterparty: [
    "stale-input",
    "The list names an account twice. Seen repeatedly it is a defect of the local copy.",
  ],
  WrongSide: ["stale-input", "A listed account changed sides."],
  NoEligibleCounterparty: [
    "stale-input",
    "None of the listed accounts may be taken. In a preventive close: no counterparty is in profit (not-yet).",
  ],
  UnknownAccount: [
    "stale-input",
    "A listed account was never opened. Seen repeatedly it is a defect of the local copy.",
  ],

  BookCannotAbsorb: [
    "not-yet",
    "No order rests within the limit of the liquidation. The preventive stage or the waterfall follows if the price moves on.",
  ],
  LiquidationCoolingDown: ["not-yet", "A large position's last step is too recent."],
  InsufficientTopUp: ["not-yet", "What is left of the top-up order does not restore initial margin."],
  InsufficientFreeCollateral: ["not-yet", "The owner's free collateral does not restore initial margin."],
  StalePrice: ["not-yet", "The oracle's price is older than the market's maxAge. Watch the feed, not the keeper."],
  PriceUnavailable: ["not-yet", "The oracle gives no usable price. Watch the feed, not the keeper."],
  PriceOutOfRange: ["not-yet", "The oracle's price is outside what the market's grid can express."],
  PriceTooOldToTrade: ["not-yet", "The price is older than the market's tradeAge."],
  PriceOutsideLimits: ["not-yet", "The price left the bounds that the call named."],
  DeadlineExpired: ["not-yet", "The call was mined after its deadline."],

  InvalidStepBudget: [
    "unexpected",
    "MAX_STEPS is beyond the market's cap, which the keeper reads: the local parameters are wrong.",
  ],
  UnknownMarket: ["unexpected", "The exchange has no such market: the deployment file is of another exchange."],
  PositionOverflow: ["unexpected", "A close would leave a position beyond its field's width."],
  BalanceOverflow: ["unexpected", "A payout would overflow an account's balance."],
  OrderMarginOverflow: ["unexpected", "Reserved order margin would overflow its field."],
  FillRefused: ["unexpected", "The book refused a fill that a forced close had to take."],
  FillOrKillFailed: foreign("a trader's order"),
  InsufficientMargin: foreign("the owner of a position"),
  InsufficientInsurance: foreign("the insurance fund"),
  InsufficientTreasury: foreign("governance"),
  InsufficientValue: foreign("the caller of a price update"),
  InsuranceFundAlreadySet: foreign("governance"),
  InvalidLeverage: foreign("a trader's order"),
  InvalidLots: foreign("a trader's order"),
  InvalidMarketConfig: foreign("governance"),
  InvalidRecipient: foreign("a withdrawal"),
  InvalidTick: foreign("a trader's order"),
  InvalidTrigger: foreign("the owner of a position"),
  LevelNotRaised: foreign("the guardian"),
  NoAccount: foreign("a trader without an account"),
  NotDelegable: foreign("a delegate"),
  NotDelegate: foreign("a delegate"),
  NotInsuranceFund: foreign("the insurance fund"),
  NotOrderOwner: foreign("a trader's cancellation"),
  NothingToReduce: foreign("a trader's reduce-only order"),
  NotionalTooSmall: foreign("a trader's order"),
  OrderExpired: foreign("a trader's order"),
  OrderOutOfGas: foreign("a batch of a trader's orders"),
  PostOnlyWouldCross: foreign("a trader's order"),
  RefundFailed: foreign("the caller of a price update"),
  SourceNotUpdatable: foreign("the caller of a price update"),
  TipTooHigh: foreign("the owner of a position"),
  TooManyItems: foreign("a batch of a trader's orders"),
  TooManyOrders: foreign("a trader's order"),
  TooManyTriggers: foreign("the owner of a position"),
  UnexpectedTransferAmount: foreign("a deposit"),
  UnknownOrder: foreign("a trader's cancellation"),
  ZeroAmount: foreign("a deposit or a withdrawal"),
};
