/**
 * If the price moves by x: how many, how much, and what the book holds against it.
 */
import { el, row, setRows } from "../dom.ts";
import { money, moneyOf, move, units, unitsOf } from "../format.ts";
import type { Shown } from "../types.ts";

export function showLadder(table: HTMLTableElement, { market, ladder }: Shown): void {
  setRows(
    table,
    ladder.map((rung) => {
      const share = rung.coverage === undefined ? 0 : Number(rung.coverage) / 1e6;
      const outrun = rung.liquidations > 0 && (rung.coverage === undefined || share > 1);
      const bar = el("meter", {
        min: 0,
        max: 1,
        value: rung.liquidations === 0 ? 0 : rung.coverage === undefined ? 1 : Math.min(1, share),
        low: 0.5,
        high: 0.99,
        optimum: 0,
        "aria-label": `Share of the book that liquidations at ${move(rung.move)} would need`,
      });
      return el(
        "tr",
        { class: outrun ? "outrun" : undefined },
        el("th", { scope: "row" }, move(rung.move, Number(rung.move) % 10_000 === 0 ? 0 : 1)),
        ...row(
          rung.liquidations.toLocaleString("en-US"),
          money(moneyOf(rung.liquidationNotional)),
          units(unitsOf(market, rung.depthLots)),
          bar,
          rung.bankruptcies.toLocaleString("en-US"),
        ).cells,
      );
    }),
  );
}
