/**
 * What is published: every market at one block, all parts of it at the same one. The keeper says what changed and goes on; the readings
 * that the keeper does not need are made here, behind it. Of blocks that come faster than they can be read, only the newest is published.
 *
 * Invariants: an answer is never put together from two blocks; the keeper never waits for the page.
 */
import type { BlockRef, Chain } from "../chain/connect.ts";
import { describeError } from "../chain/describeError.ts";
import { positionChangeOf } from "../chain/positionChangeOf.ts";
import type { PriceReading } from "../core/marketView.ts";
import { createRiskMarket } from "../core/risk/createRiskMarket.ts";
import { hourlyVolatility } from "../core/risk/hourlyVolatility.ts";
import { runningSteps } from "../core/risk/runningSteps.ts";
import type { Prediction, RiskMarket } from "../core/risk/types.ts";
import type { AccountId, MarketId, MarketParameters, Position } from "../core/types.ts";
import type { WorldPlan } from "../planWorld.ts";
import type { Advance } from "../state/createFollower.ts";
import type { History } from "./createHistory.ts";
import { createSteps, type PriceStep } from "./createSteps.ts";
import { type MarketReading, readBoard } from "./readBoard.ts";

export type PublishedMarket = {
  readonly parameters: MarketParameters;
  /** Undefined until the market had a usable price. */
  readonly risk: RiskMarket | undefined;
  readonly prices: PriceReading;
  readonly reading: MarketReading;
  /** What the waterfall would do now; computed when asked for. */
  readonly now: () => Prediction | undefined;
};

export type Published = {
  readonly block: BlockRef;
  readonly markets: ReadonlyMap<MarketId, PublishedMarket>;
  /** The insurance fund's claim, quote atoms. */
  readonly claim: bigint;
};

export type Board = {
  readonly onAdvance: (advance: Advance) => void;
  readonly onPlan: (plan: WorldPlan) => void;
  readonly published: () => Published | undefined;
  /** Steps of the market's price, oldest first, with what was predicted for each. */
  readonly steps: (market: MarketId) => readonly PriceStep[];
  /** What went wrong at the last attempt to publish; undefined when nothing did. */
  readonly trouble: () => string | undefined;
  /** Calls back at every block published, until the returned function is called. */
  readonly subscribe: (listener: (published: Published) => void) => () => void;
  /** Resolves when everything announced so far is published, or could not be. */
  readonly settled: () => Promise<void>;
};

type Pending = {
  readonly block: BlockRef;
  readonly markets: readonly {
    readonly parameters: MarketParameters;
    readonly prices: PriceReading;
    readonly taken: AccountId;
    readonly steps: ReadonlyMap<AccountId, bigint>;
  }[];
  /** All positions where the engine has to begin anew, else what changed. */
  readonly updates: ReadonlyMap<MarketId, { readonly anew: boolean; readonly positions: readonly Position[] }>;
};

type Found = Pick<Pending["markets"][number], "prices" | "taken" | "steps"> & { readonly reading: MarketReading };

export function createBoard(chain: Chain, history: History): Board {
  const engines = new Map<MarketId, RiskMarket>();
  /** Markets whose engine is made, or will be from what is queued. */
  const ready = new Set<MarketId>();
  const steps = createSteps();
  const listeners = new Set<(published: Published) => void>();
  const changes = new Map<MarketId, Position[]>();
  let queue: Pending[] = [];
  let anew = true;
  let working: Promise<void> | undefined;
  let published: Published | undefined;
  let trouble: string | undefined;

  function onAdvance(advance: Advance): void {
    if (advance.snapshot || advance.rolledBack > 0) anew = true;
    for (const event of advance.events) {
      const change = anew ? undefined : positionChangeOf(event);
      if (change === undefined || !("market" in event.args)) continue;
      const market = Number(event.args.market);
      const list = changes.get(market) ?? [];
      list.push(change);
      changes.set(market, list);
    }
  }

  function onPlan({ block, markets }: WorldPlan): void {
    const updates = new Map(
      markets.map(({ view }) => {
        const { id } = view.parameters;
        // an engine needs a price to begin with: until there is one, all positions are handed over at each block
        const all = anew || !ready.has(id);
        if (view.prices.ok) ready.add(id);
        return [id, { anew: all, positions: all ? ordered(view.state.positions.values()) : (changes.get(id) ?? []) }];
      }),
    );
    changes.clear();
    anew = false;
    const views = markets.map(({ view: { parameters, prices, taken, state } }) => {
      return { parameters, prices, taken, steps: runningSteps(state, block.timestamp, parameters) };
    });
    queue.push({ block, markets: views, updates });
    working ??= work();
  }

  async function work(): Promise<void> {
    // what is announced in the same turn is published once
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue;
      queue = [];
      const newest = batch.at(-1) as Pending;
      try {
        const ids = newest.markets.map(({ parameters }) => parameters.id);
        const readings = await Promise.all(ids.map((id) => readBoard(chain, newest.block, id)));
        publish(batch, newest, readings);
        trouble = undefined;
      } catch (error) {
        // what changed is still to be absorbed; the next block is read anew
        queue = [...batch, ...queue];
        trouble = describeError(error);
        break;
      }
    }
    working = undefined;
  }

  /** In one turn of the event loop: nobody sees half of it. */
  function publish(batch: readonly Pending[], newest: Pending, readings: readonly MarketReading[]): void {
    const markets = newest.markets.map(({ parameters, prices, taken, steps }, i): [MarketId, PublishedMarket] => {
      const reading = readings[i] as MarketReading;
      const risk = engineOf(batch, newest.block, parameters, { prices, taken, steps, reading });
      history.onReading(parameters.id, newest.block, prices.ok ? prices.price : undefined, reading.fundingIndex);
      let prediction: Prediction | undefined;
      const now = () => {
        prediction ??= risk?.predict(0n);
        return prediction;
      };
      return [parameters.id, { parameters, risk, prices, reading, now }];
    });
    published = { block: newest.block, markets: new Map(markets), claim: readings[0]?.fund.claim ?? 0n };
    for (const listener of listeners) listener(published);
  }

  /** The market's engine at the newest block. */
  function engineOf(
    batch: readonly Pending[],
    block: BlockRef,
    parameters: MarketParameters,
    found: Found,
  ): RiskMarket | undefined {
    const { id } = parameters;
    const { depth, fund, breaker } = found.reading;
    const { prices, taken, steps: running } = found;
    const updates = batch.flatMap((pending) => pending.updates.get(id) ?? []);
    const begin = updates.findLastIndex((update) => update.anew);
    if (begin !== -1) {
      engines.delete(id);
      steps.forget(id);
    }
    let risk = engines.get(id);
    if (risk !== undefined && published !== undefined && prices.ok) {
      steps.record(id, risk, published.block, block, prices.price);
    }
    if (risk === undefined) {
      if (!prices.ok) {
        ready.delete(id);
        return undefined;
      }
      const positions = updates[begin]?.positions ?? [];
      const volatility = hourlyVolatility(breaker?.variance ?? 0n);
      risk = createRiskMarket({ parameters, prices, positions, depth, fund, volatility, taken });
      engines.set(id, risk);
    }
    for (const { positions } of updates.slice(begin + 1)) for (const position of positions) risk.apply(position);
    if (prices.ok) risk.setPrices({ price: prices.price, funding: prices.funding });
    risk.setDepth(depth);
    risk.setFund(fund);
    if (breaker !== undefined) risk.setVolatility(hourlyVolatility(breaker.variance));
    risk.setTaken(taken);
    risk.setSteps(running);
    return risk;
  }

  return {
    onAdvance,
    onPlan,
    published: () => published,
    steps: steps.of,
    trouble: () => trouble,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    settled: () => working ?? Promise.resolve(),
  };
}

/** First in first, so that the engine's FIFO order is the contract's. */
function ordered<T extends { readonly joined: number }>(entries: Iterable<T>): T[] {
  return [...entries].sort((a, b) => a.joined - b.joined);
}
