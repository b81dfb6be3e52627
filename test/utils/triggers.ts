/** Requests for triggers, with what a test does not care about filled in. */

/** TriggerKind */
export const [STOP_LOSS, TAKE_PROFIT] = [0, 1] as const;
/** Lots that stand for the whole position. */
export const WHOLE = 2n ** 40n - 1n;
/** Quote atoms. */
export const TIP = 10_000n;

export interface TriggerOptions {
  kind?: number;
  triggerTick: number;
  limitTick?: number;
  lots?: bigint | number;
  tip?: bigint | number;
  market?: number;
}

export const triggerOf = (o: TriggerOptions) => ({
  market: o.market ?? 1,
  kind: o.kind ?? STOP_LOSS,
  triggerTick: o.triggerTick,
  limitTick: o.limitTick ?? 1,
  lots: o.lots ?? WHOLE,
  tip: o.tip ?? TIP,
});
