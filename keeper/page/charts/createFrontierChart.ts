/**
 * The hull: shortfall against a move of the price. It floats on what the insurance fund can pay; where the hull meets the load line, the
 * Plimsoll mark is painted. Beyond it the fund is not enough.
 */
import { money, move, moneyOf } from "../format.ts";
import type { Frontier, Risk } from "../types.ts";
import { type Chart, createPlot, type PlotOptions } from "./createPlot.ts";
import { FONT, type Palette } from "./palette.ts";

type Plot = import("uplot");
/** What the pointer is at; nothing while it is elsewhere. */
export type ReadOut = { readonly point: Risk["curve"][number] | undefined };
export type FrontierChart = { readonly show: (risk: Risk) => void; readonly repaint: () => void };

const MARKS = [
  { key: "book", label: "book outrun" },
  { key: "fund", label: "fund used up" },
  { key: "principal", label: "principal stage" },
] as const;

export function createFrontierChart(box: HTMLElement): FrontierChart {
  let risk: Risk | undefined;
  const chart: Chart = createPlot(box, options);

  function show(next: Risk): void {
    risk = next;
    const x = next.curve.map((point) => Number(point.move) / 10_000);
    const y = next.curve.map((point) => moneyOf(point.total));
    chart.show([x, y]);
  }

  function options(colours: Palette): PlotOptions {
    return {
      legend: { show: false },
      cursor: { y: false, points: { show: false } },
      padding: [14, 30, 4, 6],
      scales: {
        x: { time: false, range: () => xRange(risk) },
        y: { range: () => [0, yMost(risk)] },
      },
      series: [
        {},
        {
          stroke: colours.ink,
          width: 3,
          fill: colours.water,
          points: { show: false },
        },
      ],
      axes: [axisOf(colours, (value) => move(value * 10_000, 0), 30), axisOf(colours, (value) => money(value), 64)],
      hooks: {
        drawClear: [(plot) => paintHull(plot, colours)],
        draw: [(plot) => paintLines(plot, colours)],
        setCursor: [(plot) => readOut(plot)],
      },
    };
  }

  /** Above the load line, outside of the hull: where the fund does not reach. */
  function paintHull(plot: Plot, colours: Palette): void {
    if (risk === undefined) return;
    const { ctx, bbox } = plot;
    const line = plot.valToPos(moneyOf(risk.adequacy.insurance), "y", true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = colours.wash;
    for (const frontier of [risk.down, risk.up]) {
      if (frontier.solvency === undefined) continue;
      const edge = plot.valToPos(Number(frontier.solvency.move) / 10_000, "x", true);
      const end = frontier.direction === "down" ? bbox.left : bbox.left + bbox.width;
      ctx.fillRect(Math.min(edge, end), bbox.top, Math.abs(end - edge), Math.max(0, line - bbox.top));
    }
    ctx.restore();
  }

  function paintLines(plot: Plot, colours: Palette): void {
    if (risk === undefined) return;
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const insurance = moneyOf(risk.adequacy.insurance);
    const line = plot.valToPos(insurance, "y", true);
    ctx.save();
    ctx.font = FONT.replace("12px", `${12 * ratio}px`);
    ctx.lineWidth = 2.5 * ratio;
    ctx.strokeStyle = colours.red;
    ctx.beginPath();
    ctx.moveTo(bbox.left, line);
    ctx.lineTo(bbox.left + bbox.width, line);
    ctx.stroke();
    ctx.fillStyle = colours.red;
    ctx.textAlign = "right";
    ctx.fillText(`insurance ${money(insurance)}`, bbox.left + bbox.width - 8 * ratio, line - 8 * ratio);
    // today's price: the keel
    const keel = plot.valToPos(0, "x", true);
    ctx.strokeStyle = colours.muted;
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(keel, bbox.top);
    ctx.lineTo(keel, bbox.top + bbox.height);
    ctx.stroke();
    for (const frontier of [risk.down, risk.up]) paintMarks(plot, colours, frontier, line);
    ctx.restore();
  }

  function paintMarks(plot: Plot, colours: Palette, frontier: Frontier, line: number): void {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const isDown = frontier.direction === "down";
    for (const [i, { key, label }] of MARKS.entries()) {
      const point = frontier[key];
      if (point === undefined) continue;
      const x = plot.valToPos(Number(point.move) / 10_000, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const colour = [colours.amber, colours.red, colours.ink][i] ?? colours.ink;
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.25 * ratio;
      ctx.setLineDash([5 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top - 4 * ratio);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.fillStyle = colour;
      const text = `${label} ${move(point.move)}`;
      // outside of the hull, where the two sides do not meet; inside where there is no room
      const room = (isDown ? x - bbox.left : bbox.left + bbox.width - x) > ctx.measureText(text).width + 10 * ratio;
      const leftOfLine = isDown === room;
      ctx.textAlign = leftOfLine ? "right" : "left";
      ctx.fillText(text, x + (leftOfLine ? -6 : 6) * ratio, bbox.top + (14 + i * 17) * ratio);
    }
    if (frontier.solvency === undefined) return;
    const x = plot.valToPos(Number(frontier.solvency.move) / 10_000, "x", true);
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) return;
    paintPlimsoll(ctx, x, line, 11 * ratio, colours);
  }

  function readOut(plot: Plot): void {
    const index = plot.cursor.idx;
    const point = index === undefined || index === null ? undefined : risk?.curve[index];
    box.dispatchEvent(new CustomEvent<ReadOut>("readout", { detail: { point } }));
  }

  return { show, repaint: chart.repaint };
}

/** The mark on the ship's side: a disc, and a line through it. */
function paintPlimsoll(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number, colours: Palette): void {
  ctx.setLineDash([]);
  ctx.fillStyle = colours.panel;
  ctx.strokeStyle = colours.ink;
  ctx.lineWidth = radius / 4;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  ctx.beginPath();
  ctx.moveTo(x - radius * 1.7, y);
  ctx.lineTo(x + radius * 1.7, y);
  ctx.stroke();
}

function axisOf(colours: Palette, values: (value: number) => string, size: number) {
  return {
    stroke: colours.muted,
    font: FONT,
    size,
    grid: { stroke: colours.rule, width: 1 },
    ticks: { stroke: colours.rule, width: 1, size: 4 },
    values: (_: unknown, splits: number[]) => splits.map(values),
  };
}

/** Wide enough for the marks, the same to both sides, so that left and right can be compared. */
function xRange(risk: Risk | undefined): [number, number] {
  const most = Math.max(60, ...(risk?.curve ?? []).slice(-1).map((point) => Number(point.move) / 10_000));
  const marks = [risk?.down, risk?.up].flatMap((frontier) =>
    frontier === undefined
      ? []
      : [frontier.solvency, frontier.book, frontier.fund, frontier.principal].flatMap((point) =>
          point === undefined ? [] : [Math.abs(Number(point.move)) / 10_000],
        ),
  );
  const farthest = Math.max(5, ...marks.filter((mark) => mark <= most));
  const edge = Math.min(most, Math.ceil((farthest * 1.35) / 5) * 5);
  return [-edge, edge];
}

/** The load line at about two fifths of the height; without insurance, all of the curve. */
function yMost(risk: Risk | undefined): number {
  if (risk === undefined) return 1;
  const insurance = moneyOf(risk.adequacy.insurance);
  if (insurance > 1) return insurance * 2.5;
  const [low, high] = xRange(risk);
  const seen = risk.curve.filter(({ move }) => Number(move) / 10_000 >= low && Number(move) / 10_000 <= high);
  return Math.max(1, ...seen.map(({ total }) => moneyOf(total))) * 1.05;
}
