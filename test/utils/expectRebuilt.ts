/** Every balance, order and trigger of the exchange rebuilt from its events alone, held against the chain. */
import { expect } from "chai";
import { createIndexer } from "./indexer.ts";
import { readExchange } from "./state.ts";
import type { ParsedEvent, Venue } from "./venue.ts";

/** Every event of the exchange since it was deployed, in order, with its block's timestamp. */
async function readEvents(v: Venue): Promise<(ParsedEvent & { timestamp: bigint })[]> {
  const logs = await v.connection.ethers.provider.getLogs({
    address: v.deployed.exchangeAddress,
    fromBlock: v.deployed.startBlock,
    toBlock: "latest",
  });
  const events: (ParsedEvent & { timestamp: bigint })[] = [];
  const times = new Map<number, bigint>();
  for (const log of logs) {
    const parsed = v.exchange.interface.parseLog({ topics: [...log.topics], data: log.data });
    if (!parsed) throw new Error(`a log that the interface does not know: ${log.topics[0]}`);
    const known = times.get(log.blockNumber);
    const timestamp = known ?? BigInt((await v.connection.ethers.provider.getBlock(log.blockNumber))?.timestamp ?? 0);
    times.set(log.blockNumber, timestamp);
    events.push({ name: parsed.name, args: parsed.args as unknown as ParsedEvent["args"], timestamp });
  }
  return events;
}

/** Replays all events and compares with the chain. Returns the names that occurred. */
export async function expectRebuilt(v: Venue): Promise<Set<string>> {
  const events = await readEvents(v);
  const { state, apply } = createIndexer();
  for (const event of events) apply(event, event.timestamp);
  const chain = await readExchange(v);
  expect(state.gaps).to.deep.equal([]);
  expect(state.insuranceFund).equal(await v.exchange.insuranceFund());
  expect(state.tokens, "tokens").equal(chain.balance);
  expect([state.insurance, state.keeperReserve, state.treasury]).to.deep.equal([
    chain.insurance,
    chain.keeperReserve,
    await v.exchange.treasury(),
  ]);
  expect(state.owners.size).equal(chain.free.size);
  for (const [account, free] of chain.free) {
    expect(state.free.get(BigInt(account)), `free collateral of ${account}`).equal(free);
    expect(state.owners.get(BigInt(account))).equal((await v.exchange.accountAt(account)).owner);
  }
  for (const market of chain.markets) {
    const indexed = state.markets.get(BigInt(market.id));
    if (!indexed) throw new Error(`no event of market ${market.id}`);
    const view = await v.exchange.marketAt(market.id);
    expect([indexed.sequence, indexed.pot, indexed.openInterest, indexed.fundingIndex, indexed.ended]).to.deep.equal([
      view.sequence,
      view.pot,
      view.openInterest,
      view.fundingIndex,
      view.status === 1n,
    ]);
    expect(indexed.positions.size).equal(market.positions.size);
    for (const [account, p] of market.positions) {
      expect(indexed.positions.get(BigInt(account)), `position of ${account}`).to.deep.equal({
        lots: p.lots,
        cost: p.cost,
        margin: p.margin,
        fundingIndex: p.fundingIndex,
        grownAt: p.grownAt,
      });
    }
    const orders = [...market.reserved.values()].flatMap((r) => r.orders);
    expect(indexed.orders.size).equal(orders.length);
    for (const o of orders) {
      expect(indexed.orders.get(o.id), `order ${o.id}`).to.deep.equal({
        account: BigInt(o.account),
        isBid: o.isBid,
        tick: BigInt(o.tick),
        lots: o.lots,
        reduceOnly: o.reduceOnly,
        leverage: o.leverage,
        expiry: BigInt(o.expiry),
      });
    }
    for (const { account } of v.traders) {
      const found = market.reserved.get(account) ?? { bid: 0n, ask: 0n };
      const { bid: bids, ask: asks } = indexed.reserves.get(BigInt(account)) ?? { bid: 0n, ask: 0n };
      expect([bids, asks], `reserve of ${account}`).to.deep.equal([found.bid, found.ask]);
      const order = await v.exchange.topUpAt(market.id, account);
      const known = indexed.topUps.get(BigInt(account)) ?? { triggerRate: 0n, remaining: 0n };
      expect(known).to.deep.equal({ triggerRate: order.triggerRate, remaining: order.remaining });
      const triggers = await v.exchange.triggersAt(market.id, account);
      const own = [...indexed.triggers].filter(([key]) => key.startsWith(`${account}/`));
      expect(own.length, `triggers of ${account}`).equal(triggers.length);
      for (const t of triggers) {
        expect(indexed.triggers.get(`${account}/${t.triggerId}`)).to.deep.equal({
          kind: t.kind,
          closesLong: t.closesLong,
          triggerTick: t.triggerTick,
          limitTick: t.limitTick,
          lots: t.lots,
          tip: t.tip,
        });
      }
      expect(indexed.leverages.get(BigInt(account)) ?? 0n).equal(await v.exchange.leverageAt(market.id, account));
    }
  }
  return new Set(events.map((e) => e.name));
}
