/**
 * Brings the transactions of one key to the chain, strictly one after the other. Everything that it knows is in the journal, so that it can be
 * stopped at any point and go on from there.
 *
 * Invariants: no bytes are handed to a node before they are committed; a new intent is signed only while none is open; all attempts at an intent,
 * and at what takes its place, have the same nonce, so that at most one of them is ever mined; the next nonce is the chain's, or one above
 * the last one mined, and leaves no gap.
 */
import { type Address, type Hash, type Hex, keccak256, type PrivateKeyAccount, type TransactionReceipt } from "viem";
import type { Chain } from "../chain/connect.ts";
import { describeError } from "../chain/describeError.ts";
import type { Plan } from "../core/plan.ts";
import type { Journal, NewAttempt } from "../db/createJournal.ts";
import type { Attempt, Intent } from "../db/types.ts";
import { classifySendError } from "./classifySendError.ts";
import type { CrashHook } from "./crashPoint.ts";
import { createWatch, type Head } from "./createWatch.ts";
import { bumpFees, type Fees, freshFees, highest, withinCap } from "./fees.ts";
import type { Outcome } from "./outcome.ts";
import type { PreparedCall } from "./prepareCall.ts";
import type { Relay } from "./relay.ts";
import type { TxEvent } from "./txEvent.ts";

export type DispatcherParameters = {
  readonly chain: Chain;
  readonly account: PrivateKeyAccount;
  readonly journal: Journal;
  /** Blocks with a transaction's own that make it final. */
  readonly confirmations: number;
  /** Blocks; as deep as a reorganisation is followed. */
  readonly maxReorg?: number;
  readonly judge: (intent: Intent, receipt: TransactionReceipt) => Promise<Outcome>;
  /** Blocks without inclusion before the fee is raised: inclusion is a matter of blocks, not of seconds. */
  readonly bumpBlocks: number;
  /** Most that one transaction may cost, wei. */
  readonly txBudget: bigint;
  /** Gets transactions first, if there is one. */
  readonly relay?: Relay | undefined;
  /** Why a call would achieve nothing any more; undefined while it would. */
  readonly isObsolete: (intent: Intent) => Promise<string | undefined>;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  readonly crash?: CrashHook;
};

export type SendParameters = {
  readonly plan: Plan;
  readonly planId: Hash;
  readonly plannedBlock: bigint;
  readonly call: PreparedCall;
  /** The gas limit, or why the call is not worth sending. Asked together with what the dispatcher needs itself: it costs no round trip more. */
  readonly prepare: () => Promise<bigint | Outcome>;
  /** Whether it is still our turn, at this head. */
  readonly isTurn?: (head: Hash) => boolean;
  /** The last question before signing: whether somebody else's call is on its way. */
  readonly rival?: () => Promise<Outcome | undefined>;
};

/** `busy`: a transaction is open, or came back. `late`: the turn is over. Unless it is `sent`, nothing was signed. */
export type SendReturnType = "sent" | "busy" | "late" | Outcome;

export type Dispatcher = {
  readonly address: Address;
  /**
   * Looks at the chain once and does what is due: final, taken back, replace, cancel, send again.
   * @param tip The newest block, if it is known: while nothing is under way, a new one is the only reason to look.
   */
  readonly settle: (tip?: Pick<Head, "number" | "hash">) => Promise<readonly TxEvent[]>;
  readonly isOpen: () => boolean;
  readonly send: (parameters: SendParameters) => Promise<SendReturnType>;
};

/** A transfer between accounts without code. */
const TRANSFER_GAS = 21_000n;
/** On a chain that makes no blocks without transactions, what was lost on its way is sent again after this long. */
const RESEND_MS = 2_000;

export function createDispatcher(parameters: DispatcherParameters): Dispatcher {
  const { chain, account, journal, bumpBlocks, txBudget, relay, isObsolete } = parameters;
  const { client, chainId } = chain;
  const { now = () => performance.now(), crash = () => undefined } = parameters;
  const watch = createWatch({ ...parameters, now, crash });
  /** By nonce: the head at which something was last done about it, and when. */
  const worked = new Map<number, { readonly hash: Hash | null; readonly ms: number }>();
  /** Attempts that a node refused for their price. */
  const cheap = new Set<Hash>();
  const stuck = new Set<number>();

  async function settle(tip?: Pick<Head, "number" | "hash">): Promise<readonly TxEvent[]> {
    if (journal.watched().length === 0) return tip === undefined ? [] : watch.lookBack(tip);
    const [head, used] = await look();
    const events = await watch.look(head, used);
    for (const intent of journal.watched()) {
      if (intent.status === "open" && intent.nonce >= used) events.push(...(await pursue(intent, head)));
    }
    return events;
  }

  function look(): Promise<[Head, number]> {
    return Promise.all([
      client.getBlock({ blockTag: "latest" }),
      client.getTransactionCount({ address: account.address, blockTag: "latest" }),
    ]);
  }

  /** An intent whose nonce is not used: once a block, it is cancelled, replaced or sent again. */
  async function pursue(intent: Intent, head: Head): Promise<TxEvent[]> {
    const before = worked.get(intent.nonce);
    const ms = now();
    if (before !== undefined && before.hash === head.hash && ms - before.ms < RESEND_MS) return [];
    worked.set(intent.nonce, { hash: head.hash, ms });
    const last = lastOf(intent);
    if (!last.isCancel) {
      const reason = intent.cancelRequested ? "asked for" : await isObsolete(intent);
      if (reason !== undefined) return cancel(intent, head, reason);
    }
    if (head.number >= last.block + BigInt(bumpBlocks) || cheap.has(last.hash)) {
      const fees = await replacementFees(intent, head, last.gas);
      if (fees !== undefined) {
        stuck.delete(intent.nonce);
        const attempt = await replace(intent, head, fees, last.isCancel);
        return [{ type: "bumped", intent, attempt }, ...(await broadcast(intent, attempt, head))];
      }
      if (!stuck.has(intent.nonce)) {
        stuck.add(intent.nonce);
        return [{ type: "stuck", intent }, ...(await broadcast(intent, last, head))];
      }
    }
    return broadcast(intent, last, head);
  }

  async function cancel(intent: Intent, head: Head, reason: string): Promise<TxEvent[]> {
    const known = await Promise.all(
      intent.attempts.map(async ({ hash, broadcasts }) => broadcasts > 0 || (await isKnown(hash))),
    );
    if (!known.includes(true)) {
      // nobody has it: there is nothing to take back
      journal.setStatus(intent.id, "abandoned", reason);
      return [{ type: "abandoned", intent, reason }];
    }
    const fees = await replacementFees(intent, head, TRANSFER_GAS);
    if (fees === undefined) return [];
    journal.setStatus(intent.id, "open", reason);
    const attempt = await replace(intent, head, fees, true);
    return [{ type: "cancelling", intent, reason }, ...(await broadcast(intent, attempt, head))];
  }

  async function replacementFees(intent: Intent, head: Head, gas: bigint): Promise<Fees | undefined> {
    const previous = highest(rivalsOf(intent.nonce).flatMap(({ attempts }) => attempts)) ?? lastOf(intent);
    const baseFee = head.baseFeePerGas ?? 0n;
    const fresh = freshFees(baseFee, await client.estimateMaxPriorityFeePerGas());
    return withinCap(bumpFees(previous, fresh), txBudget / gas, previous, baseFee);
  }

  async function replace(intent: Intent, head: Head, fees: Fees, isCancel: boolean): Promise<Attempt> {
    const call = isCancel ? undefined : { to: intent.to, data: intent.data };
    const attempt = await sign(call, intent.nonce, isCancel ? TRANSFER_GAS : lastOf(intent).gas, fees, head.number);
    journal.addAttempt(intent.id, attempt);
    crash("committed");
    return { ...attempt, broadcasts: 0 };
  }

  /** @param call None for a transfer of nothing to ourselves. */
  async function sign(call: PreparedCall | undefined, nonce: number, gas: bigint, fees: Fees, block: bigint) {
    const what = call ?? { to: account.address, value: 0n };
    const raw = await account.signTransaction({ ...what, ...fees, type: "eip1559", chainId, nonce, gas });
    const { maxFeePerGas, maxPriorityFeePerGas } = fees;
    const isCancel = call === undefined;
    return { hash: keccak256(raw), raw, isCancel, gas, maxFeePerGas, maxPriorityFeePerGas, block } satisfies NewAttempt;
  }

  async function broadcast(intent: Intent, attempt: Attempt, head: Head): Promise<TxEvent[]> {
    const { hash, raw } = attempt;
    const failed = await handOver(intent, raw, head).then(
      () => undefined,
      (cause: unknown) => ({ error: classifySendError(cause), reason: describeError(cause) }),
    );
    crash("sent");
    const { error, reason } = failed ?? {};
    // whether it is in a block already, or nowhere, the next look will tell
    const maybeTaken = error === undefined || error === "known" || error === "unknown" || error === "nonceTooLow";
    journal.noteBroadcast(hash, maybeTaken ? undefined : reason);
    if (error === "underpriced" || error === "feeTooLow") cheap.add(hash);
    const refused = error === "funds" || error === "invalid";
    if (!refused || reason === undefined || intent.attempts.some(({ broadcasts }) => broadcasts > 0)) return [];
    journal.setStatus(intent.id, "abandoned", reason);
    return [{ type: "abandoned", intent, reason, error }];
  }

  /** To the relay alone at first, then to everybody. */
  function handOver({ attempts }: Intent, raw: Hex, head: Head): Promise<unknown> {
    const [first] = attempts;
    if (relay !== undefined && first !== undefined && head.number < first.block + BigInt(relay.blocks))
      return relay.submit(raw);
    return client.sendRawTransaction({ serializedTransaction: raw });
  }

  async function isKnown(hash: Hash): Promise<boolean> {
    return client.getTransaction({ hash }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Error && error.name === "TransactionNotFoundError") return false;
        throw error;
      },
    );
  }

  async function send({ plan, planId, plannedBlock, call, ...ask }: SendParameters): Promise<SendReturnType> {
    if (isOpen()) return "busy";
    const [[head, used], tip, balance, gas] = await Promise.all([
      look(),
      client.estimateMaxPriorityFeePerGas(),
      client.getBalance({ address: account.address, blockTag: "latest" }),
      ask.prepare(),
    ]);
    if (typeof gas !== "bigint") return gas;
    if (ask.isTurn?.(head.hash) === false) return "late";
    const nonce = await watch.nextNonce(used);
    if (nonce === undefined) return "busy";
    const baseFee = head.baseFeePerGas ?? 0n;
    const fresh = freshFees(baseFee, tip);
    // what was given up at this nonce may still be in a mempool: then ours must pay more than it
    const previous = highest(rivalsOf(nonce).flatMap(({ attempts }) => attempts.filter((one) => one.broadcasts > 0)));
    const wanted = previous === undefined ? fresh : bumpFees(previous, fresh);
    const fees = withinCap(wanted, txBudget / gas, previous, baseFee);
    if (fees === undefined) return { kind: "not-yet", reason: "gas costs more than TX_BUDGET" };
    if (balance < fees.maxFeePerGas * gas)
      return { kind: "infra", reason: "the account's balance does not pay for the transaction" };
    const rival = await ask.rival?.();
    if (rival !== undefined) return rival;
    if (ask.isTurn?.(head.hash) === false) return "late";
    const attempt = await sign(call, nonce, gas, fees, head.number);
    crash("planned");
    const id = reopened(attempt.hash) ?? journal.open({ plan, planId, plannedBlock, ...call, nonce }, attempt);
    crash("committed");
    worked.set(nonce, { hash: head.hash, ms: now() });
    const intent = journal.find(id);
    if (intent !== undefined) early.push(...(await broadcast(intent, { ...attempt, broadcasts: 0 }, head)));
    return "sent";
  }

  /** The same call with the same nonce and fees was signed before and given up: the same bytes, so it is the same intent. */
  function reopened(hash: Hash): number | undefined {
    const intent = journal.ofAttempt(hash);
    if (intent !== undefined) journal.setStatus(intent.id, "open");
    return intent?.id;
  }

  /** What happened while sending, told with the next look. */
  const early: TxEvent[] = [];

  function rivalsOf(nonce: number): Intent[] {
    return journal.watched().filter((intent) => intent.nonce === nonce);
  }

  function isOpen(): boolean {
    return journal.watched().some(({ status }) => status === "open");
  }

  return {
    address: account.address,
    settle: async (tip) => {
      const events = await settle(tip);
      return [...early.splice(0), ...events];
    },
    isOpen,
    send,
  };
}

function lastOf({ id, attempts }: Intent): Attempt {
  const last = attempts.at(-1);
  if (last === undefined) throw new Error(`intent ${id} has no attempt`);
  return last;
}
