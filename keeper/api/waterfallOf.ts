/**
 * Which stages of the waterfall a call made now would reach, and what each has done in the history that is kept. Pure.
 */
import type { Prediction } from "../core/risk/types.ts";
import type { HistoryRecord } from "./record.ts";

export type Stage = {
  readonly stage: 1 | 2 | 3 | 4;
  readonly live: boolean;
  /** Liquidations, sweeps, or counterparties closed. */
  readonly happened: number;
  readonly lots: bigint;
  readonly lastBlock: number | undefined;
};

export type Waterfall = {
  /** The deepest live one, 0 for none. */
  readonly stage: 0 | 1 | 2 | 3 | 4;
  readonly insolvent: boolean;
  readonly stages: readonly Stage[];
};

/** @param now What the contract would do at the present price; undefined while there is none. */
export function waterfallOf(now: Prediction | undefined, records: readonly HistoryRecord[]): Waterfall {
  const next = now?.deleverages ?? [];
  const live = new Map<Stage["stage"], boolean>([
    [1, next.length === 0 && (now?.liquidations.length ?? 0) > 0],
    [2, next.some(({ sweptLots }) => sweptLots > 0n)],
    [3, next.some(({ counterparties }) => counterparties.length > 0)],
    [4, next.some(({ principal }) => principal.length > 0)],
  ]);
  const stages = [...live].map(([stage, isLive]): Stage => {
    const done = records.flatMap((record) => doneBy(stage, record));
    return {
      stage,
      live: isLive,
      happened: done.length,
      lots: done.reduce((sum, { lots }) => sum + lots, 0n),
      lastBlock: done.at(-1)?.block,
    };
  });
  return { stage: stages.findLast((stage) => stage.live)?.stage ?? 0, insolvent: next.length > 0, stages };
}

function doneBy(stage: Stage["stage"], record: HistoryRecord): { readonly lots: bigint; readonly block: number }[] {
  const block = Number(record.block.number);
  if (stage === 1) return record.type === "liquidation" ? [{ lots: record.lots, block }] : [];
  if (stage === 2) return record.type === "sweep" ? [{ lots: record.lots, block }] : [];
  if (record.type !== "deleverage") return [];
  const closes = record.closes.filter((close) => close.stage === (stage === 3 ? "ranked" : "principal"));
  return closes.map(({ lots }) => ({ lots, block }));
}
