/**
 * The progress bar, on stderr: the price, and the stage that the market is in. On a terminal one line that changes; elsewhere a line now and
 * then, and one for every change of stage.
 */
import type { StepSummary } from "../invariants/createAuditor.ts";

export type Stage = "opening" | "calm" | "liquidating" | "insurance" | "deleveraging" | "stale";

export type ProgressStep = StepSummary & {
  readonly time: number;
  /** Of the path, from 0 to 1. */
  readonly share: number;
  readonly prices: readonly number[];
};

export type Progress = {
  readonly say: (text: string) => void;
  readonly opening: (share: number) => void;
  readonly step: (step: ProgressStep) => void;
  /** Ends the line. */
  readonly done: () => void;
};

type Output = { readonly isTTY?: boolean; readonly write: (text: string) => unknown };

const WIDTH = 30;
/** Without a terminal, a line for every so much of the path. */
const QUIET_SHARE = 0.1;

export function createProgress(output: Output): Progress {
  const live = output.isTTY === true;
  let stage: Stage | undefined;
  let said = 0;
  let open = false;

  const line = (text: string) => {
    output.write(live ? `\r\x1b[2K${text}` : `${text}\n`);
    open = live;
  };
  const done = () => {
    if (open) output.write("\n");
    open = false;
  };
  return {
    say: (text) => {
      done();
      output.write(`${text}\n`);
    },
    opening: (share) => {
      if (live || share === 1) line(`${bar(share)} positions are opened through the book`);
    },
    step: (step) => {
      const now = stageOf(step);
      const news = now !== stage || step.share >= said + QUIET_SHARE || step.share === 1;
      stage = now;
      if (!live && !news) return;
      said = step.share;
      line(
        `${bar(step.share)} ${clock(step.time)}  BTC ${dollars(step.prices[0])}  ETH ${dollars(step.prices[1])}  ${describe(now, step)}`,
      );
    },
    done,
  };
}

export function stageOf({ stale, deleveraged, cover, liquidated }: StepSummary): Stage {
  if (stale) return "stale";
  if (deleveraged > 0) return "deleveraging";
  if (cover > 0n) return "insurance";
  return liquidated > 0 ? "liquidating" : "calm";
}

function describe(stage: Stage, { deleveraged, cover, liquidated }: StepSummary): string {
  const parts = [
    liquidated > 0 ? `${liquidated} liquidated` : "",
    cover > 0n ? `insurance pays ${dollars(Number(cover) / 1e6)}` : "",
    deleveraged > 0 ? `${deleveraged} counterparties closed` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? stage : `${stage}: ${parts.join(", ")}`;
}

function bar(share: number): string {
  const full = Math.round(share * WIDTH);
  return `[${"█".repeat(full)}${"·".repeat(WIDTH - full)}] ${String(Math.round(share * 100)).padStart(3)} %`;
}

function clock(time: number): string {
  return new Date(time * 1000).toISOString().slice(11, 19);
}

function dollars(value: number | undefined): string {
  return (value ?? 0).toLocaleString("en-US", { maximumFractionDigits: (value ?? 0) < 1_000 ? 2 : 0 });
}
