/**
 * Follows signed transactions through blocks: found in one, taken back by a reorganisation, final, or overtaken by somebody else's use of the
 * nonce. Writes only the journal; sends nothing.
 *
 * A receipt is believed for as long as its block is on the chain. viem's own waiting is not used: it returns receipts of other transactions,
 * keeps the first receipt through a reorganisation, and never ends for what was dropped.
 */
import { BlockNotFoundError, type Hash, type TransactionReceipt, TransactionReceiptNotFoundError } from "viem";
import type { Chain } from "../chain/connect.ts";
import type { Journal } from "../db/createJournal.ts";
import type { Intent } from "../db/types.ts";
import type { CrashHook } from "./crashPoint.ts";
import type { Outcome } from "./outcome.ts";
import type { TxEvent } from "./txEvent.ts";

export type Head = { readonly number: bigint; readonly hash: Hash; readonly baseFeePerGas: bigint | null };

export type WatchParameters = {
  readonly chain: Chain;
  readonly journal: Journal;
  readonly confirmations: number;
  /** Blocks; as deep as a reorganisation is followed. */
  readonly maxReorg?: number;
  readonly judge: (intent: Intent, receipt: TransactionReceipt) => Promise<Outcome>;
  readonly now: () => number;
  readonly crash: CrashHook;
};

/** Several endpoints may answer from different blocks: what one of them does not know yet is asked for again. */
const DOUBT_LOOKS = 5;
const DOUBT_MS = 3_000;

/** The setting's default. */
const MAX_REORG = 64;

export type Watch = ReturnType<typeof createWatch>;

export function createWatch(parameters: WatchParameters) {
  const { chain, journal, confirmations, maxReorg = MAX_REORG, judge, now, crash } = parameters;
  const { client } = chain;
  /** What was missed, how often, and since when. */
  const doubts = new Map<string, { looks: number; readonly since: number }>();
  let looked: Hash | undefined;
  let lookedBack: Hash | undefined;

  /** @param used The chain's nonce for this key: how many of ours are in blocks. */
  async function look(head: Head, used: number): Promise<TxEvent[]> {
    const events: TxEvent[] = [];
    const isNew = looked !== head.hash;
    if (isNew) events.push(...(await lookBack(head)));
    for (const group of byNonce(journal.watched())) {
      const mined = group.find(({ status }) => status === "mined");
      const nonce = group[0]?.nonce ?? 0;
      if (mined !== undefined) {
        if (isNew) events.push(...(await recheck(mined, group, head)));
      } else if (group.every(({ status }) => status === "external")) {
        if (isNew) events.push(...(await findAfterAll(group)));
      } else if (used > nonce) events.push(...(await findMined(group)));
    }
    const lowest = journal.watched().find(({ status }) => status === "open")?.nonce;
    // nothing of ours can fill what is missing before it, unless it is what was final
    if (lowest !== undefined && used < lowest) await reopen(used, events);
    looked = head.hash;
    return events;
  }

  async function recheck(mined: Intent, group: readonly Intent[], head: Head): Promise<TxEvent[]> {
    const place = mined.mined;
    if (place === undefined) return [];
    const actual = head.number < place.block ? undefined : await hashAt(place.block);
    if (actual === place.blockHash) {
      certain(`block of ${mined.id}`);
      if (head.number - place.block + 1n < BigInt(confirmations)) return [];
      journal.setFinal(mined.id);
      return [{ type: "final", intent: mined }];
    }
    // an endpoint that is behind has no block there; a reorganisation has another one
    if (actual === undefined && !doubted(`block of ${mined.id}`)) return [];
    return relocate(mined, group);
  }

  /** Its block is gone: it is in another one, or in none. */
  async function relocate(mined: Intent, group: readonly Intent[]): Promise<TxEvent[]> {
    const found = await receiptOf(group);
    if (found !== undefined) return record(found.intent, found.receipt, mined);
    journal.setUnmined(mined.id);
    return [{ type: "unmined", intent: mined }];
  }

  /**
   * A reorganisation can be deeper than `confirmations`: what was final is then in another block, perhaps with another result, or in none. Newest
   * first; blocks are linked, so that whatever came before one that is still in its block is still there, too.
   */
  async function lookBack(head: Pick<Head, "number" | "hash">): Promise<TxEvent[]> {
    if (lookedBack === head.hash) return [];
    const events: TxEvent[] = [];
    for (let last = journal.lastFinal(); last?.mined !== undefined; last = journal.lastFinal(last.nonce)) {
      const { block, blockHash } = last.mined;
      if (block + BigInt(maxReorg) < head.number) break;
      const actual = block > head.number ? undefined : await hashAt(block);
      // none: the endpoint is behind
      if (actual === undefined || actual === blockHash) break;
      events.push(...(await relocate(last, journal.atNonce(last.nonce))));
    }
    lookedBack = head.hash;
    return events;
  }

  async function findMined(group: readonly Intent[]): Promise<TxEvent[]> {
    const doubt = `nonce ${group[0]?.nonce}`;
    const found = await receiptOf(group);
    if (found !== undefined) {
      certain(doubt);
      return record(found.intent, found.receipt);
    }
    if (!doubted(doubt)) return [];
    for (const { id } of group)
      journal.setStatus(id, "external", "the nonce was used by a transaction that is not ours");
    return group.slice(-1).map((intent) => ({ type: "external", intent }));
  }

  /** It was an endpoint that is behind, after all. */
  async function findAfterAll(group: readonly Intent[]): Promise<TxEvent[]> {
    const found = await receiptOf(group);
    return found === undefined ? [] : record(found.intent, found.receipt);
  }

  /** @param before What was mined at this nonce until a reorganisation. */
  async function record(intent: Intent, receipt: TransactionReceipt, before?: Intent): Promise<TxEvent[]> {
    crash("mined");
    const outcome = await judge(intent, receipt);
    const { transactionHash: hash, blockNumber: block, blockHash, gasUsed, effectiveGasPrice } = receipt;
    const reason = "reason" in outcome ? outcome.reason : "";
    const feePaid = gasUsed * (effectiveGasPrice ?? 0n);
    if (before !== undefined && before.id !== intent.id) {
      journal.setUnmined(before.id);
      journal.setStatus(before.id, "abandoned");
    }
    journal.setMined(intent.id, { hash, block, blockHash }, { outcome: outcome.kind, reason, feePaid });
    crash("judged");
    const mined: TxEvent = { type: "mined", intent, receipt, outcome };
    if (confirmations > 1) return [mined];
    journal.setFinal(intent.id);
    return [mined, { type: "final", intent }];
  }

  /** The nonce for a new intent; undefined when something came back that has to go first. */
  async function nextNonce(used: number): Promise<number | undefined> {
    const mined = journal.watched().flatMap(({ status, nonce }) => (status === "mined" ? [nonce + 1] : []));
    const final = await reopen(used, []);
    return final === undefined ? undefined : Math.max(used, final, ...mined);
  }

  /**
   * Intents that were final at nonces that the chain says are not used: either the endpoint is behind, or a reorganisation went deeper than
   * `confirmations`. Returns the nonce after the last one that is still there; undefined when some were taken back.
   */
  async function reopen(used: number, events: TxEvent[]): Promise<number | undefined> {
    let next = 0;
    let back = false;
    for (const intent of journal.finalFrom(used)) {
      if ((await receiptOf([intent])) !== undefined || !doubted(`final ${intent.id}`)) next = intent.nonce + 1;
      else {
        journal.setUnmined(intent.id);
        events.push({ type: "unmined", intent });
        back = true;
      }
    }
    return back ? undefined : next;
  }

  async function receiptOf(group: readonly Intent[]) {
    const asked = group.flatMap((intent) => intent.attempts.map(({ hash }) => ({ intent, hash })));
    const receipts = await Promise.all(
      asked.map(({ hash }) =>
        client.getTransactionReceipt({ hash }).catch((error: unknown) => {
          if (error instanceof TransactionReceiptNotFoundError) return undefined;
          throw error;
        }),
      ),
    );
    for (const [i, receipt] of receipts.entries()) {
      const intent = asked[i]?.intent;
      if (receipt !== undefined && intent !== undefined) return { intent, receipt };
    }
    return undefined;
  }

  async function hashAt(blockNumber: bigint): Promise<Hash | undefined> {
    return client.getBlock({ blockNumber }).then(
      ({ hash }) => hash,
      (error: unknown) => {
        if (error instanceof BlockNotFoundError) return undefined;
        throw error;
      },
    );
  }

  /** Whether this was missed often and long enough to be believed. */
  function doubted(subject: string): boolean {
    const doubt = doubts.get(subject) ?? { looks: 0, since: now() };
    doubt.looks++;
    doubts.set(subject, doubt);
    if (doubt.looks < DOUBT_LOOKS || now() - doubt.since < DOUBT_MS) return false;
    doubts.delete(subject);
    return true;
  }

  function certain(subject: string): void {
    doubts.delete(subject);
  }

  return { look, lookBack, nextNonce };
}

function byNonce(intents: readonly Intent[]): Intent[][] {
  const groups = new Map<number, Intent[]>();
  for (const intent of intents) groups.set(intent.nonce, [...(groups.get(intent.nonce) ?? []), intent]);
  return [...groups.values()];
}
