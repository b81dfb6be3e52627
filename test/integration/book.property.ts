/** The order book against a model of arrays and a sort: the same fills, removals and queues, operation by operation. */
import { expect } from "chai";
import { BookModel, type ModelRequest, type ModelResult } from "../utils/bookModel.ts";
import { checkInvariants } from "../utils/invariants.ts";
import { requestOf } from "../utils/orders.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { type OrderState, readExchange, readPositions } from "../utils/state.ts";
import { createVenue, eventsOf, GAS, named, type Trader, USD, type Venue } from "../utils/venue.ts";

const OPERATIONS = Number(process.env["PLIMSOLL_OPERATIONS"] ?? 1_500);
const MARK = 10_000;

describe("Order book against a model", () => {
  for (const [seed, spread] of [
    [21, 8],
    [22, 120],
  ] as const) {
    it(`${OPERATIONS} random operations of 6 accounts over ${2 * spread} ticks`, async () => {
      const venue = await createVenue({
        traders: 6,
        deposit: 10_000_000n * USD,
        markets: [{ minNotional: 1n, minMargin: 1n }],
      });
      const random = createRandom(seed);
      const model = new BookModel();
      const seen = { trades: 0, removed: 0, rested: 0, cancelled: 0, reduced: 0, refused: 0, shrunk: 0, requeued: 0 };
      for (let i = 0; i < OPERATIONS; i++) {
        const [open, draw] = [model.orders.length, random.unit()];
        if (open > 20 && draw < 0.15) await cancel(venue, random, model, seen);
        else if (open > 0 && draw < 0.23) await shrink(venue, random, model, seen);
        else if (open > 0 && draw < 0.31) await requeue(venue, random, model, spread, seen);
        else await place(venue, random, model, spread, seen);
        if (i % 100 === 99) await compareQueues(venue, model);
      }
      await compareQueues(venue, model);
      await checkInvariants(venue);
      for (const [what, count] of Object.entries(seen)) expect(count, what).greaterThan(OPERATIONS / 200);
    });
  }
});

async function place(
  venue: Venue,
  random: Random,
  model: BookModel,
  spread: number,
  seen: { trades: number; removed: number; rested: number; reduced: number; refused: number },
): Promise<void> {
  const t = random.pick(venue.traders);
  const now = (await venue.connection.networkHelpers.time.latest()) + 1;
  const isBid = random.chance(0.5);
  const request: ModelRequest = {
    account: t.account,
    isBid,
    tick: MARK + random.int(-spread, spread) + (isBid ? -spread / 4 : spread / 4),
    lots: random.chance(0.1) ? random.int(1, 5_000) : random.int(1, 300),
    timeInForce: random.pick([0, 0, 0, 1, 2, 3]),
    selfTrade: random.int(0, 2),
    reduceOnly: random.chance(0.15),
    expiry: random.chance(0.2) ? now + random.int(0, 40) : 0,
    maxSteps: random.chance(0.2) ? random.int(1, 4) : 64,
  };
  const full = (await venue.exchange.orderMarginAt(1, t.account)).orderIds.length === 32;
  if (full) request.timeInForce = 1;
  const options = requestOf({ ...request, leverage: random.int(1, 5) });
  await venue.connection.networkHelpers.time.setNextBlockTimestamp(now);
  const expected = model.place(request, now);
  if (typeof expected === "string") {
    await expect(t.exchange.placeOrder(options, GAS)).to.be.revertedWithCustomError(venue.exchange, expected);
    seen.refused++;
    return;
  }
  await compare(venue, t.exchange.placeOrder(options, GAS), request, expected, model, seen);
}

type Seen = { trades: number; removed: number; rested: number; reduced: number };

/** Every fill, removal and remainder of a call, in order. */
async function compare(
  venue: Venue,
  call: Parameters<typeof eventsOf>[1],
  request: ModelRequest,
  expected: ModelResult,
  model: BookModel,
  seen: Seen,
): Promise<void> {
  const events = await eventsOf(venue, call);
  const trades = named(events, "Trade").map((e) => ({
    orderId: e["orderId"],
    maker: Number(e["maker"]),
    tick: Number(e["tick"]),
    lots: Number(e["lots"]),
  }));
  expect(trades).to.deep.equal(expected.trades);
  const gone = (name: string) =>
    named(events, name).map((e) => ({
      orderId: e["orderId"],
      lots: Number(e["lots"]),
      reason: Number(e["reason"]),
    }));
  expect(gone("OrderRemoved")).to.deep.equal(expected.removed);
  expect(gone("OrderReduced")).to.deep.equal(expected.reduced);
  const [rested] = named(events, "OrderPlaced");
  expect(Number(rested?.["lots"] ?? 0n)).equal(expected.rests);
  if (rested) model.rest(request, rested["orderId"] as bigint, expected.rests);
  seen.trades += trades.length;
  seen.removed += expected.removed.length;
  seen.reduced += expected.reduced.length;
  if (rested) seen.rested++;
}

async function cancel(venue: Venue, random: Random, model: BookModel, seen: { cancelled: number }): Promise<void> {
  const order = random.pick(model.orders);
  const owner = venue.traders.find((t) => t.account === order.account) as Trader;
  if (random.chance(0.05)) {
    const mine = model.orders.filter((o) => o.account === order.account);
    expect(await owner.exchange.cancelAll.staticCall(1, GAS)).equal(BigInt(mine.length));
    await owner.exchange.cancelAll(1, GAS);
    for (const o of mine) model.remove(o.id);
  } else {
    const other = venue.traders.find((t) => t.account !== order.account) as Trader;
    await expect(other.exchange.cancelOrder(1, order.id, GAS)).to.be.revertedWithCustomError(
      venue.exchange,
      "NotOrderOwner",
    );
    await owner.exchange.cancelOrder(1, order.id, GAS);
    model.remove(order.id);
  }
  seen.cancelled++;
}

/** Another tick, or more lots: the order goes to the end of another queue, or trades, or is refused and stays where it was. */
async function requeue(
  venue: Venue,
  random: Random,
  model: BookModel,
  spread: number,
  seen: Seen & { requeued: number; refused: number },
): Promise<void> {
  const order = random.pick(model.orders);
  const owner = venue.traders.find((t) => t.account === order.account) as Trader;
  const more = random.chance(0.3);
  const tick = more ? order.tick : MARK + random.int(-spread, spread);
  const lots = order.lots + (more || tick === order.tick ? random.int(1, 100) : random.int(1 - order.lots, 100));
  const now = (await venue.connection.networkHelpers.time.latest()) + 1;
  await venue.connection.networkHelpers.time.setNextBlockTimestamp(now);
  const { request, result } = model.requeue(order, tick, lots, now);
  const call = () => owner.exchange.amendOrder(1, order.id, tick, lots, GAS);
  if (typeof result === "string") {
    await expect(call()).to.be.revertedWithCustomError(venue.exchange, result);
    seen.refused++;
    return;
  }
  await compare(venue, call(), request, result, model, seen);
  seen.requeued++;
}

/** Less at the same tick: the order keeps its place, or is refused because it has expired. */
async function shrink(venue: Venue, random: Random, model: BookModel, seen: { shrunk: number }): Promise<void> {
  const order = random.pick(model.orders);
  const owner = venue.traders.find((t) => t.account === order.account) as Trader;
  const lots = random.int(1, order.lots);
  const now = (await venue.connection.networkHelpers.time.latest()) + 1;
  const amend = () => owner.exchange.amendOrder(1, order.id, order.tick, lots, GAS);
  await venue.connection.networkHelpers.time.setNextBlockTimestamp(now);
  if (order.expiry !== 0 && order.expiry < now) {
    await expect(amend()).to.be.revertedWithCustomError(venue.exchange, "OrderExpired");
    return;
  }
  await amend();
  model.reduce(order.id, lots);
  seen.shrunk++;
}

/** Every resting order of the chain in FIFO order, by following the links of each level. */
async function compareQueues(venue: Venue, model: BookModel): Promise<void> {
  const state = await readExchange(venue);
  const orders = [...(state.markets[0]?.reserved.values() ?? [])].flatMap((r) => r.orders);
  for (const isBid of [true, false]) {
    const chain = fifo(
      orders.filter((o) => o.isBid === isBid),
      isBid,
    );
    expect(chain).to.deep.equal(model.queue(isBid).map((o) => [o.id, o.account, o.tick, BigInt(o.lots)]));
  }
  const positions = await readPositions(venue);
  for (const [account, lots] of model.positions) expect(positions.get(account)?.lots ?? 0n).equal(BigInt(lots));
}

function fifo(orders: OrderState[], isBid: boolean): unknown[][] {
  const bySlot = new Map(orders.map((o) => [o.slot, o]));
  const heads = orders.filter((o) => o.prev === 0).sort((a, b) => (isBid ? b.tick - a.tick : a.tick - b.tick));
  const result: unknown[][] = [];
  for (const head of heads) {
    for (let o: OrderState | undefined = head; o; o = bySlot.get(o.next))
      result.push([o.id, o.account, o.tick, o.lots]);
  }
  return result;
}
