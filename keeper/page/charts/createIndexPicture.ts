/**
 * The rank index seen as a picture: each position a dot at its entry price and its bankruptcy price. The corridor is the empty band between
 * the sides' bankruptcy prices; the region of the last deleveraging is shaded: who was in profit at X and solvent at the mark.
 */
import { price, priceOf } from "../format.ts";
import type { Deleverage, Market, Position } from "../types.ts";
import { FONT, palette } from "./palette.ts";

export type IndexPicture = {
  readonly show: (
    market: Market,
    positions: readonly Position[],
    last: Deleverage | undefined,
    account: number,
  ) => void;
  readonly repaint: () => void;
};

const PAD = { left: 62, right: 14, top: 12, bottom: 40 };

export function createIndexPicture(canvas: HTMLCanvasElement): IndexPicture {
  let drawn: Parameters<IndexPicture["show"]> | undefined;
  new ResizeObserver(() => paint()).observe(canvas);

  function paint(): void {
    const context = canvas.getContext("2d");
    if (drawn === undefined || context === null || canvas.clientWidth === 0) return;
    const ratio = devicePixelRatio;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const ctx = context;
    ctx.scale(ratio, ratio);
    ctx.clearRect(0, 0, width, height);
    const colours = palette();
    const [market, positions, last, account] = drawn;
    const dots = positions.flatMap((position) => {
      if (position.bankruptcyPrice === undefined) return [];
      const [x, y] = [priceOf(market, position.entryPrice), priceOf(market, position.bankruptcyPrice)];
      return [{ x, y, position }];
    });
    const mark = market.price === undefined ? undefined : priceOf(market, market.price);
    const xs = span(dots.length > 0 || mark === undefined ? dots.map(({ x }) => x) : [mark]);
    const ys = span([...dots.map(({ y }) => y), ...(mark === undefined ? [] : [mark])]);
    const toX = (value: number) => PAD.left + ((value - xs.low) / (xs.high - xs.low)) * (width - PAD.left - PAD.right);
    const toY = (value: number) =>
      height - PAD.bottom - ((value - ys.low) / (ys.high - ys.low)) * (height - PAD.top - PAD.bottom);

    ctx.font = FONT;
    ctx.strokeStyle = colours.rule;
    ctx.fillStyle = colours.muted;
    ctx.lineWidth = 1;
    for (const value of splits(xs)) {
      line(toX(value), PAD.top, toX(value), height - PAD.bottom);
      ctx.textAlign = "center";
      ctx.fillText(price(value), toX(value), height - PAD.bottom + 16);
    }
    for (const value of splits(ys)) {
      line(PAD.left, toY(value), width - PAD.right, toY(value));
      ctx.textAlign = "right";
      ctx.fillText(price(value), PAD.left - 6, toY(value) + 4);
    }
    ctx.textAlign = "center";
    ctx.fillText("entry price", (PAD.left + width - PAD.right) / 2, height - 6);

    ctx.save();
    ctx.beginPath();
    ctx.rect(PAD.left, PAD.top, width - PAD.left - PAD.right, height - PAD.top - PAD.bottom);
    ctx.clip();
    if (last !== undefined) shade(last);
    if (mark !== undefined) {
      ctx.strokeStyle = colours.ink;
      ctx.setLineDash([4, 4]);
      line(PAD.left, toY(mark), width - PAD.right, toY(mark));
      ctx.setLineDash([]);
      ctx.fillStyle = colours.ink;
      ctx.textAlign = "left";
      ctx.fillText(`mark ${price(mark)}`, PAD.left + 6, toY(mark) - 6);
    }
    const largest = Math.max(1, ...dots.map(({ position }) => Number(position.lots)));
    for (const { x, y, position } of dots) {
      ctx.fillStyle = position.isLong ? colours.long : colours.short;
      ctx.globalAlpha = 0.72;
      ctx.beginPath();
      ctx.arc(toX(x), toY(y), 2.2 + 5 * Math.sqrt(Number(position.lots) / largest), 0, 2 * Math.PI);
      ctx.fill();
      ctx.globalAlpha = 1;
      if (position.account !== account) continue;
      ctx.strokeStyle = colours.ink;
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.arc(toX(x), toY(y), 10, 0, 2 * Math.PI);
      ctx.stroke();
    }
    ctx.restore();

    function line(x0: number, y0: number, x1: number, y1: number): void {
      ctx.beginPath();
      ctx.moveTo(x0, y0);
      ctx.lineTo(x1, y1);
      ctx.stroke();
    }

    /** Entered beyond X on the winning side, and bankrupt only beyond the mark. */
    function shade(call: Deleverage): void {
      const x = priceOf(market, call.price);
      const adjusted = priceOf(market, (BigInt(call.mark) - BigInt(call.funding ?? 0)).toString());
      // a bankrupt long has its bankruptcy price above the mark, and shorts opposite
      const shorts = BigInt(call.price) > BigInt(call.mark);
      const [left, right] = shorts ? [toX(x), width] : [0, toX(x)];
      const [top, bottom] = shorts ? [0, toY(adjusted)] : [toY(adjusted), height];
      ctx.fillStyle = colours.wash;
      ctx.fillRect(left, top, right - left, bottom - top);
      ctx.strokeStyle = colours.red;
      ctx.lineWidth = 1.5;
      ctx.strokeRect(left, top, right - left, bottom - top);
    }
  }

  return {
    show(...next) {
      drawn = next;
      paint();
    },
    repaint: paint,
  };
}

function span(values: readonly number[]): { low: number; high: number } {
  if (values.length === 0) return { low: 0, high: 1 };
  // the outermost hundredth would press all others into a corner
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(0.01), at(0.99)];
  const room = Math.max((high - low) * 0.08, Math.abs(high) * 0.002, 1e-9);
  return { low: low - room, high: high + room };
}

function splits({ low, high }: { low: number; high: number }): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const found: number[] = [];
  for (let value = Math.ceil(low / step) * step; value < high; value += step) found.push(value);
  return found;
}
