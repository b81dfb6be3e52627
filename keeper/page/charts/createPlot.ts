/**
 * A uPlot that fills its box, keeps its size with it, and is made anew when the colours change.
 */
import { FONT, type Palette, palette } from "./palette.ts";

// uPlot is a script of its own: index.html
declare const uPlot: typeof import("uplot");
type Plot = import("uplot");
export type PlotOptions = Omit<import("uplot").Options, "width" | "height">;
export type PlotData = import("uplot").AlignedData;

export type Chart = {
  readonly show: (data: PlotData) => void;
  /** After a change of colours. */
  readonly repaint: () => void;
};

export function createPlot(box: HTMLElement, options: (colours: Palette) => PlotOptions): Chart {
  let plot: Plot | undefined;
  let data: PlotData | undefined;

  function make(): void {
    if (data === undefined) return;
    plot?.destroy();
    plot = new uPlot({ ...options(palette()), width: box.clientWidth, height: box.clientHeight }, data, box);
  }

  new ResizeObserver(() => {
    if (plot === undefined || box.clientWidth === 0) return;
    plot.setSize({ width: box.clientWidth, height: box.clientHeight });
  }).observe(box);

  return {
    show(next) {
      data = next;
      if (plot === undefined) make();
      else plot.setData(next);
    },
    repaint: make,
  };
}

/** How all axes look. */
export function axis(colours: Palette, values: (value: number) => string, extra: import("uplot").Axis = {}) {
  return {
    stroke: colours.muted,
    font: FONT,
    labelFont: FONT,
    grid: { stroke: colours.rule, width: 1 },
    ticks: { stroke: colours.rule, width: 1, size: 4 },
    values: (_: unknown, splits: number[]) => splits.map(values),
    ...extra,
  };
}
