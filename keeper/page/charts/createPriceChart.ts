/**
 * The mark over time, and on it what the clearing did: liquidations, sweeps, deleveraging.
 */
import { price, priceOf, time } from "../format.ts";
import type { ChainEvent, Market, Prices } from "../types.ts";
import { axis, type Chart, createPlot, type PlotOptions } from "./createPlot.ts";
import type { Palette } from "./palette.ts";

export type PriceChart = {
  readonly show: (market: Market, prices: Prices, events: readonly ChainEvent[]) => void;
  readonly repaint: () => void;
};

export function createPriceChart(box: HTMLElement): PriceChart {
  let market: Market | undefined;
  let points: Prices = [];
  let events: readonly ChainEvent[] = [];
  const chart: Chart = createPlot(box, options);

  function options(colours: Palette): PlotOptions {
    return {
      legend: { show: false },
      cursor: { y: false },
      padding: [10, 14, 0, 4],
      // blocks are what is evenly spaced: a crash is minutes, and a second has many blocks
      scales: { x: { time: false } },
      series: [{}, { stroke: colours.sea, width: 2, points: { show: false } }],
      axes: [
        axis(colours, (value) => timeAt(value), { size: 28, space: 90 }),
        axis(colours, (value) => price(value), { size: 64 }),
      ],
      hooks: { draw: [(plot) => paintEvents(plot, colours)] },
    };
  }

  function timeAt(block: number): string {
    const point = points.findLast((known) => known.block <= block) ?? points[0];
    return point === undefined ? "" : time(point.time);
  }

  function paintEvents(plot: import("uplot"), colours: Palette): void {
    if (market === undefined) return;
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const first = points[0]?.block ?? 0;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const event of events) {
      if (event.type === "level" || event.block.number < first) continue;
      const x = plot.valToPos(event.block.number, "x", true);
      const mark = event.type === "deleverage" ? event.mark : event.price;
      const y = plot.valToPos(priceOf(market, mark), "y", true);
      if (event.type === "deleverage" || event.type === "preventive") {
        ctx.strokeStyle = colours.red;
        ctx.globalAlpha = 0.35;
        ctx.lineWidth = ratio;
        ctx.beginPath();
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        ctx.globalAlpha = 1;
        ctx.fillStyle = colours.red;
        diamond(ctx, x, y, 6.5 * ratio);
      } else {
        ctx.fillStyle = event.type === "sweep" ? colours.short : colours.amber;
        ctx.beginPath();
        ctx.arc(x, y, 4 * ratio, 0, 2 * Math.PI);
        ctx.fill();
      }
    }
    ctx.restore();
  }

  return {
    show(nextMarket, nextPrices, nextEvents) {
      market = nextMarket;
      points = nextPrices;
      events = nextEvents;
      chart.show([points.map(({ block }) => block), points.map((point) => priceOf(nextMarket, point.price))]);
    },
    repaint: chart.repaint,
  };
}

function diamond(ctx: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  ctx.beginPath();
  ctx.moveTo(x, y - size);
  ctx.lineTo(x + size, y);
  ctx.lineTo(x, y + size);
  ctx.lineTo(x - size, y);
  ctx.closePath();
  ctx.fill();
}
