/**
 * The last steps of the price that reached somebody: what was predicted for exactly that price, against what then happened.
 */
import { el, row, setRows } from "../dom.ts";
import { money, moneyOf, move, price, priceOf, time, units, unitsOf } from "../format.ts";
import type { Market, PriceStep, Shown } from "../types.ts";

type Lots = ReadonlyMap<number, bigint>;
type Kind = "bankrupt" | "deleveraged" | "liquidated";
const NAMES: Readonly<Record<Kind, string>> = {
  bankrupt: "Bankrupt, closed",
  deleveraged: "Deleveraged",
  liquidated: "Liquidated",
};
const KINDS: readonly Kind[] = ["bankrupt", "deleveraged", "liquidated"];
/** Accounts in the table. */
const LISTED = 100;

export function showSteps({ market, steps }: Shown): void {
  const part = (id: string) => document.getElementById(id) as HTMLElement;
  const picker = part("step") as HTMLSelectElement;
  const eventful = steps.filter(isEventful);
  const before = picker.value;
  const options = eventful.map((step) => {
    const label = `${time(step.to.timestamp)} · ${move(step.move, 2)}`;
    return el("option", { value: `${market.id} ${step.to.hash}` }, label);
  });
  const same =
    options.length === picker.options.length && options.every((o, i) => o.value === picker.options[i]?.value);
  if (!same) {
    const wasNewest = picker.selectedIndex <= 0;
    picker.replaceChildren(...options);
    if (!wasNewest && options.some(({ value }) => value === before)) picker.value = before;
  }
  const step = eventful[Math.max(0, picker.selectedIndex)];
  part("steps").hidden = step === undefined;
  part("steps-none").hidden = step !== undefined;
  if (step !== undefined) draw(market, step);
}

function draw(market: Market, step: PriceStep): void {
  const [summary, accounts] = ["step-summary", "step-accounts"].map(
    (id) => document.getElementById(id) as HTMLTableElement,
  );
  const note = document.getElementById("step-note") as HTMLElement;
  const span = `${price(priceOf(market, step.priceBefore))} → ${price(priceOf(market, step.price))}, predicted from block ${step.from.number}, happened ${step.until === undefined ? "so far" : `up to block ${step.until.number}`}`;
  note.textContent = step.prediction === undefined ? `${span}. Nothing was predicted: too many positions.` : span;
  note.dataset["block"] = String(step.to.number);
  const [predicted, happened] = [predictedOf(step), happenedOf(step)];
  const size = (lots: bigint) => units(unitsOf(market, lots.toString()));
  setRows(summary as HTMLTableElement, [
    ...KINDS.map((kind) => {
      const [a, b] = [predicted[kind], happened[kind]];
      const both = [...a.keys()].filter((account) => b.has(account)).length;
      return el(
        "tr",
        { "data-kind": kind },
        el("th", { scope: "row" }, NAMES[kind]),
        ...row(a.size, b.size, both, size(total(a)), size(total(b))).cells,
      );
    }),
    el(
      "tr",
      { "data-kind": "cover" },
      el("th", { scope: "row" }, "Insurance"),
      ...row("", "", "", money(moneyOf(coverOf(step))), money(moneyOf(step.happened.cover))).cells,
    ),
  ]);
  const ranks = new Map(
    step.prediction?.deleverages.flatMap((one) => one.counterparties.map((c) => [c.account, c.rank])),
  );
  const who = new Set([...predicted.deleveraged.keys(), ...happened.deleveraged.keys()]);
  (accounts as HTMLTableElement).hidden = who.size === 0;
  setRows(
    accounts as HTMLTableElement,
    [...who].slice(0, LISTED).map((account) => {
      const [a, b] = [predicted.deleveraged.get(account) ?? 0n, happened.deleveraged.get(account) ?? 0n];
      return el(
        "tr",
        { class: a === b ? "agrees" : undefined, "data-account": account },
        ...row(
          account,
          ranks.get(account) ?? (a > 0n ? "principal" : "–"),
          size(a),
          size(b),
          a === b ? "as predicted" : a === 0n ? "not predicted" : b === 0n ? "not needed" : "other size",
        ).cells,
      );
    }),
  );
}

function predictedOf({ prediction }: PriceStep): Record<Kind, Lots> {
  const found = {
    bankrupt: new Map<number, bigint>(),
    deleveraged: new Map<number, bigint>(),
    liquidated: new Map<number, bigint>(),
  };
  for (const { account, sweptLots, counterparties, principal } of prediction?.deleverages ?? []) {
    add(found.bankrupt, account, sweptLots);
    for (const other of [...counterparties, ...principal]) {
      add(found.bankrupt, account, other.lots);
      add(found.deleveraged, other.account, other.lots);
    }
  }
  for (const { account, filledLots } of prediction?.liquidations ?? []) add(found.liquidated, account, filledLots);
  return found;
}

function happenedOf({ happened }: PriceStep): Record<Kind, Lots> {
  const sumOf = (list: readonly { account: number; lots: string }[]) =>
    new Map(list.map((a) => [a.account, BigInt(a.lots)]));
  return {
    bankrupt: sumOf(happened.bankrupt),
    deleveraged: sumOf(happened.deleveraged),
    liquidated: sumOf(happened.liquidated),
  };
}

function isEventful(step: PriceStep): boolean {
  const [predicted, happened] = [predictedOf(step), happenedOf(step)];
  return KINDS.some((kind) => predicted[kind].size + happened[kind].size > 0);
}

function add(sum: Map<number, bigint>, account: number, lots: string): void {
  if (lots !== "0") sum.set(account, (sum.get(account) ?? 0n) + BigInt(lots));
}

function total(lots: Lots): bigint {
  return [...lots.values()].reduce((sum, one) => sum + one, 0n);
}

function coverOf({ prediction }: PriceStep): bigint {
  return (prediction?.deleverages ?? []).reduce((sum, { cover }) => sum + BigInt(cover), 0n);
}
