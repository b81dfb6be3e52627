/**
 * Adds up what the exchange's events say was done to whom, by market and stage of the waterfall.
 */
import type { ChainEvent } from "../chain/readEvents.ts";
import type { AccountId, MarketId } from "../core/types.ts";

export type StageTally = {
  /** Whose positions were reduced. */
  readonly accounts: number;
  /** Of these, how many are closed now. */
  readonly closed: number;
  /** Who was closed against them; 0 where the book took it. */
  readonly counterparties: number;
  readonly lots: bigint;
};

export type MarketTally = {
  /** Stage 1: partial liquidation in the book. */
  readonly liquidation: StageTally;
  /** Before bankruptcy, at the mark. */
  readonly preventive: StageTally;
  /** Stage 2: bankrupt, in the book, with the fund's cover. */
  readonly sweep: StageTally;
  /** Stage 3: against counterparties in profit. */
  readonly deleverage: StageTally;
  /** Stage 4: against the rest. */
  readonly principal: StageTally;
  readonly toppedUp: number;
  readonly triggers: number;
  /** What the fund paid, what callers were paid from the reserve, what liquidations cost: quote atoms. */
  readonly cover: bigint;
  readonly rewards: bigint;
  readonly fees: bigint;
  /** The highest of the circuit breaker. */
  readonly level: number;
};

type Stage = { readonly accounts: Set<AccountId>; readonly counterparties: Set<AccountId>; lots: bigint };
const STAGES = ["liquidation", "preventive", "sweep", "deleverage", "principal"] as const;
type StageName = (typeof STAGES)[number];

export type Tally = ReturnType<typeof createTally>;

export function createTally() {
  const markets = new Map<MarketId, ReturnType<typeof emptyMarket>>();

  function add({ eventName, args }: ChainEvent): void {
    if (!("market" in args)) return;
    const id = Number(args.market);
    const market = markets.get(id) ?? emptyMarket();
    markets.set(id, market);
    const note = (stage: StageName, account: bigint, lots: bigint, counterparty?: bigint) => {
      const found = market.stages[stage];
      found.accounts.add(Number(account));
      found.lots += lots;
      if (counterparty !== undefined) found.counterparties.add(Number(counterparty));
    };
    switch (eventName) {
      case "PositionChanged":
        if (args.lots === 0n) market.closed.add(Number(args.account));
        else market.closed.delete(Number(args.account));
        break;
      case "Liquidated":
        note("liquidation", args.account, args.lots);
        market.fees += args.fee;
        break;
      case "PreventivelyDeleveraged":
        note("preventive", args.account, args.lots, args.counterparty);
        break;
      case "BankruptcySwept":
        note("sweep", args.account, args.lots);
        market.cover += args.cover;
        break;
      case "AutoDeleveraged":
        note("deleverage", args.bankrupt, args.lots, args.counterparty);
        break;
      case "PrincipalClosed":
        note("principal", args.bankrupt, args.lots, args.counterparty);
        break;
      case "DeleverageCall":
        market.cover += args.cover;
        market.rewards += args.reward;
        break;
      case "ToppedUp":
        market.toppedUp++;
        break;
      case "TriggerExecuted":
        market.triggers++;
        break;
      case "LevelChanged":
        market.level = Math.max(market.level, args.level);
        break;
      default:
        break;
    }
  }

  function of(id: MarketId): MarketTally {
    const { stages, closed, ...rest } = markets.get(id) ?? emptyMarket();
    const summed = STAGES.map((name) => {
      const { accounts, counterparties, lots } = stages[name];
      const gone = [...accounts].filter((account) => closed.has(account)).length;
      return [name, { accounts: accounts.size, closed: gone, counterparties: counterparties.size, lots }] as const;
    });
    return { ...(Object.fromEntries(summed) as Record<StageName, StageTally>), ...rest };
  }

  return { add, of };
}

function emptyMarket() {
  const stages = Object.fromEntries(
    STAGES.map((name) => [name, { accounts: new Set(), counterparties: new Set(), lots: 0n }]),
  ) as Record<StageName, Stage>;
  return { stages, closed: new Set<AccountId>(), toppedUp: 0, triggers: 0, cover: 0n, rewards: 0n, fees: 0n, level: 0 };
}
