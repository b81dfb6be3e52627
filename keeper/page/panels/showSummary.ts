/**
 * The strip of figures at the top, and the sentence that says where the line is.
 */
import { el } from "../dom.ts";
import { money, moneyOf, move, percent, price, priceOf, units, unitsOf } from "../format.ts";
import type { Frontier, Shown } from "../types.ts";

const BANDS = { strong: "strong, ≥ 1.5", adequate: "adequate, 1 – 1.5", weak: "weak, < 1" } as const;

export function showSummary(strip: HTMLElement, sentence: HTMLElement, { market, risk, waterfall }: Shown): void {
  const adequacy = risk?.adequacy;
  const ratio = adequacy?.ratio === undefined ? "∞" : (Number(adequacy.ratio) / 1e6).toFixed(2);
  const state = market.price === undefined ? "no price" : waterfall.insolvent ? "insolvent" : "solvent";
  strip.replaceChildren(
    figure("Mark", market.price === undefined ? "–" : price(priceOf(market, market.price)), market.refusal),
    figure("State", state, "of the market", state === "solvent" ? "good" : "bad"),
    figure("Open interest", units(unitsOf(market, market.openInterest)), `${market.name} a side`),
    figure("Positions", market.positions.toLocaleString("en-US"), "open"),
    figure("Insurance", money(moneyOf(market.insurance)), "for this market today"),
    figure(
      "Capital adequacy",
      adequacy === undefined ? "–" : ratio,
      adequacy && BANDS[adequacy.band],
      adequacy?.band === "weak" ? "bad" : adequacy?.band === "adequate" ? "fair" : "good",
    ),
    figure("Volatility", percent(market.volatility), "an hour"),
  );
  sentence.replaceChildren(
    ...(risk === undefined
      ? ["The frontier is drawn when the market has a price."]
      : [
          "The fund holds down to ",
          el("strong", { id: "line-down" }, describe(risk.down)),
          " and up to ",
          el("strong", { id: "line-up" }, describe(risk.up)),
          ". Nobody ends below zero, however far it goes.",
        ]),
  );
}

function figure(name: string, value: string, note?: string, mood?: string): HTMLElement {
  return el(
    "div",
    { class: "figure" },
    el("dt", {}, name),
    el("dd", { class: mood }, value),
    note !== undefined && el("dd", { class: "note" }, note),
  );
}

function describe({ solvency }: Frontier): string {
  if (solvency === undefined) return "any price";
  if (Number(solvency.move) === 0) return "no move at all";
  const sigmas = solvency.sigmasMilli === undefined ? "" : ` (${(Number(solvency.sigmasMilli) / 1000).toFixed(1)} σ)`;
  return `${move(solvency.move)}${sigmas}`;
}
