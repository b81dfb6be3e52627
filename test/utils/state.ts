/** Everything the exchange holds, read at once; and the FIFO order of the index cells, rebuilt from events alone. */
import { abs, type Cell, cellOf, type PositionState, type Prices } from "./model.ts";
import type { Venue } from "./venue.ts";

export interface StoredPosition extends PositionState {
  grownAt: bigint;
  prev: number;
  next: number;
}

export interface OrderState {
  id: bigint;
  slot: number;
  account: number;
  prev: number;
  next: number;
  lots: bigint;
  tick: number;
  expiry: number;
  leverage: bigint;
  isBid: boolean;
  reduceOnly: boolean;
}

export interface MarketState {
  id: number;
  prices: Prices;
  pot: bigint;
  openInterest: bigint;
  taken: number;
  longBound: number;
  shortBound: number;
  coverDrawn: bigint;
  bestBid: number;
  bestAsk: number;
  positions: Map<number, StoredPosition>;
  /** Held back, by account. */
  reserved: Map<number, { bid: bigint; ask: bigint; orders: OrderState[] }>;
}

export interface ExchangeState {
  balance: bigint;
  insurance: bigint;
  keeperReserve: bigint;
  treasury: bigint;
  free: Map<number, bigint>;
  markets: MarketState[];
}

export async function readExchange(venue: Venue): Promise<ExchangeState> {
  const { exchange, deployed } = venue;
  const count = Number(await exchange.accountCount());
  const free = new Map<number, bigint>();
  for (let account = 1; account <= count; account++) free.set(account, (await exchange.accountAt(account)).free);
  const markets: MarketState[] = [];
  for (const { id } of deployed.markets) markets.push(await readMarket(venue, id, count));
  return {
    balance: await deployed.collateral.balanceOf(deployed.exchangeAddress),
    insurance: await exchange.insuranceBalance(),
    keeperReserve: await exchange.keeperReserve(),
    treasury: await exchange.treasury(),
    free,
    markets,
  };
}

/** The prices that a call made now would use, funding accrued; the mark is 0 when there is none. */
export async function readPrices(venue: Venue, market = 1): Promise<Prices> {
  const m = await venue.exchange.marketAt(market);
  const mark = await venue.exchange.markPrice(market).then(
    ({ price }) => price,
    () => 0n,
  );
  return { mark, funding: await venue.exchange.fundingIndexNow(market), base: Number(m.base) };
}

export async function readPositions(venue: Venue, market = 1): Promise<Map<number, StoredPosition>> {
  const [, entries] = await venue.lens.positions(market, 0, 1_000_000);
  return new Map(
    entries.map((e) => [
      Number(e.account),
      {
        account: Number(e.account),
        lots: e.lots,
        cost: e.cost,
        margin: e.margin,
        fundingIndex: e.fundingIndex,
        grownAt: e.grownAt,
        prev: Number(e.prev),
        next: Number(e.next),
      },
    ]),
  );
}

async function readMarket(venue: Venue, id: number, count: number): Promise<MarketState> {
  const m = await venue.exchange.marketAt(id);
  const reserved: MarketState["reserved"] = new Map();
  for (let account = 1; account <= count; account++) {
    const r = await venue.exchange.orderMarginAt(id, account);
    const orders: OrderState[] = [];
    for (const orderId of r.orderIds) orders.push(await readOrder(venue, id, orderId));
    if (r.bidReserve !== 0n || r.askReserve !== 0n || orders.length > 0) {
      reserved.set(account, { bid: r.bidReserve, ask: r.askReserve, orders });
    }
  }
  return {
    id,
    prices: await readPrices(venue, id),
    pot: m.pot,
    openInterest: m.openInterest,
    taken: Number(m.taken),
    longBound: Number(m.longBound),
    shortBound: Number(m.shortBound),
    coverDrawn: m.coverDrawn,
    bestBid: Number(m.bestBid),
    bestAsk: Number(m.bestAsk),
    positions: await readPositions(venue, id),
    reserved,
  };
}

/** Layout: generation 16 | reduceOnly 1 | isBid 1 | leverage 8 | expiry 32 | tick 24 | lots 40 | next 37 | prev 37 | account 32. */
export async function readOrder(venue: Venue, market: number, id: bigint): Promise<OrderState> {
  const slot = Number(id & 0xff_ffff_ffffn);
  const word = await venue.exchange.orderAt(market, slot);
  const field = (shift: number, bits: number) => (word >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n);
  return {
    id: (field(212, 16) << 40n) | BigInt(slot),
    slot,
    account: Number(field(0, 32)),
    prev: Number(field(32, 37)),
    next: Number(field(69, 37)),
    lots: field(106, 40),
    tick: Number(field(146, 24)),
    expiry: Number(field(170, 32)),
    leverage: field(202, 8),
    isBid: field(210, 1) === 1n,
    reduceOnly: field(211, 1) === 1n,
  };
}

export interface IndexShadow {
  /** Applies the events since the last call. */
  sync(): Promise<void>;
  /** Open positions; within each cell, in the order in which they joined it. */
  positions(): PositionState[];
  /** Members of each cell of a side, by cell id. */
  cells(isLong: boolean): Map<number, { cell: Cell; members: PositionState[] }>;
}

/** Follows the positions of one market, by events, from the venue's first block on. */
export function followIndex(venue: Venue, market = 1): IndexShadow {
  let nextBlock = venue.deployed.startBlock;
  let base = 0;
  /** Map order is FIFO order: an entry that leaves its cell is deleted and set again. */
  const entries = new Map<number, { position: PositionState; cell: number }>();
  const apply = (position: PositionState) => {
    const known = entries.get(position.account);
    if (position.lots === 0n) {
      entries.delete(position.account);
      return;
    }
    const cell = cellOf(position, base).id;
    const stays = known && known.cell === cell && known.position.lots > 0n === position.lots > 0n;
    if (!stays) entries.delete(position.account);
    entries.set(position.account, { position, cell });
  };
  return {
    async sync() {
      base = Number((await venue.exchange.marketAt(market)).base);
      const last = await venue.connection.ethers.provider.getBlockNumber();
      if (last < nextBlock) return;
      for (const change of await changesIn(venue, market, nextBlock, last)) apply(change);
      nextBlock = last + 1;
    },
    positions: () => [...entries.values()].map(({ position }) => position),
    cells(isLong) {
      const cells = new Map<number, { cell: Cell; members: PositionState[] }>();
      for (const { position, cell } of entries.values()) {
        if (position.lots > 0n !== isLong) continue;
        const known = cells.get(cell);
        if (known) known.members.push(position);
        else cells.set(cell, { cell: cellOf(position, base), members: [position] });
      }
      return cells;
    },
  };
}

/** Positions as events left them: PositionChanged, and the closes that say that nothing is left. */
async function changesIn(venue: Venue, market: number, fromBlock: number, toBlock: number): Promise<PositionState[]> {
  const { interface: abi } = venue.exchange;
  const names = ["PositionChanged", "AutoDeleveraged", "PrincipalClosed"] as const;
  const { provider, toBeHex } = venue.connection.ethers;
  const topics = [names.map((name) => abi.getEvent(name as "PositionChanged").topicHash), [toBeHex(market, 32)]];
  const address = venue.deployed.exchangeAddress;
  const changes: PositionState[] = [];
  for (const log of await provider.getLogs({ address, fromBlock, toBlock, topics })) {
    const event = abi.parseLog(log);
    if (event?.name === "PositionChanged") {
      const { account, lots, cost, margin, fundingIndex } = event.args.toObject() as Record<string, bigint>;
      changes.push({ account: Number(account), lots, cost, margin, fundingIndex } as PositionState);
    } else if (event?.args["left"] === 0n) {
      const account = Number(event.args["counterparty"]);
      changes.push({ account, lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n });
    }
  }
  return changes;
}

/** Σ |lots| of one side. */
export function lotsOf(positions: Iterable<PositionState>, isLong: boolean): bigint {
  let sum = 0n;
  for (const p of positions) if (p.lots > 0n === isLong) sum += abs(p.lots);
  return sum;
}
