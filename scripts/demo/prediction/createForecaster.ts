/**
 * Predicts each step of the path before it comes, and compares with what then happened.
 *
 * Two forecasts a step. `before`: from positions, book and fund as they are, at the price that the step will bring: what the page would show.
 * `answered`: once more when the price is there and the crowd has reacted, before the keepers act; the difference between the two is what the
 * crowd did in between. It follows the events on its own and changes nothing.
 */
import { createRiskMarket } from "../../../keeper/core/risk/createRiskMarket.ts";
import type { RiskFund, RiskPrices } from "../../../keeper/core/risk/types.ts";
import { exchangeAbi } from "../chain/abi.ts";
import type { Context } from "../context.ts";
import { feedAnswer } from "../market/market.ts";
import { applyLog, priceX16 } from "../replay/applyLog.ts";
import { readLogs, type Transaction } from "../replay/readLogs.ts";
import { createReplay, type MarketReplay } from "../replay/replayState.ts";
import { type Agreements, addStep, isQuiet, noAgreement } from "./agreement.ts";
import { happenedRecord, predictedRecord } from "./recordOf.ts";
import { riskInput } from "./riskInput.ts";
import type { StepRecord } from "./stepRecord.ts";

export type ForecastStep = {
  readonly market: number;
  /** Unix seconds. */
  readonly time: number;
  /** X16 */
  readonly price: bigint;
  readonly before: StepRecord;
  readonly answered: StepRecord;
  readonly happened: StepRecord;
};

export type ForecastResult = {
  /** Steps with a price. */
  readonly steps: number;
  /** Those of them, a market, in which something was predicted or happened. */
  readonly eventful: readonly ForecastStep[];
  /** Over all steps and markets. */
  readonly before: Agreements;
  readonly answered: Agreements;
};

export type Forecaster = {
  /** Before the step's transactions are sent. @param prices By market, dollars. */
  readonly before: (prices: readonly number[], time: number) => Promise<void>;
  /** When they are mined and the keepers have not acted yet. */
  readonly answered: () => Promise<void>;
  /** When the keepers are done. */
  readonly after: () => Promise<void>;
  readonly result: () => ForecastResult;
};

type Forecast = { readonly price: bigint; readonly record: StepRecord };
const DAY = 86_400;

export function createForecaster(context: Context): Forecaster {
  const { chain, addresses, markets } = context;
  const replay = createReplay(markets);
  const eventful: ForecastStep[] = [];
  let from = 0n;
  let steps = 0;
  let totals = { before: noAgreement(), answered: noAgreement() };
  let now: { time: number; before: Forecast[]; answered: Forecast[] } | undefined;
  let seen: Transaction[] = [];

  async function follow(): Promise<void> {
    const { number: head } = await chain.head();
    if (head < from) return;
    const transactions = await readLogs(context, from, head);
    from = head + 1n;
    for (const transaction of transactions) for (const log of transaction.logs) applyLog(replay, log);
    seen.push(...transactions);
  }

  async function before(prices: readonly number[], time: number): Promise<void> {
    await follow();
    seen = [];
    const funds = await readFunds(time);
    const forecasts = replay.map((one, i) => {
      const price = priceX16(one.market, feedAnswer(prices[i] ?? 0));
      // the index as last accrued: what a step adds to it is at most the funding cap for its seconds
      return forecast(one, { price, funding: one.prices?.funding ?? 0n }, funds[i] as RiskFund);
    });
    now = { time, before: forecasts, answered: [] };
  }

  async function answered(): Promise<void> {
    if (now === undefined) return;
    await follow();
    const funds = await readFunds(now.time);
    const indices = await Promise.all(markets.map(({ id }) => read("fundingIndexNow", id)));
    now.answered = replay.map((one, i) => {
      const price = one.prices?.price ?? 0n;
      return forecast(one, { price, funding: indices[i] as bigint }, funds[i] as RiskFund);
    });
  }

  async function after(): Promise<void> {
    if (now === undefined) return;
    await follow();
    steps++;
    for (const [i, { id }] of markets.entries()) {
      const happened = happenedRecord(seen, id);
      const [first, second] = [now.before[i] as Forecast, now.answered[i] as Forecast];
      totals = {
        before: addStep(totals.before, first.record, happened),
        answered: addStep(totals.answered, second.record, happened),
      };
      const step = { market: id, time: now.time, price: first.price };
      if ([first.record, second.record, happened].every(isQuiet)) continue;
      eventful.push({ ...step, before: first.record, answered: second.record, happened });
    }
    now = undefined;
  }

  function forecast(one: MarketReplay, prices: RiskPrices, fund: RiskFund): Forecast {
    const market = createRiskMarket(riskInput(one, prices, fund));
    return { price: prices.price, record: predictedRecord(market.predict(0n)) };
  }

  async function readFunds(time: number): Promise<RiskFund[]> {
    const one = { address: addresses.exchange, abi: exchangeAbi } as const;
    const claim = await chain.client.readContract({ ...one, functionName: "insuranceBalance" });
    const today = BigInt(Math.floor(time / DAY));
    return Promise.all(
      markets.map(async ({ id, dailyCoverCap }) => {
        const view = await chain.client.readContract({ ...one, functionName: "marketAt", args: [BigInt(id)] });
        const drawn = view.coverDay === today ? view.coverDrawn : 0n;
        return { claim, coverLeft: drawn < dailyCoverCap ? dailyCoverCap - drawn : 0n };
      }),
    );
  }

  function read(functionName: "fundingIndexNow", id: number): Promise<bigint> {
    return chain.client.readContract({
      address: addresses.exchange,
      abi: exchangeAbi,
      functionName,
      args: [BigInt(id)],
    });
  }

  return { before, answered, after, result: () => ({ steps, eventful, ...totals }) };
}
