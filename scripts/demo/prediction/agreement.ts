/**
 * How far predictions and outcomes agree, summed over steps. Pure.
 */
import { KINDS, type Kind, type StepRecord } from "./stepRecord.ts";

export type Agreement = {
  /** Accounts, counted once a step. */
  readonly predicted: number;
  readonly happened: number;
  readonly both: number;
  readonly predictedLots: bigint;
  readonly happenedLots: bigint;
  /** Of the lots of each account, the smaller of what was predicted and what happened. */
  readonly commonLots: bigint;
};

export type Agreements = Readonly<Record<Kind, Agreement>>;

const NONE: Agreement = {
  predicted: 0,
  happened: 0,
  both: 0,
  predictedLots: 0n,
  happenedLots: 0n,
  commonLots: 0n,
};

export function noAgreement(): Agreements {
  return { bankrupt: NONE, deleveraged: NONE, liquidated: NONE };
}

export function addStep(total: Agreements, predicted: StepRecord, happened: StepRecord): Agreements {
  const next = KINDS.map((kind) => [kind, add(total[kind], predicted[kind], happened[kind])] as const);
  return Object.fromEntries(next) as Record<Kind, Agreement>;
}

function add(total: Agreement, predicted: StepRecord[Kind], happened: StepRecord[Kind]): Agreement {
  let { both, predictedLots, happenedLots, commonLots } = total;
  for (const lots of happened.values()) happenedLots += lots;
  for (const [account, lots] of predicted) {
    predictedLots += lots;
    const really = happened.get(account);
    if (really === undefined) continue;
    both++;
    commonLots += really < lots ? really : lots;
  }
  return {
    predicted: total.predicted + predicted.size,
    happened: total.happened + happened.size,
    both,
    predictedLots,
    happenedLots,
    commonLots,
  };
}

/** Whether anything was predicted or happened. */
export function isQuiet(record: StepRecord): boolean {
  return KINDS.every((kind) => record[kind].size === 0);
}
