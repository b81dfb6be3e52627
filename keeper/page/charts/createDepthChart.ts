/**
 * The book: how much can be sold down to a price, and bought up to one.
 */
import { price, priceOf, tickPrice, units, unitsOf } from "../format.ts";
import type { Depth, Market } from "../types.ts";
import { axis, type Chart, createPlot, type PlotData, type PlotOptions } from "./createPlot.ts";
import type { Palette } from "./palette.ts";

export type DepthChart = {
  readonly show: (market: Market, depth: Depth) => void;
  readonly repaint: () => void;
};

type Step = { readonly x: number; readonly y: number };

export function createDepthChart(box: HTMLElement): DepthChart {
  const chart: Chart = createPlot(box, options);

  return {
    show(market, depth) {
      const [bids, asks] = [climb(market, depth.bids), climb(market, depth.asks)];
      const near = (steps: readonly Step[]) => steps.filter((step) => isNear(market, step.x));
      // after a jump of the price the whole book may lie outside of the band
      const shown = near(bids).length > 0 && near(asks).length > 0 ? align(near(bids), near(asks)) : align(bids, asks);
      chart.show(shown);
    },
    repaint: chart.repaint,
  };
}

function options(colours: Palette): PlotOptions {
  const side = (colour: string, align: 1 | -1) => ({
    stroke: colour,
    width: 2,
    fill: `${colour}33`,
    points: { show: false },
    paths: uPlotSteps(align),
    spanGaps: true,
  });
  return {
    legend: { show: false },
    cursor: { y: false },
    padding: [10, 14, 0, 4],
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(most, 1e-9) * 1.08] } },
    series: [{}, side(colours.long, -1), side(colours.short, 1)],
    axes: [
      axis(colours, (value) => price(value), { size: 28, space: 80 }),
      axis(colours, (value) => units(value), { size: 56 }),
    ],
  };
}

declare const uPlot: typeof import("uplot");

/** A bid's depth holds from its price downwards, an ask's from its price upwards. */
function uPlotSteps(align: 1 | -1) {
  const stepped = uPlot.paths.stepped?.({ align });
  if (stepped === undefined) throw new Error("this uPlot draws no steps");
  return stepped;
}

/** Within the band around the mark: nothing fills beyond it. */
function isNear(market: Market, x: number): boolean {
  if (market.price === undefined) return true;
  const mark = priceOf(market, market.price);
  return Math.abs(x / mark - 1) <= Number(market.bandRate) / 1e6;
}

/** Lots up to each level, best first. */
function climb(market: Market, levels: Depth["bids"]): Step[] {
  let sum = 0;
  return levels.map(({ tick, lots }) => {
    sum += unitsOf(market, lots);
    return { x: tickPrice(market, tick), y: sum };
  });
}

/** Both sides on one axis, from the lowest bid to the highest ask. */
function align(bids: readonly Step[], asks: readonly Step[]): PlotData {
  const falling = bids.toReversed();
  const x = [...falling, ...asks].map((step) => step.x);
  const bidsAt = [...falling.map((step) => step.y), ...asks.map(() => null)];
  const asksAt = [...falling.map(() => null), ...asks.map((step) => step.y)];
  return [x, bidsAt, asksAt];
}
