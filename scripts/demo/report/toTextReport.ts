/**
 * The result as tables.
 */
import type { DeleverageRecord } from "../invariants/deleverageRecord.ts";
import { predictionText } from "../prediction/report.ts";
import { type DemoResult, isBroken } from "./demoResult.ts";
import { money, plural, price, ratioOf, score, size } from "./format.ts";
import { fundingOf } from "./fundingOf.ts";
import { invariantText } from "./invariantText.ts";
import { table } from "./table.ts";

/** Of each call, this many counterparties get a line; calls with one or two are summed up after this many calls. */
const SHOWN = { counterparties: 6, calls: 8 };

export function toTextReport(result: DemoResult): string {
  const parts = [
    clearing(result),
    deleveraging(result.tally.calls()),
    predictionText(result.forecast),
    breaker(result),
    oracle(result),
    totals(result),
    vault(result),
    invariantText(result.catalogue, result.invariants),
    ...result.problems.map((problem) => `PROBLEM  ${problem}`),
    verdict(result),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function clearing({ context, tally }: DemoResult): string {
  const rows = context.markets.flatMap((market) => {
    const liquidations = tally.liquidations(market.id);
    const sweeps = tally.sweeps(market.id);
    const preventive = tally.preventive(market.id);
    const calls = tally.calls().filter((call) => call.market.id === market.id);
    const closes = (wanted: "ranked" | "principal") => {
      const found = calls.flatMap(({ mark, counterparties }) =>
        counterparties
          .filter(({ stage }) => stage === wanted)
          .map((one) => ({ ...one, notional: (one.lots * mark) >> 16n })),
      );
      const sum = (of: (one: (typeof found)[number]) => bigint) => found.reduce((total, one) => total + of(one), 0n);
      return [
        String(found.length),
        size(
          sum(({ lots }) => lots),
          market,
        ),
        money(sum(({ notional }) => notional)),
        money(sum(({ cover }) => cover)),
      ];
    };
    return [
      [
        market.name,
        "1 liquidation",
        String(liquidations.count),
        size(liquidations.lots, market),
        money(liquidations.notional),
        "0.00",
      ],
      [
        market.name,
        "2 book, bankrupt",
        String(sweeps.count),
        size(sweeps.lots, market),
        money(sweeps.notional),
        money(sweeps.cover),
      ],
      [market.name, "3 deleveraging", ...closes("ranked")],
      [market.name, "4 principal", ...closes("principal")],
      [
        market.name,
        "preventive",
        String(preventive.counterparties),
        size(preventive.lots, market),
        money(preventive.notional),
        "0.00",
      ],
    ];
  });
  return table(
    "CLEARING, by stage of the waterfall",
    ["market", "stage", "count", "size", "notional", "insurance paid"],
    rows,
  );
}

function deleveraging(calls: readonly DeleverageRecord[]): string {
  if (calls.length === 0) return "";
  const shown = calls.toSorted((a, b) => b.counterparties.length - a.counterparties.length).slice(0, SHOWN.calls);
  const rows = shown
    .toSorted((a, b) => Number(a.block - b.block))
    .flatMap((call) => {
      const rest = call.counterparties.length - SHOWN.counterparties;
      return call.counterparties
        .slice(0, SHOWN.counterparties)
        .map((one, i, { length }) => [
          i === 0 ? String(call.block) : "",
          i === 0 ? `${call.market.name} ${call.isLong ? "long" : "short"} ${call.account}` : "",
          i === 0 ? price(call.price, call.market) : "",
          i === 0 ? price(call.mark, call.market) : "",
          one.stage === "ranked" ? String(one.rank) : "-",
          `${one.account}${one.partly ? " (part)" : ""}`,
          one.stage === "ranked" ? String(score(one.score)) : "principal",
          size(one.lots, call.market),
          money(one.pnl),
          money(one.pnlGivenUp),
          i === length - 1 ? `${rest > 0 ? `${rest} more, ` : ""}next: ${call.next ?? "nobody"}` : "",
        ]);
    });
  const head = ["block", "bankrupt", "price X", "mark", "rank", "account", "score", "size", "PnL", "given up", ""];
  const title = `DELEVERAGING: ${plural(calls.length, "call")}, the ${shown.length} with most counterparties`;
  return table(title, head, rows);
}

/** Names of the circuit breaker's levels. */
const LEVELS = ["normal", "cautious", "reduce-only"];
/** At most so many changes get a line. */
const MAX_LEVELS = 20;

function breaker({ context, tally }: DemoResult): string {
  const changes = tally.levels();
  if (changes.length === 0) return "";
  const rows = changes
    .slice(0, MAX_LEVELS)
    .map(({ market, block, level, ratio, jump }) => [
      String(block),
      context.markets[market - 1]?.name ?? String(market),
      LEVELS[level] ?? String(level),
      percent(ratioOf(ratio)),
      percent(Number(jump) / 1e6),
    ]);
  const title = `CIRCUIT BREAKER: ${plural(changes.length, "change")} of level`;
  return table(title, ["block", "market", "level", "margin ratio", "price move"], rows);
}

function oracle({ staleProbes }: DemoResult): string {
  if (staleProbes.length === 0) return "";
  const rows = staleProbes.map(({ call, expected, answer }) => [
    call,
    answer,
    answer === expected ? "as it must" : `SHOULD BE ${expected}`,
  ]);
  return table("STALE ORACLE: what the exchange answered while the feed was silent", ["call", "answer", ""], rows);
}

function totals(result: DemoResult): string {
  const { tally, blocks, keepers, refused, flags, seconds, context } = result;
  const calls = tally.calls();
  const rewards = calls.reduce((sum, { reward }) => sum + reward, 0n);
  const givenUp = calls
    .flatMap(({ counterparties }) => counterparties)
    .reduce((sum, { pnlGivenUp }) => sum + pnlGivenUp, 0n);
  const rows = [
    ["accounts", String(flags.accounts)],
    ["markets", context.markets.map(({ name }) => name).join(", ")],
    ["blocks", String(blocks)],
    ["orders rested", String(tally.orders())],
    ["trades", String(tally.trades())],
    ["orders refused while insolvent or too late", String(refused)],
    [
      "accounts liquidated",
      context.markets.map(({ id, name }) => `${name} ${tally.liquidations(id).accounts.size}`).join(", "),
    ],
    [
      "top-ups by the keepers",
      context.markets
        .map(({ id, name }) => {
          const { count, amount, tips } = tally.topUps(id);
          return `${name} ${count} (${money(amount)}, tips ${money(tips)})`;
        })
        .join(", "),
    ],
    [
      "funding paid / received",
      context.markets
        .map(({ index, name }) => {
          const { paid, received } = fundingOf(result, index);
          return `${name} ${money(paid)} / ${money(received)}`;
        })
        .join(", "),
    ],
    ["insurance paid", money(tally.totals().cover)],
    ["profit given up in deleveraging", money(givenUp)],
    ["rewards to keepers", money(rewards)],
    ["blocks from bankruptcy to solvency, at most", String(tally.blocksToResolveMax())],
    ...keepers.map((keeper) => [
      `${keeper.name}: attempts`,
      Object.entries(keeper.attempts())
        .map(([kind, count]) => `${count} ${kind}`)
        .join(", "),
    ]),
    ["seconds", seconds.toFixed(1)],
  ];
  return table("TOTALS", ["", ""], rows).replace(/\n {2}\s*\n {2}─.*\n/, "\n");
}

function vault({ context, closed }: DemoResult): string {
  const { totals: left } = closed;
  const rows = [
    ["withdrawn by accounts", money(closed.withdrawn)],
    ["redeemed by the staker", money(closed.redeemed)],
    ["fees to the treasury, withdrawn by the administrator", money(closed.treasury)],
    ...context.markets.map(({ name }, i) => [
      `left: pot of ${name} (1.00 was its seed)`,
      exact(left.markets[i]?.pot ?? 0n),
    ]),
    ["left: keeper reserve", exact(left.reserve)],
    ["left: insurance fund (rounding of its shares)", exact(left.fund)],
    ["left: treasury", exact(left.treasury)],
    ["left: free collateral", exact(left.free.reduce((sum, free) => sum + free, 0n))],
    ["tokens held by the exchange", exact(left.tokens)],
  ];
  return table("VAULT, after everybody has left", ["", "USD"], rows);
}

function verdict(result: DemoResult): string {
  return isBroken(result) ? "BROKEN: see above." : "Every position closed, every account paid, every invariant held.";
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function exact(atoms: bigint): string {
  return (Number(atoms) / 1e6).toFixed(6);
}
