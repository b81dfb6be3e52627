/**
 * Sends the transactions of one key, strictly one after the other, and waits for each to be mined.
 *
 * Invariants: at most one nonce of ours is open at a time; every attempt at it is signed with the same nonce, so at most one can ever be
 * mined; a nonce whose transaction was given up is used again by the next one, with higher fees, and leaves no gap.
 */
import {
  type Hash,
  keccak256,
  type PrivateKeyAccount,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from "viem";
import type { Chain } from "../chain/connect.ts";
import { describeError } from "../chain/describeError.ts";
import { KeeperError } from "../errors.ts";
import { bumpFees, type Fees, readFees } from "./fees.ts";
import { isRejection } from "./isRejection.ts";
import type { PreparedCall } from "./prepareCall.ts";
import { sleep } from "./sleep.ts";

export type Dispatcher = {
  readonly account: PrivateKeyAccount;
  /** Resolves with the receipt, reverted or not. Throws SendError when nothing was mined. */
  readonly send: (call: PreparedCall, gas: bigint) => Promise<TransactionReceipt>;
};

export type DispatcherParameters = {
  readonly chain: Chain;
  readonly account: PrivateKeyAccount;
  readonly pollMs: number;
  readonly signal: AbortSignal;
};

/** Blocks without inclusion before the fee is raised: inclusion is a matter of blocks, not of seconds. */
const BUMP_AFTER_BLOCKS = 3n;
const MAX_BUMPS = 5;
/** Without new blocks nothing can be included, and waiting longer than this blocks everything else. */
const GIVE_UP_MS = 120_000;
/** After a stop, how long a sent transaction is still waited for. */
const GRACE_MS = 5_000;

export function createDispatcher({ chain, account, pollMs, signal }: DispatcherParameters): Dispatcher {
  const { client, chainId } = chain;
  let abandoned: { nonce: number; fees: Fees } | undefined;

  async function send(call: PreparedCall, gas: bigint): Promise<TransactionReceipt> {
    const [nonce, fresh] = await Promise.all([
      client.getTransactionCount({ address: account.address, blockTag: "latest" }),
      readFees(chain),
    ]);
    let fees = abandoned?.nonce === nonce ? bumpFees(abandoned.fees, fresh) : fresh;
    const hashes: Hash[] = [];
    const started = Date.now();
    for (let bumps = 0; ; bumps++) {
      const signed = await account.signTransaction({ ...call, ...fees, type: "eip1559", chainId, nonce, gas });
      hashes.push(keccak256(signed));
      abandoned = { nonce, fees };
      await client.sendRawTransaction({ serializedTransaction: signed }).catch(async (cause: unknown) => {
        // A node that mines at once reports a revert as a failed send; and the answer to a send can be lost. The chain knows.
        if ((await receiptOf(hashes)) !== undefined || !isRejection(cause)) return;
        if (hashes.length > 1) return; // the replacement was refused: an earlier attempt may still be mined
        abandoned = undefined;
        throw new SendError("The transaction was refused", { details: describeError(cause), cause });
      });
      const receipt = await waitForReceipt(hashes, started, bumps < MAX_BUMPS);
      if (receipt !== undefined) {
        abandoned = undefined;
        return receipt;
      }
      fees = bumpFees(fees, await readFees(chain));
    }
  }

  /** Undefined when it is time to raise the fee. */
  async function waitForReceipt(hashes: readonly Hash[], started: number, mayBump: boolean) {
    const sentAt = await client.getBlockNumber();
    for (;;) {
      const [receipt, head] = await Promise.all([receiptOf(hashes), client.getBlockNumber()]);
      if (receipt !== undefined) return receipt;
      if (mayBump && head >= sentAt + BUMP_AFTER_BLOCKS) return undefined;
      const waited = Date.now() - started;
      if (waited > GIVE_UP_MS || (signal.aborted && waited > GRACE_MS)) {
        throw new SendError("The transaction was not mined", { details: hashes.join(", ") });
      }
      await sleep(Math.min(pollMs, 250));
    }
  }

  async function receiptOf(hashes: readonly Hash[]): Promise<TransactionReceipt | undefined> {
    const receipts = await Promise.all(
      hashes.map((hash) =>
        client.getTransactionReceipt({ hash }).catch((error: unknown) => {
          if (error instanceof TransactionReceiptNotFoundError) return undefined;
          throw error;
        }),
      ),
    );
    return receipts.find((receipt) => receipt !== undefined);
  }

  return { account, send };
}

export class SendError extends KeeperError {
  override readonly name = "SendError";
}
