/**
 * The result as one JSON object. Amounts are strings of quote atoms, prices strings of dollars, scores plain numbers.
 */
import { IDS, MEANINGS } from "../invariants/catalogue.ts";
import type { DeleverageRecord } from "../invariants/deleverageRecord.ts";
import type { DemoMarket } from "../market/market.ts";
import { predictionJson } from "../prediction/report.ts";
import { type DemoResult, isBroken } from "./demoResult.ts";
import { plainPrice, ratioOf, score } from "./format.ts";
import { fundingOf } from "./fundingOf.ts";

export function toJsonReport(result: DemoResult) {
  const { tally, context, catalogue, closed, keepers } = result;
  const { liquidations, cover } = tally.totals();
  const calls = tally.calls();
  return {
    ok: !isBroken(result),
    path: result.path.name,
    accounts: result.flags.accounts,
    seed: result.flags.seed,
    seconds: Math.round(result.seconds * 10) / 10,
    blocks: Number(result.blocks),
    trades: tally.trades(),
    liquidations,
    liquidatedNotional: Object.fromEntries(
      context.markets.map(({ id, name }) => [name, tally.liquidations(id).notional.toString()]),
    ),
    preventive: byMarket(result, ({ id }) => {
      const { calls: count, counterparties, lots, notional } = tally.preventive(id);
      return { calls: count, counterparties, lots: Number(lots), notional: notional.toString() };
    }),
    topUps: byMarket(result, ({ id }) => {
      const { count, amount, tips } = tally.topUps(id);
      return { count, amount: amount.toString(), tips: tips.toString() };
    }),
    funding: byMarket(result, ({ index }) => {
      const { paid, received, settlements } = fundingOf(result, index);
      return { paid: paid.toString(), received: received.toString(), settlements };
    }),
    levels: tally.levels().map(({ market, block, level, ratio, jump }) => ({
      market: context.markets[market - 1]?.name ?? String(market),
      block: Number(block),
      level,
      ratio: ratioOf(ratio),
      jump: Number(jump) / 1e6,
    })),
    insurancePaid: cover.toString(),
    insuranceLeft: closed.totals.fund.toString(),
    adl: calls.map(describe),
    prediction: predictionJson(result.forecast, context.markets),
    principalCloses: calls.reduce(
      (sum, { counterparties }) => sum + counterparties.filter(({ stage }) => stage === "principal").length,
      0,
    ),
    blocksToResolveMax: tally.blocksToResolveMax(),
    invariants: result.invariants,
    checks: Object.fromEntries(IDS.map((id) => [id, catalogue.verdict(id).checks])),
    broken: Object.fromEntries(
      IDS.filter((id) => !result.invariants[id]).map((id) => [id, [MEANINGS[id][0], ...catalogue.verdict(id).broken]]),
    ),
    problems: result.problems,
    staleOracle: result.staleProbes.map(({ call, expected, answer }) => ({
      call,
      answer,
      asExpected: answer === expected,
    })),
    withdrawn: closed.withdrawn.toString(),
    redeemed: closed.redeemed.toString(),
    treasury: closed.treasury.toString(),
    vault: {
      tokens: closed.totals.tokens.toString(),
      pots: closed.totals.markets.map(({ pot }) => pot.toString()),
      keeperReserve: closed.totals.reserve.toString(),
      insuranceFund: closed.totals.fund.toString(),
      treasury: closed.totals.treasury.toString(),
      freeCollateral: closed.totals.free.reduce((sum, free) => sum + free, 0n).toString(),
    },
    keepers: keepers.map((keeper) => ({ name: keeper.name, attempts: keeper.attempts(), troubles: keeper.troubles() })),
  };
}

function byMarket<T>({ context }: DemoResult, of: (market: DemoMarket) => T): Record<string, T> {
  return Object.fromEntries(context.markets.map((market) => [market.name, of(market)]));
}

function describe({
  account,
  market,
  block,
  isLong,
  price: x,
  mark,
  lots,
  cover,
  counterparties,
  next,
}: DeleverageRecord) {
  return {
    account,
    market: market.name,
    block: Number(block),
    side: isLong ? "long" : "short",
    price: plainPrice(x, market),
    mark: plainPrice(mark, market),
    lots: Number(lots),
    insurance: cover.toString(),
    counterparties: counterparties.map((one) => ({
      account: one.account,
      stage: one.stage,
      rank: one.rank,
      score: score(one.score),
      lots: Number(one.lots),
      pnl: one.pnl.toString(),
      pnlGivenUp: one.pnlGivenUp.toString(),
    })),
    next: next ?? null,
  };
}
