/**
 * From the keepers' journals: which of their transactions did nothing, when in its block each was signed, and who was faster by how much.
 */
import { createJournal } from "../../../keeper/db/createJournal.ts";
import { openDatabase } from "../../../keeper/db/openDatabase.ts";

export type Loser = {
  readonly keeper: number;
  readonly planKey: string;
  readonly outcome: string;
  readonly reason: string;
  readonly plannedBlock: number;
  readonly minedBlock: number;
  /** After the block that came before it was signed. */
  readonly signedAfterMs: number;
  /** Of the other keepers' transactions for the same work in the same block: signed so much earlier. */
  readonly behindMs: number | undefined;
};

/** @param made When each block was made, milliseconds since 1970, in order. */
export function readLosers(paths: readonly string[], made: readonly number[]): Loser[] {
  const signed = paths.flatMap((path, keeper) => {
    const journal = createJournal(openDatabase(path));
    const intents = journal.list(100_000);
    journal.close();
    return intents.map((intent) => ({ keeper, intent }));
  });
  return signed.flatMap(({ keeper, intent }) => {
    const { planKey, openedAt, plannedBlock, mined, outcome = "", reason = "" } = intent;
    if (mined === undefined || outcome === "effective") return [];
    const rivals = signed.filter((one) => one.keeper !== keeper && one.intent.planKey === planKey);
    const winner = rivals.find((one) => one.intent.outcome === "effective" && one.intent.mined?.block === mined.block);
    const before = made.filter((ms) => ms <= openedAt).at(-1) ?? openedAt;
    const behindMs = winner === undefined ? undefined : openedAt - winner.intent.openedAt;
    const blocks = { plannedBlock: Number(plannedBlock), minedBlock: Number(mined.block) };
    return [{ keeper, planKey, outcome, reason, ...blocks, signedAfterMs: openedAt - before, behindMs }];
  });
}
