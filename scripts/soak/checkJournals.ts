/**
 * The keepers' journals against the chain, after the keepers have ended: I1, I2, I3, I5 and I7 of docs/keeper.md.
 */
import { type Address, type PublicClient, TransactionReceiptNotFoundError } from "viem";
import { createJournal } from "../../keeper/db/createJournal.ts";
import { openDatabase } from "../../keeper/db/openDatabase.ts";

export type CheckJournalsParameters = {
  readonly client: PublicClient;
  /** Before the keeper began. */
  readonly keepers: readonly { readonly address: Address; readonly journal: string; readonly firstNonce: number }[];
  /** Wei, one transaction. */
  readonly txBudget: bigint;
};

/** @returns What does not hold. */
export async function checkJournals({ client, keepers, txBudget }: CheckJournalsParameters): Promise<string[]> {
  const wrong: string[] = [];
  for (const { address, journal: path, firstNonce } of keepers) {
    const say = (text: string) => wrong.push(`${text} (keeper ${address})`);
    const journal = createJournal(openDatabase(path));
    const intents = journal.list(1_000_000);
    const decided = new Set(journal.decisions(1_000_000).map(({ intent }) => intent));
    journal.close();
    const [latest, pending] = await Promise.all(
      (["latest", "pending"] as const).map((blockTag) => client.getTransactionCount({ address, blockTag })),
    );
    if (latest !== pending) say(`I2: something waits in the mempool: ${latest}, ${pending}`);
    const mined = intents.filter(({ status }) => status === "mined" || status === "final");
    const nonces = mined.map(({ nonce }) => nonce).toSorted((a, b) => a - b);
    const expected = Array.from({ length: (latest ?? 0) - firstNonce }, (_, i) => firstNonce + i);
    if (nonces.join() !== expected.join())
      say(`I2: nonces in the journal ${nonces.length}, on the chain ${expected.length}`);
    const plans = new Set<string>();
    for (const { id, planId, status, mined: place, outcome, attempts } of intents) {
      for (const { gas, maxFeePerGas } of attempts)
        if (gas * maxFeePerGas > txBudget) say(`I5: an attempt of intent ${id} could cost more than its budget`);
      if (place === undefined || (status !== "mined" && status !== "final")) continue;
      const isCancel = attempts.find(({ hash }) => hash === place.hash)?.isCancel === true;
      if (!isCancel && plans.has(planId)) say(`I1: the plan of intent ${id} was mined twice`);
      if (!isCancel) plans.add(planId);
      const receipt = await client.getTransactionReceipt({ hash: place.hash }).catch((error: unknown) => {
        if (error instanceof TransactionReceiptNotFoundError) return undefined;
        throw error;
      });
      if (receipt?.blockHash !== place.blockHash) say(`I3: intent ${id} is said to be in another block`);
      if (receipt?.status === "reverted" && outcome === "effective")
        say(`I3: intent ${id} reverted, and is said to be effective`);
      // a process that was killed between the two may not have told; what became of it is in the intent
      if (!decided.has(id) && outcome === undefined) say(`I7: nothing says what became of intent ${id}`);
    }
  }
  return wrong;
}
