/** The invariant catalogue of DESIGN §14, exactly. The id is the message. */
import { readIndexCells } from "./indexWords.ts";
import {
  abs,
  bankruptcyCost,
  bankruptcyTick,
  cellOf,
  equityX16,
  isLong,
  type PositionState,
  settled,
  X16,
} from "./model.ts";
import { type ExchangeState, followIndex, type IndexShadow, lotsOf, type MarketState, readExchange } from "./state.ts";
import { GAS, parametersOf, type Venue } from "./venue.ts";

export class InvariantError extends Error {}

function hold(id: string, condition: boolean, facts: string): void {
  if (!condition) throw new InvariantError(`${id}: ${facts}`);
}

export interface InvariantOptions {
  /** Tokens sent to the vault past its books. */
  donated?: bigint;
  shadows?: IndexShadow[];
  /** Skip what walks storage: the words of the index. */
  quick?: boolean;
}

/** Throws InvariantError with the id of the first invariant that does not hold. */
export async function checkInvariants(venue: Venue, options: InvariantOptions = {}): Promise<ExchangeState> {
  const state = await readExchange(venue);
  checkVault(state, options.donated ?? 0n);
  for (const market of state.markets) {
    checkPot(market);
    checkCorridor(market);
    checkOrders(venue, market);
    await checkLevels(venue, market);
    if (market.prices.mark !== 0n) await checkGate(venue, market);
    const shadow = options.shadows?.[market.id - 1] ?? followIndex(venue, market.id);
    await shadow.sync();
    checkIndex(market, shadow);
    if (!options.quick) await checkIndexWords(venue, market);
  }
  return state;
}

function checkVault(state: ExchangeState, donated: bigint): void {
  let claims = state.insurance + state.keeperReserve + state.treasury + donated;
  for (const free of state.free.values()) claims += free;
  for (const { pot, reserved } of state.markets) {
    claims += pot;
    for (const { bid, ask } of reserved.values()) claims += bid > ask ? bid : ask;
  }
  // every transfer is booked, so this holds with equality: what rounds stays in a pot
  hold("SOLV-1", state.balance === claims, `the vault has ${state.balance}, the books say ${claims}`);
}

/** Pot less Σ (margin − side·cost + side·lots·F₀), × 2^16. */
export function dustX16(market: MarketState): bigint {
  let claims = 0n;
  for (const p of market.positions.values()) {
    claims += (isLong(p) ? p.margin - p.cost : p.margin + p.cost) * X16 + p.lots * p.fundingIndex;
  }
  return market.pot * X16 - claims;
}

function checkPot(market: MarketState): void {
  const dust = dustX16(market);
  hold("SOLV-2", dust >= 0n, `market ${market.id} is short of ${-dust} X16 atoms`);
  const longs = lotsOf(market.positions.values(), true);
  const shorts = lotsOf(market.positions.values(), false);
  hold("SOLV-3", longs === shorts, `market ${market.id}: ${longs} lots long, ${shorts} lots short`);
  hold(
    "SOLV-3",
    longs === market.openInterest,
    `market ${market.id}: open interest ${market.openInterest}, ${longs} lots long`,
  );
  if (market.prices.mark === 0n) return;
  let equity = 0n;
  for (const p of market.positions.values()) equity += equityX16(p, market.prices);
  hold("SOLV-2", market.pot * X16 - equity === dust, `market ${market.id}: the dust depends on the price`);
}

/** b as an exact fraction: numerator over |lots|, in X16. */
function normalised(p: PositionState): { numerator: bigint; lots: bigint } {
  return { numerator: bankruptcyCost(p) * X16 - p.fundingIndex * abs(p.lots), lots: abs(p.lots) };
}

function checkCorridor(market: MarketState): void {
  const bs = [...market.positions.values()].map((p) => ({ p, b: normalised(p) }));
  const less = (x: (typeof bs)[number], y: (typeof bs)[number]) => x.b.numerator * y.b.lots < y.b.numerator * x.b.lots;
  const highest = bs
    .filter(({ p }) => isLong(p))
    .reduce<(typeof bs)[number] | null>((m, x) => (m && !less(m, x) ? m : x), null);
  const lowest = bs
    .filter(({ p }) => !isLong(p))
    .reduce<(typeof bs)[number] | null>((m, x) => (m && !less(x, m) ? m : x), null);
  if (!highest || !lowest) return;
  hold(
    "SOLV-6",
    less(highest, lowest),
    `market ${market.id}: long ${highest.p.account} against short ${lowest.p.account}`,
  );
}

/** No position is bankrupt by more than the tick that the mark lies in, unless the market says that it is insolvent. */
async function checkGate(venue: Venue, market: MarketState): Promise<void> {
  const insolvent = await venue.exchange.poke.staticCall(market.id, GAS);
  const { mark, funding, base } = market.prices;
  const atMark = bankruptcyTick(mark - funding, base);
  let beyond = 0;
  for (const p of market.positions.values()) {
    const b = isLong(p) ? 8_191 - cellOf(p, base).v : cellOf(p, base).v;
    if (isLong(p) ? b > atMark : b < atMark) beyond = p.account;
  }
  if (!insolvent) hold("SOLV-4", beyond === 0, `market ${market.id}: account ${beyond} is bankrupt, the gate is open`);
  else if (beyond === 0) {
    const taken = market.positions.get(market.taken);
    hold(
      "SOLV-4",
      taken !== undefined && equityX16(taken, market.prices) < 0n,
      `market ${market.id}: the gate is closed for nobody`,
    );
  }
  if (insolvent) {
    const [account] = await venue.exchange.bankruptAccount(market.id, 0);
    const picked = market.positions.get(Number(account));
    hold(
      "SOLV-7",
      picked !== undefined && equityX16(picked, market.prices) < 0n,
      `market ${market.id}: nobody to resolve`,
    );
  }
}

function checkOrders(venue: Venue, market: MarketState): void {
  const tickValue = BigInt(parametersOf(venue, market.id).tickValue);
  for (const [account, { bid, ask, orders }] of market.reserved) {
    const need = { bid: 0n, ask: 0n };
    for (const o of orders) {
      hold("BOOK-2", o.account === account, `seat of ${account} holds an order of ${o.account}`);
      if (o.reduceOnly) continue;
      need[o.isBid ? "bid" : "ask"] += (o.lots * BigInt(o.tick) * tickValue + o.leverage - 1n) / o.leverage;
    }
    const facts = `account ${account}: ${bid}/${ask} held, orders need ${need.bid}/${need.ask}`;
    hold("BOOK-2", bid <= need.bid && ask <= need.ask, facts);
    hold("BOOK-2", orders.length > 0 || (bid === 0n && ask === 0n), facts);
  }
}

async function checkLevels(venue: Venue, market: MarketState): Promise<void> {
  const { bestBid, bestAsk } = market;
  hold("BOOK-1", bestBid === 0 || bestAsk === 0 || bestBid < bestAsk, `bid ${bestBid} meets ask ${bestAsk}`);
  const orders = [...market.reserved.values()].flatMap((r) => r.orders);
  for (const isBid of [true, false]) {
    const expected = new Map<number, { lots: bigint; orders: bigint; firm: bigint }>();
    for (const o of orders.filter((x) => x.isBid === isBid)) {
      const level = expected.get(o.tick) ?? { lots: 0n, orders: 0n, firm: 0n };
      const firm = level.firm + (o.reduceOnly || o.expiry !== 0 ? 0n : o.lots);
      expected.set(o.tick, { lots: level.lots + o.lots, orders: level.orders + 1n, firm });
    }
    const ticks = [...expected.keys()].sort((a, b) => (isBid ? b - a : a - b));
    hold("BOOK-1", (isBid ? bestBid : bestAsk) === (ticks[0] ?? 0), `best ${isBid ? "bid" : "ask"} is not ${ticks[0]}`);
    let from = isBid ? 2 ** 24 - 1 : 0;
    for (const tick of [...ticks, 0]) {
      const found = Number(await venue.exchange.nextTick(market.id, isBid, from));
      hold("BOOK-1", found === tick, `the bitmap leads to ${found}, the orders to ${tick}`);
      if (tick === 0) break;
      const [lots, count, firm] = await venue.exchange.levelAt(market.id, isBid, tick);
      const level = expected.get(tick);
      hold(
        "BOOK-1",
        level?.lots === lots && level.orders === count && level.firm === firm,
        `level ${tick} says ${lots} lots in ${count} orders, ${firm} of them firm`,
      );
      from = isBid ? tick - 1 : tick + 1;
      if (from === 0) break;
    }
  }
}

function checkIndex(market: MarketState, shadow: IndexShadow): void {
  for (const p of shadow.positions()) {
    const stored = market.positions.get(p.account);
    const same = stored && stored.lots === p.lots && stored.cost === p.cost && stored.margin === p.margin;
    hold("IDX-1", same === true, `account ${p.account} is not what its last event says`);
  }
  hold("IDX-1", shadow.positions().length === market.positions.size, "positions without events");
  for (const side of [true, false]) {
    for (const { cell, members } of shadow.cells(side).values()) {
      members.forEach(({ account }, i) => {
        const stored = market.positions.get(account);
        const prev = members[i - 1]?.account ?? 0;
        const next = (members[i + 1] ?? members[0])?.account;
        const linked = stored?.prev === prev && stored.next === next;
        hold(
          "IDX-1",
          linked,
          `account ${account} in cell (${cell.u}, ${cell.v}): ${stored?.prev}/${stored?.next}, not ${prev}/${next}`,
        );
      });
    }
  }
}

async function checkIndexWords(venue: Venue, market: MarketState): Promise<void> {
  for (const side of [true, false]) {
    const expected = new Set<number>();
    for (const p of market.positions.values()) if (isLong(p) === side) expected.add(cellOf(p, market.prices.base).id);
    const found = await readIndexCells(venue, side, market.id);
    const difference = [...found.symmetricDifference(expected)];
    hold(
      "IDX-1",
      difference.length === 0,
      `${side ? "long" : "short"} cells ${difference} are not as the positions say`,
    );
  }
}

/** Equity of a position at the mark, rounded down. */
export function equityOf(p: PositionState, market: MarketState): bigint {
  const s = settled(p, market.prices.funding);
  const e = equityX16(s, market.prices);
  return e >= 0n ? e / X16 : -((-e + X16 - 1n) / X16);
}
