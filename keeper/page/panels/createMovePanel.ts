/**
 * "If the price moves by …": who would be liquidated, bankrupt, deleveraged, and how far the fund reaches. The move follows the last step
 * of the price until somebody chooses another.
 */
import { ask } from "../ask.ts";
import { byId, el, row, setRows } from "../dom.ts";
import { money, moneyOf, price, priceOf, units, unitsOf } from "../format.ts";
import type { Block, Market, Prediction, Rung } from "../types.ts";

/** Of the price, in percent: what the slider reaches. The field beside it takes more. */
const LEAST = -99.9999;
const MOST = 200;
/** Counterparties that are listed; all of them are behind the API. */
const LISTED = 100;

export type Forecast = { readonly block: Block; readonly prediction: Prediction; readonly rung: Rung | undefined };

export type MovePanel = {
  /** Pips. */
  readonly moveOr: (last: number | undefined) => number;
  readonly show: (market: Market, forecast: Forecast | undefined, last: number | undefined) => void;
};

/** Asks on its own when the move is changed: that need not wait for a block. */
export function createMovePanel(): MovePanel {
  const slider = byId("move-slider", HTMLInputElement);
  const field = byId("move", HTMLInputElement);
  const follow = byId("move-last", HTMLButtonElement);
  const note = byId("move-note", HTMLElement);
  let chosen: number | undefined;
  let market: Market | undefined;
  let last: number | undefined;
  let asking = false;

  slider.addEventListener("input", () => choose(Number(slider.value)));
  field.addEventListener("input", () => choose(field.value === "" ? Number.NaN : Number(field.value)));
  follow.addEventListener("click", () => {
    chosen = undefined;
    setControls();
    void refresh();
  });

  function choose(value: number): void {
    const isMove = Number.isFinite(value) && value >= LEAST && value <= MOST;
    field.setAttribute("aria-invalid", String(!isMove));
    if (!isMove) {
      note.textContent = `A move lies between ${LEAST} and ${MOST} %`;
      return;
    }
    chosen = Math.round(value * 10_000);
    setControls();
    void refresh();
  }

  function setControls(): void {
    const value = String(moveOr(last) / 10_000);
    // what is being typed is left alone
    if (document.activeElement !== field || chosen === undefined) field.value = value;
    slider.value = value;
    follow.setAttribute("aria-pressed", String(chosen === undefined));
    if (chosen === undefined) field.setAttribute("aria-invalid", "false");
  }

  /** One question at a time; the last move asked for is answered last. */
  async function refresh(): Promise<void> {
    if (asking || market === undefined) return;
    asking = true;
    const [about, wanted] = [market, moveOr(last)];
    try {
      const forecast = await askForecast(about, wanted);
      if (about.id === market.id && wanted === moveOr(last)) draw(about, forecast);
    } catch (error) {
      note.textContent = error instanceof Error ? error.message : String(error);
    }
    asking = false;
    if (about.id !== market.id || wanted !== moveOr(last)) void refresh();
  }

  function moveOr(fallback: number | undefined): number {
    return chosen ?? fallback ?? 0;
  }

  function draw(about: Market, { block, prediction, rung }: Forecast): void {
    const source =
      chosen !== undefined ? "" : last === undefined ? " · the price has not moved yet" : " · like the last step";
    note.textContent = `to ${price(priceOf(about, prediction.price))} at block ${block.number}${source}`;
    byId("move-figures", HTMLElement).replaceChildren(...figuresOf(about, prediction, rung));
    const table = byId("move-adl", HTMLTableElement);
    const closes = prediction.deleverages.flatMap((one) => [
      ...one.counterparties.map((other) => ({ one, other, rank: String(other.rank) })),
      ...one.principal.map((other) => ({ one, other, rank: "principal" })),
    ]);
    setRows(
      table,
      closes
        .slice(0, LISTED)
        .map(({ one, other, rank }) =>
          row(
            String(other.account),
            rank,
            units(unitsOf(about, other.lots)),
            price(priceOf(about, one.price)),
            `${one.account} (${one.isLong ? "long" : "short"})`,
          ),
        ),
    );
    byId("move-caption", HTMLElement).textContent =
      closes.length === 0
        ? "Nobody would be deleveraged."
        : closes.length > LISTED
          ? `Deleveraged: the first ${LISTED} of ${closes.length} closes`
          : "Deleveraged, in the contract's order:";
    table.hidden = closes.length === 0;
    document.documentElement.dataset["move"] = prediction.move;
  }

  return {
    moveOr,
    show(next, forecast, step) {
      [market, last] = [next, step];
      setControls();
      if (forecast === undefined) note.textContent = "There is no price to move.";
      // the move may have been changed while this was fetched
      else if (Number(forecast.prediction.move) === moveOr(last)) draw(next, forecast);
    },
  };
}

export async function askForecast({ id }: Pick<Market, "id">, move: number): Promise<Forecast & { hashes: string[] }> {
  const at = `/api/markets/${id}`;
  const [prediction, ladder] = await Promise.all([
    ask<Prediction>(`${at}/predict?move=${move}`),
    ask<Rung[]>(`${at}/ladder?moves=${move}`),
  ]);
  const hashes = [prediction.block.hash, ladder.block.hash];
  return { block: prediction.block, prediction: prediction.data, rung: ladder.data[0], hashes };
}

function figuresOf(market: Market, { deleverages, liquidations }: Prediction, rung: Rung | undefined): Node[] {
  const sum = <T>(list: readonly T[], of: (one: T) => string) =>
    list.reduce((total, one) => total + BigInt(of(one)), 0n);
  const size = (lots: bigint) => `${units(unitsOf(market, lots.toString()))} ${market.name}`;
  const principal = deleverages.flatMap((one) => one.principal);
  const counterparties = new Set(deleverages.flatMap((one) => one.counterparties.map(({ account }) => account)));
  const ranked = deleverages.flatMap((one) => one.counterparties);
  const bankruptLots = sum(deleverages, ({ lots }) => lots);
  return [
    figure(
      "liquidations",
      String(liquidations.length),
      `${size(sum(liquidations, ({ closeLots }) => closeLots))} to close, the book takes ${size(sum(liquidations, ({ filledLots }) => filledLots))}`,
    ),
    figure(
      "depth",
      rung === undefined ? "–" : size(BigInt(rung.depthLots)),
      rung === undefined ? "" : `within slippage; below maintenance are ${size(BigInt(rung.liquidationLots))}`,
    ),
    figure(
      "bankrupt",
      String(deleverages.length),
      `${size(bankruptLots)}, the book takes ${size(sum(deleverages, ({ sweptLots }) => sweptLots))}`,
    ),
    figure(
      "insurance",
      money(moneyOf(sum(deleverages, ({ cover }) => cover))),
      `used, of ${money(moneyOf(market.insurance))}`,
    ),
    figure("deleveraged", String(counterparties.size), `${size(sum(ranked, ({ lots }) => lots))} by rank`),
    figure(
      "principal",
      String(new Set(principal.map(({ account }) => account)).size),
      `${size(sum(principal, ({ lots }) => lots))} in the principal stage`,
    ),
  ];
}

const NAMES = {
  liquidations: "Liquidations",
  depth: "Depth of the book",
  bankrupt: "Bankrupt accounts",
  insurance: "Insurance",
  deleveraged: "Deleveraged",
  principal: "Principal stage",
} as const;

function figure(kind: keyof typeof NAMES, value: string, text: string): HTMLElement {
  return el(
    "div",
    { class: "figure", "data-kind": kind },
    el("dt", {}, NAMES[kind]),
    el("dd", {}, value),
    el("dd", { class: "note" }, text),
  );
}
