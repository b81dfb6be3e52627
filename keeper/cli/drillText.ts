/**
 * The drill's report as tables for a terminal. The only floating point is in what is printed.
 */
import type { MarketId, MarketParameters } from "../core/types.ts";
import { formatLots, formatPrice, formatQuote } from "../ops/format.ts";
import { formatTable } from "./formatTable.ts";
import type { StageTally } from "../drill/createTally.ts";
import type { Call, DrillEnd, DrillReport, Left, MarketDrill, Underwater } from "../drill/report.ts";

type ParametersOf = (market: MarketId) => MarketParameters;

const ENDS: Readonly<Record<DrillEnd, string>> = {
  cleared: "everything that was due was done",
  stalled: "nothing had an effect any more",
  blocks: "the blocks of --max-blocks were used up",
  time: "the seconds of --max-seconds were used up",
  interrupted: "interrupted",
};
/** Of each list; JSON has all. */
const LISTED = 40;

export function drillText(report: DrillReport, parametersOf: ParametersOf): string {
  const { blocks, lastEffect, chainSeconds, wallMs, gas, insurance, findings, left, calls } = report;
  const seconds = (wallMs / 1_000).toFixed(1);
  return [
    `drill on block ${report.block}, as ${report.keeper}`,
    report.markets.map((market) => marketText(market, parametersOf(market.market))).join("\n\n"),
    callsText(calls, parametersOf),
    leftText(left, parametersOf),
    findings.map(({ id, holds, text }) => `${holds ? "holds " : "BROKEN"}  ${id}  ${text}`).join("\n"),
    `insurance ${formatQuote(insurance.before)} before, ${formatQuote(insurance.after)} after, ${formatQuote(insurance.drawn)} drawn`,
    `${blocks} blocks (the last effect in block ${lastEffect}), ${chainSeconds} s of the chain's time, ${seconds} s here`,
    `gas ${gas.used} in ${calls.length} calls, ${gas.most} at most, ${gas.wasted} without effect`,
    `${report.cleared ? "CLEARED" : "NOT CLEARED"}: ${verdict(report)}. The chain is as it was.`,
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function verdict({ ended, left, findings }: DrillReport): string {
  const broken = findings.filter(({ holds }) => !holds).length;
  const parts = [ENDS[ended]];
  if (left.length > 0) parts.push(`${left.length} left to do`);
  parts.push(broken === 0 ? "the exchange is solvent" : `${broken} invariants are broken or cannot be shown to hold`);
  return parts.join(", ");
}

function marketText(market: MarketDrill, p: MarketParameters): string {
  const { name, before, after, shocked, end, positions, tally } = market;
  const move = before === undefined ? "" : `, ${(Number(after - before) / Number(before) / 0.01).toFixed(2)} %`;
  const from = before === undefined ? "no price" : formatPrice(before, p);
  const stages: [string, StageTally][] = [
    ["1 liquidation", tally.liquidation],
    ["  preventive", tally.preventive],
    ["2 book and insurance", tally.sweep],
    ["3 deleveraging", tally.deleverage],
    ["4 principal", tally.principal],
  ];
  const rows = stages.map(([stage, { accounts, closed, counterparties, lots }]) => [
    stage,
    String(accounts),
    String(closed),
    String(counterparties),
    formatLots(lots, p),
  ]);
  const others = [
    tally.toppedUp > 0 ? `${tally.toppedUp} topped up` : "",
    tally.triggers > 0 ? `${tally.triggers} triggers` : "",
    tally.level > 0 ? `circuit breaker at level ${tally.level}` : "",
    `cover ${formatQuote(tally.cover)}`,
    `rewards ${formatQuote(tally.rewards)}`,
    `liquidation fees ${formatQuote(tally.fees)}`,
  ];
  return [
    `${name}  ${from} → ${formatPrice(after, p)}${move}`,
    `underwater  ${underwaterText(shocked)}; at the end ${underwaterText(end)}, ${positions} positions open`,
    formatTable(["stage", "accounts", "closed", "counterparties", "size"], rows),
    others.filter((part) => part !== "").join(", "),
  ].join("\n");
}

function underwaterText({ liquidatable, bankrupt, deficit }: Underwater): string {
  const lack = deficit > 0n ? ` (deficit ${formatQuote(deficit)})` : "";
  return `${liquidatable} below maintenance, ${bankrupt} bankrupt${lack}`;
}

function callsText(calls: readonly Call[], parametersOf: ParametersOf): string {
  if (calls.length === 0) return "no call was mined";
  const rows = calls
    .slice(0, LISTED)
    .map((call) => [
      String(call.block),
      parametersOf(call.market).name,
      call.kind,
      call.account === 0 ? "-" : String(call.account),
      call.reason === undefined ? call.outcome : `${call.outcome}: ${call.reason}`,
      formatLots(call.lots, parametersOf(call.market)),
      String(call.counterparties),
      String(call.gas),
    ]);
  const head = ["block", "market", "call", "account", "outcome", "size", "counterparties", "gas"];
  return formatTable(head, rows) + more(calls.length);
}

function leftText(left: readonly Left[], parametersOf: ParametersOf): string {
  if (left.length === 0) return "";
  const rows = left
    .slice(0, LISTED)
    .map(({ market, account, what, lots, equity, reason }) => [
      parametersOf(market).name,
      account === undefined ? "-" : String(account),
      what,
      lots === undefined ? "" : formatLots(lots, parametersOf(market)),
      equity === undefined ? "" : formatQuote(equity),
      reason,
    ]);
  const meanings = new Map(left.flatMap(({ reason, meaning }) => (meaning ? [[reason.split("(")[0], meaning]] : [])));
  const glossary = [...meanings].map(([name, meaning]) => `${name}: ${meaning}`);
  const table = formatTable(["market", "account", "left", "size", "equity", "because"], rows) + more(left.length);
  return [table, ...glossary].join("\n");
}

function more(count: number): string {
  return count > LISTED ? `\n… and ${count - LISTED} more (--json has all)` : "";
}
