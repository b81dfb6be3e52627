/**
 * Keeps the keeper's copy of the exchange in a file, so that a restart goes on from there instead of reading everything from the chain.
 *
 * Invariant: what the file holds is the world after exactly one block, because positions and head change in one transaction. A save writes only
 * what was touched since the last one; a new snapshot replaces everything.
 */
import type { BlockRef } from "../chain/connect.ts";
import type { MarketState } from "../core/marketState.ts";
import type { Advance } from "../state/createFollower.ts";
import { tipOf, type Touched, type World } from "../state/world.ts";
import { toText } from "./bigintJson.ts";
import { loadWorld, StateFileError, type StateIdentity } from "./loadWorld.ts";
import { openStateDb } from "./openStateDb.ts";
import { STATE_VERSION } from "./stateSchema.ts";

export type StateStore = {
  /** The world that was saved last, if it is of this deployment. */
  readonly load: () => World | undefined;
  /** Saves the world if enough blocks have passed. */
  readonly save: (advance: Pick<Advance, "world">) => void;
  /** Saves what is not saved yet, and closes the file. */
  readonly close: () => void;
};

export type StateStoreOptions = StateIdentity & {
  readonly path: string;
  /** Blocks between two saves. */
  readonly everyBlocks?: number;
  /** Told when the file was of no use. */
  readonly onTrouble?: (reason: string) => void;
};

/** A transaction takes a few milliseconds; following so many blocks again takes one round trip. */
const EVERY_BLOCKS = 16;

/** Throws ConfigError when the file cannot be opened. */
export function createStateStore(options: StateStoreOptions): StateStore {
  const db = openStateDb(options.path);
  const everyBlocks = BigInt(options.everyBlocks ?? EVERY_BLOCKS);
  const putMeta = db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)");
  const putMarket = db.prepare("INSERT OR REPLACE INTO market VALUES (?, ?, ?, ?, ?, ?)");
  const putPosition = db.prepare("INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?, ?, ?, ?)");
  const dropPosition = db.prepare("DELETE FROM position WHERE market = ? AND account = ?");
  const putTopUp = db.prepare("INSERT OR REPLACE INTO top_up VALUES (?, ?, ?, ?)");
  const dropTopUp = db.prepare("DELETE FROM top_up WHERE market = ? AND account = ?");
  const putTriggers = db.prepare("INSERT OR REPLACE INTO trigger_list VALUES (?, ?, ?)");
  const dropTriggers = db.prepare("DELETE FROM trigger_list WHERE market = ? AND account = ?");
  const putStep = db.prepare("INSERT OR REPLACE INTO step VALUES (?, ?, ?, ?)");
  const dropStep = db.prepare("DELETE FROM step WHERE market = ? AND account = ?");
  /** The world whose earlier blocks the file holds. */
  let saved: World | undefined;
  let savedAt: BlockRef | undefined;
  let newest: World | undefined;

  function load(): World | undefined {
    try {
      const world = loadWorld(db, options);
      if (world === undefined) return undefined;
      world.touched = new Map();
      [saved, savedAt, newest] = [world, tipOf(world), world];
      return world;
    } catch (error) {
      if (!(error instanceof StateFileError)) throw error;
      options.onTrouble?.(error.message);
      return undefined;
    }
  }

  function save({ world }: Pick<Advance, "world">): void {
    newest = world;
    const { number } = tipOf(world);
    const isSoon = saved === world && savedAt !== undefined && number < savedAt.number + everyBlocks;
    if (!isSoon) write(world);
  }

  function write(world: World): void {
    const tip = tipOf(world);
    if (saved === world && savedAt?.hash === tip.hash) return;
    db.exec("BEGIN IMMEDIATE");
    try {
      if (saved === world && world.touched !== undefined) writeTouched(world, world.touched);
      else writeAll(world);
      for (const [id, market] of world.markets) {
        const { state, ...listed } = market;
        const { sequence, accruedAt, clock, positions } = state;
        putMarket.run(id, toText(listed), `${sequence}`, `${accruedAt}`, clock, positions.size);
      }
      const { chainId, exchange } = options;
      const meta = { version: `${STATE_VERSION}`, chainId: `${chainId}`, exchange: exchange.toLowerCase() };
      for (const [key, value] of Object.entries({ ...meta, head: toText(refOf(tip)) })) putMeta.run(key, value);
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
    world.touched = new Map();
    [saved, savedAt] = [world, tip];
  }

  function writeAll(world: World): void {
    db.exec(
      "DELETE FROM position; DELETE FROM top_up; DELETE FROM trigger_list; DELETE FROM step; DELETE FROM market;",
    );
    for (const [id, { state }] of world.markets) {
      for (let row = 0; row < state.columns.length; row++) if (state.columns.lots[row] !== 0) putRow(id, state, row);
      for (const account of state.topUps.keys()) putOrder(id, state, account);
      for (const [account, orders] of state.triggers) putTriggers.run(id, account, toText(orders));
      for (const account of state.steps.keys()) putStepOf(id, state, account);
    }
  }

  function writeTouched(world: World, touched: Touched): void {
    for (const [id, accounts] of touched) {
      const state = world.markets.get(id)?.state;
      if (state === undefined) continue;
      for (const account of accounts) {
        const row = state.columns.rowOf(account);
        if (row === undefined) dropPosition.run(id, account);
        else putRow(id, state, row);
        if (state.topUps.has(account)) putOrder(id, state, account);
        else dropTopUp.run(id, account);
        const orders = state.triggers.get(account);
        if (orders === undefined) dropTriggers.run(id, account);
        else putTriggers.run(id, account, toText(orders));
        if (state.steps.has(account)) putStepOf(id, state, account);
        else dropStep.run(id, account);
      }
    }
  }

  function putRow(market: number, { columns }: MarketState, row: number): void {
    const [account, joined] = [columns.account[row] as number, columns.joined[row] as number];
    if (columns.isWide(row)) {
      const p = columns.positionAt(row);
      putPosition.run(market, account, `${p.lots}`, `${p.cost}`, `${p.margin}`, `${p.fundingIndex}`, joined);
      return;
    }
    const [lots, cost] = [columns.lots[row] as number, columns.cost[row] as number];
    putPosition.run(market, account, lots, cost, columns.margin[row] as number, columns.index[row] as number, joined);
  }

  function putOrder(market: number, { topUps }: MarketState, account: number): void {
    const order = topUps.get(account);
    if (order !== undefined) putTopUp.run(market, account, `${order.triggerRate}`, `${order.remaining}`);
  }

  function putStepOf(market: number, { steps }: MarketState, account: number): void {
    const step = steps.get(account);
    if (step !== undefined) putStep.run(market, account, `${step.began}`, `${step.closed}`);
  }

  return {
    load,
    save,
    close() {
      if (newest !== undefined) write(newest);
      db.close();
    },
  };
}

function refOf({ number, hash, parentHash, timestamp }: ReturnType<typeof tipOf>) {
  return { number, hash, parentHash, timestamp };
}
