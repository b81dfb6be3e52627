/**
 * The four stages, which of them is live, and the circuit breaker beside them.
 */
import { el } from "../dom.ts";
import { percent, units, unitsOf } from "../format.ts";
import type { Market, Shown } from "../types.ts";

const STAGES = {
  1: ["Liquidation", "below maintenance: reduced in the book"],
  2: ["Book with insurance", "bankrupt: the fund pays what the book is worse"],
  3: ["Auto-deleveraging", "ranked counterparties close at its price"],
  4: ["Principal stage", "the rest, by bankruptcy price alone"],
} as const;
const LEVELS = ["Normal", "Cautious", "Reduce only"];

export function showWaterfall(list: HTMLElement, breaker: HTMLElement, { market, waterfall }: Shown): void {
  list.replaceChildren(
    ...waterfall.stages.map(({ stage, live, happened, lots, lastBlock }) => {
      const [name, what] = STAGES[stage as keyof typeof STAGES];
      const done =
        happened === 0
          ? "not yet used"
          : `${happened.toLocaleString("en-US")} × · ${units(unitsOf(market, lots))} ${market.name} · last at block ${lastBlock}`;
      return el(
        "li",
        { class: live ? "live" : happened > 0 ? "used" : undefined, "aria-current": live ? "step" : undefined },
        el("span", { class: "stage", "aria-hidden": "true" }, stage),
        el("div", {}, el("b", {}, name), live && el("span", { class: "badge" }, "live"), el("p", {}, what)),
        el("small", {}, done),
      );
    }),
  );
  breaker.replaceChildren(...describeBreaker(market));
}

function describeBreaker({ breaker }: Market): Node[] {
  if (breaker === undefined) return [el("p", {}, "The circuit breaker is read when the price is usable.")];
  const { level, stepped, guardian, ratio, cautiousRatio, reduceOnlyRatio, initialRate } = breaker;
  const cause = guardian >= stepped && guardian > 0 ? "set by a guardian" : stepped > 0 ? "stepped by itself" : "";
  const meter = el("meter", {
    min: 0,
    max: Math.max(200_000, Number(cautiousRatio) * 2),
    low: Number(reduceOnlyRatio),
    high: Number(cautiousRatio),
    optimum: Math.max(200_000, Number(cautiousRatio) * 2),
    value: ratio === undefined ? 0 : Number(ratio),
    "aria-label": "System margin ratio of the weaker side",
  });
  return [
    el(
      "p",
      { class: `level level-${level}` },
      el("b", {}, LEVELS[level] ?? `level ${level}`),
      cause !== "" && ` · ${cause}`,
    ),
    el("p", {}, "System margin ratio ", el("b", {}, ratio === undefined ? "–" : percent(ratio, 2)), " ", meter),
    el(
      "p",
      { class: "note" },
      `Cautious below ${percent(cautiousRatio, 1)}, reduce only below ${percent(reduceOnlyRatio, 1)}. New exposure needs ${percent(initialRate, 1)}.`,
    ),
  ];
}
