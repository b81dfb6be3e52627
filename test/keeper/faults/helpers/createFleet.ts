/**
 * Keepers over a node in memory: every keeper has a key and a journal file, dies where the test says, and comes back over the same file. Time is the
 * test's. After a scenario the global invariants are checked.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { BaseError, type Hex, HttpRequestError, keccak256, RpcRequestError, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Plan } from "../../../../keeper/core/plan.ts";
import { createJournal, type Journal } from "../../../../keeper/db/createJournal.ts";
import { openDatabase } from "../../../../keeper/db/openDatabase.ts";
import type { CrashPoint } from "../../../../keeper/exec/crashPoint.ts";
import { createExecutor, type Executor } from "../../../../keeper/exec/createExecutor.ts";
import type { Relay } from "../../../../keeper/exec/relay.ts";
import type { Tick } from "../../../../keeper/exec/worker.ts";
import type { KeeperEvent } from "../../../../keeper/ops/events.ts";
import type { WorldPlan } from "../../../../keeper/planWorld.ts";
import { viewOf } from "../../helpers/view.ts";
import type { Node } from "./createNode.ts";

export class CrashError extends Error {
  override readonly name = "CrashError";
}

export type FleetOptions = {
  readonly keepers?: number;
  readonly jitterMs?: number;
  readonly confirmations?: number;
  readonly bumpBlocks?: number;
  readonly txBudget?: bigint;
  readonly wasteBudget?: bigint;
  readonly relay?: Relay;
  /** How far the wall clock is from the time that passes, milliseconds. */
  readonly skew?: () => number;
  /** Milliseconds between two looks; two looks a block unless told. */
  readonly lookMs?: number;
  /** Dies at this point of this keeper's life when it returns true. */
  readonly crash?: (keeper: number, point: CrashPoint) => boolean;
};

export type Keeper = {
  readonly address: string;
  readonly journal: () => Journal;
  readonly executor: () => Executor;
  readonly database: () => DatabaseSync;
  readonly events: KeeperEvent[];
  /** One look: plans what is eligible and ticks. Undefined when it died, or the endpoint failed. */
  readonly tick: () => Promise<Tick | undefined>;
  /** As after a SIGKILL. */
  readonly restart: () => void;
  readonly crashes: () => number;
};

export type Fleet = ReturnType<typeof createFleet>;

const MARK = viewOf([]);
const TX_BUDGET = 10n ** 15n;

export function createFleet(node: Node, eligible: () => readonly number[], options: FleetOptions = {}) {
  const { keepers: count = 1, jitterMs = 0, confirmations = 3, bumpBlocks = 3, crash = () => false } = options;
  const { txBudget = TX_BUDGET, wasteBudget = 10n ** 18n, skew = () => 0, lookMs = 1_000 } = options;
  const wall = () => ms + skew();
  const directory = mkdtempSync(join(tmpdir(), "plimsoll-fleet-"));
  let ms = 1_000_000;

  const keepers = Array.from({ length: count }, (_, index): Keeper => {
    const account = privateKeyToAccount(keccak256(toHex(`fleet ${index}`)));
    const path = join(directory, `${index}.sqlite`);
    const events: KeeperEvent[] = [];
    let crashes = 0;
    let database = openDatabase(path);
    let journal = createJournal(database, wall);
    let executor = start();

    function start(): Executor {
      return createExecutor({
        chain: node.chain,
        account,
        journal,
        log: (event) => events.push(event),
        maxSteps: 64,
        maxCounterparties: 40,
        cooldownBlocks: 1,
        jitterMs,
        confirmations,
        bumpBlocks,
        txBudget,
        wasteBudget,
        relay: options.relay,
        markets: undefined,
        now: () => ms,
        clock: wall,
        crash: (point) => {
          if (crash(index, point)) throw new CrashError(point);
        },
      });
    }

    function restart(): void {
      database.close();
      database = openDatabase(path);
      journal = createJournal(database, wall);
      executor = start();
    }

    async function tick(): Promise<Tick | undefined> {
      try {
        return await executor.tick(worldOf(node, eligible()));
      } catch (error) {
        if (error instanceof CrashError) {
          crashes++;
          restart();
          return undefined;
        }
        // the endpoint failed: the keeper's loop tries again later
        const failed =
          error instanceof BaseError &&
          error.walk((e) => e instanceof HttpRequestError || e instanceof RpcRequestError);
        if (failed instanceof BaseError) return undefined;
        throw error;
      }
    }

    return {
      address: account.address.toLowerCase(),
      journal: () => journal,
      executor: () => executor,
      database: () => database,
      events,
      tick,
      restart,
      crashes: () => crashes,
    };
  });

  /** Everybody looks, `looks` times, a second apart; then a block is made. */
  async function block(looks = 2): Promise<void> {
    for (let i = 0; i < looks; i++) {
      for (const keeper of keepers) {
        for (let turns = 0; turns < 20; turns++) {
          const tick = await keeper.tick();
          if (tick?.kind !== "progress") break;
        }
      }
      ms += lookMs;
    }
    node.mine();
  }

  return {
    keepers,
    block,
    pass: (by: number) => {
      ms += by;
    },
    close: () => {
      for (const keeper of keepers) keeper.database().close();
      rmSync(directory, { recursive: true });
    },
    check: () => checkInvariants(node, keepers, txBudget),
  };
}

function worldOf(node: Node, accounts: readonly number[]): WorldPlan {
  const { number, hash, parentHash } = node.head();
  const block = { number: BigInt(number), hash, parentHash, timestamp: 1_700_000_000n + 12n * BigInt(number) };
  return { block, markets: [{ view: MARK, openInterest: 1n, skips: [], plans: accounts.map(liquidate) }], missed: [] };
}

function liquidate(account: number): Plan {
  return {
    kind: "liquidate",
    market: 1,
    account,
    isLong: true,
    lots: 10n,
    equity: 5n,
    maintenance: 6n,
    expectedLots: 4n,
  };
}

/** I1, I2, I3, I5, I7 and "journal before broadcast". I4 is the scenario's; I6 is the contract's. */
function checkInvariants(node: Node, keepers: readonly Keeper[], txBudget: bigint): void {
  const mined = node.minedTxs();
  for (const keeper of keepers) {
    const ours = mined.filter(({ tx }) => tx.from === keeper.address);
    const intents = keeper.journal().list(100_000);
    const attempts = new Map(
      intents.flatMap((intent) => intent.attempts.map((attempt) => [attempt.hash, { intent, attempt }])),
    );
    // journal before broadcast
    for (const tx of node.accepted.filter(({ from }) => from === keeper.address))
      assert.equal(attempts.get(tx.hash)?.attempt.raw, tx.raw, "JOURNAL: a node saw bytes that are not in the journal");
    // I1
    const plans = new Map<Hex, number>();
    for (const { tx } of ours) {
      const found = attempts.get(tx.hash);
      assert.ok(found !== undefined, "I3: a mined transaction of ours is not in the journal");
      if (found.attempt.isCancel) continue;
      const times = (plans.get(found.intent.planId) ?? 0) + 1;
      plans.set(found.intent.planId, times);
      assert.equal(times, 1, `I1: the plan of intent ${found.intent.id} was mined twice`);
    }
    // I2
    const next = node.nonceOf(keeper.address);
    for (const tx of node.pool.values())
      if (tx.from === keeper.address) assert.ok(tx.nonce <= next, `I2: nonce ${tx.nonce} waits for ${next}`);
    // I3
    for (const { tx, ok, emits } of ours) {
      const { intent, attempt } = attempts.get(tx.hash) ?? assert.fail();
      assert.ok(
        intent.status === "mined" || intent.status === "final",
        `I3: intent ${intent.id} is ${intent.status}, and mined`,
      );
      assert.equal(intent.mined?.hash, tx.hash, "I3: another attempt is said to be mined");
      const block = node.blocks.find(({ txs }) => txs.some((one) => one.tx.hash === tx.hash));
      assert.equal(intent.mined?.blockHash, block?.hash, "I3: another block is said to have it");
      if (emits) assert.equal(intent.outcome, "effective", "I3: outcome");
      if (attempt.isCancel) assert.equal(intent.outcome, "cancelled", "I3: outcome");
      if (!ok) assert.notEqual(intent.outcome, "effective", "I3: outcome");
    }
    const counted = intents.filter(({ status }) => status === "mined" || status === "final").length;
    assert.equal(counted, ours.length, "I3: the journal believes in transactions that are in no block");
    // I5
    for (const { attempt } of attempts.values())
      assert.ok(attempt.gas * attempt.maxFeePerGas <= txBudget, "I5: an attempt could cost more than its budget");
    // I7
    const decided = new Set(
      keeper
        .journal()
        .decisions(100_000)
        .map((row) => row["intent"]),
    );
    for (const { id, status } of intents)
      if (status === "final")
        assert.ok(decided.has(id) || keeper.crashes() > 0, `I7: nothing says what became of intent ${id}`);
  }
}
