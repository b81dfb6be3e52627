/**
 * The world as it was saved last. A million positions in a second or two: numbers go from the rows into the columns, and the index cells are
 * computed anew, in doubles.
 */
import type { DatabaseSync } from "node:sqlite";
import type { BlockRef } from "../chain/connect.ts";
import type { ListedMarket } from "../chain/readMarket.ts";
import { cellFor } from "../core/cellFor.ts";
import { indexCellNear } from "../core/indexCellNear.ts";
import { createMarketState, type MarketState } from "../core/marketState.ts";
import { sortOrder } from "../core/risk/sortOrder.ts";
import type { TriggerOrder } from "../core/trigger.ts";
import { KeeperError } from "../errors.ts";
import type { Market, World } from "../state/world.ts";
import { fromText } from "./bigintJson.ts";
import { STATE_VERSION } from "./stateSchema.ts";

export type StateIdentity = { readonly chainId: number; readonly exchange: string };

type MarketRow = { id: number; listed: string; sequence: string; accrued_at: string; clock: number; positions: number };
type Amount = number | string;
type PositionRow = [account: number, lots: Amount, cost: Amount, margin: Amount, index: Amount, joined: number];
type PairRow = [account: number, first: string, second: string];

/** Undefined when nothing was saved, or for another chain, deployment or version. Throws StateFileError when the file contradicts itself. */
export function loadWorld(db: DatabaseSync, identity: StateIdentity): World | undefined {
  const meta = new Map(
    db
      .prepare("SELECT key, value FROM meta")
      .all()
      .map(({ key, value }) => [String(key), String(value)]),
  );
  const head = meta.get("head");
  const isOurs =
    meta.get("version") === String(STATE_VERSION) &&
    meta.get("chainId") === String(identity.chainId) &&
    meta.get("exchange") === identity.exchange.toLowerCase();
  if (head === undefined || !isOurs) return undefined;
  const rows = db.prepare("SELECT * FROM market ORDER BY id").all() as MarketRow[];
  const markets = rows.map((row): Market => {
    const listed = fromText(row.listed) as ListedMarket;
    return { ...listed, state: loadState(db, row, listed.parameters.base) };
  });
  return {
    markets: new Map(markets.map((market) => [market.parameters.id, market])),
    feeds: { sources: new Map(), emitters: new Map() },
    frames: [{ block: fromText(head) as BlockRef, undos: [] }],
  };
}

function loadState(db: DatabaseSync, market: MarketRow, base: number): MarketState {
  const state = createMarketState(base, market.positions);
  const { columns } = state;
  const query = db.prepare("SELECT account, lots, cost, margin, funding_index, joined FROM position WHERE market = ?");
  query.setReturnArrays(true);
  const cells = new Int32Array(market.positions);
  let [count, lots] = [0, 0n];
  let near = 0;
  for (const row of query.iterate(market.id) as unknown as Iterable<PositionRow>) {
    if (count >= market.positions) throw new StateFileError(`market ${market.id} has more than ${count} positions`);
    const [account, size, cost, margin, index, joined] = row;
    if (
      typeof size === "number" &&
      typeof cost === "number" &&
      typeof margin === "number" &&
      typeof index === "number"
    ) {
      const at = columns.writeNear(account, size, cost, margin, index, joined);
      const cell = indexCellNear(size, cost, margin, index, base);
      cells[at] = cell === -1 ? cellFor(columns.positionAt(at), base) : cell;
      near += size;
      // both are far below 2^53 as long as they are added up in time
      if (near > 2 ** 52 || near < -(2 ** 52)) [lots, near] = [lots + BigInt(near), 0];
    } else {
      const amounts = { lots: BigInt(size), cost: BigInt(cost), margin: BigInt(margin), fundingIndex: BigInt(index) };
      const position = { account, ...amounts };
      cells[columns.write(position, joined)] = cellFor(position, base);
      lots += amounts.lots;
    }
    count++;
  }
  if (count !== market.positions) {
    throw new StateFileError(`market ${market.id} has ${count} positions, ${market.positions} were saved`);
  }
  // as many long as short lots are open (SOLV-3): a row that is not the one that was saved is nearly always found by that
  if (lots + BigInt(near) !== 0n) throw new StateFileError(`lots of market ${market.id} do not add up`);
  const keys = new BigInt64Array(count);
  // order of arrival as the bits of doubles, which are not negative and sort alike
  new Float64Array(keys.buffer).set(columns.joined.subarray(0, count));
  for (const row of sortOrder(keys)) state.link(row, cells[row] as number);

  for (const [account, triggerRate, remaining] of pairs(db, "top_up", "trigger_rate, remaining", market.id)) {
    state.topUps.set(account, { triggerRate: BigInt(triggerRate), remaining: BigInt(remaining) });
  }
  const triggers = db.prepare("SELECT account, orders FROM trigger_list WHERE market = ?").all(market.id);
  for (const { account, orders } of triggers) {
    state.triggers.set(Number(account), fromText(String(orders)) as TriggerOrder[]);
  }
  for (const [account, began, closed] of pairs(db, "step", "began, closed", market.id)) {
    state.steps.set(account, { began: BigInt(began), closed: BigInt(closed) });
  }
  state.clock = market.clock;
  state.sequence = BigInt(market.sequence);
  state.accruedAt = BigInt(market.accrued_at);
  return state;
}

function pairs(db: DatabaseSync, table: "top_up" | "step", columns: string, market: number): Iterable<PairRow> {
  const query = db.prepare(`SELECT account, ${columns} FROM ${table} WHERE market = ?`);
  query.setReturnArrays(true);
  return query.iterate(market) as unknown as Iterable<PairRow>;
}

export class StateFileError extends KeeperError {
  override readonly name = "StateFileError";

  constructor(details: string) {
    super("The local database contradicts itself", { details });
  }
}
