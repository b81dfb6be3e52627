/**
 * Patterns of reference/adl.md (b) 1, 2, 4, 5, 6: counterparties that try to step out of the way, and lists that no longer fit.
 *
 * Until the price is on chain, everyone may trade. From the block on in which it makes somebody bankrupt, an opposing position cannot be
 * changed by its owner at all; so a list can only be outdated by what happened before, or by another ADL call.
 */
import { expect } from "chai";
import { accountsOf, type Crash, deleverage, openCrash } from "../utils/crash.ts";
import { ask, bid, cross, place, submit } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { situationOf } from "../utils/scenarios.ts";
import { followIndex, readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, type Trader, trader, USD } from "../utils/venue.ts";

describe("Attack: dodging the queue", () => {
  let crash: Crash;
  const venue = useVenue({ traders: 12 }, async (v) => {
    crash = await openCrash(v, "long");
  });
  const ranked = () => accountsOf(crash.counterparties);
  const first = () => crash.counterparties[0] as Trader;
  const taken = async (list: number[]) =>
    named(await eventsOf(venue(), deleverage(venue(), list)), "AutoDeleveraged").map((e) => Number(e["counterparty"]));
  /** The first one buys back from a bystander, who takes over its short. */
  const buyBack = (lots: number, reduceOnly = true) =>
    place(venue(), first(), bid(10_000, lots, { ioc: true, reduceOnly, leverage: 40 }));

  it("closed just before: skipped, and the list goes on", async () => {
    const v = venue();
    await place(v, trader(v, 7), ask(10_000, 2_000, { leverage: 1 }));
    await buyBack(2_000);
    await setTick(v, crash.crashed);
    expect(await taken(ranked())).to.deep.equal(ranked().slice(1));
  });

  it("size changed by one lot just before: clamped to what is there, or the list is renewed; never stuck", async () => {
    const v = venue();
    await place(v, trader(v, 7), ask(10_000, 100, { leverage: 1 }));
    await buyBack(100);
    await setTick(v, crash.crashed);
    const now = await situationOf(v, followIndex(v));
    const accepted = await taken(ranked()).catch(() => null);
    if (accepted) expect(accepted).to.deep.equal(now?.list.slice(0, accepted.length));
    else expect(await taken([])).to.deep.equal(now?.list);
  });

  it("flipped just before: WrongSide names it; without it, and with the empty list, the call goes through", async () => {
    const v = venue();
    await place(v, trader(v, 7), ask(10_000, 3_000, { leverage: 1 }));
    await buyBack(3_000, false);
    expect((await readPositions(v)).get(first().account)?.lots).equal(1_000n);
    await setTick(v, crash.crashed);
    await expect(deleverage(v, ranked()))
      .to.be.revertedWithCustomError(v.exchange, "WrongSide")
      .withArgs(first().account);
    // it may be bankrupt itself now, with its 40x; then it is even the first to go
    const now = await situationOf(v, followIndex(v));
    expect((await taken([])).length).greaterThan(0);
    expect(now).not.equal(null);
  });

  it("re-opened to reset its entry: eligible at its new entry, ranked by it", async () => {
    const v = venue();
    // closes at 9,820 with profit and opens again there at once: entry still above X = 9,800
    await setTick(v, 9_820);
    await cross(v, first(), trader(v, 7), { tick: 9_820, lots: 2_000, longLeverage: 40, shortLeverage: 1 });
    await cross(v, trader(v, 7), first(), { tick: 9_820, lots: 2_000, longLeverage: 1, shortLeverage: 40 });
    await setTick(v, crash.crashed);
    const now = await situationOf(v, followIndex(v));
    expect(now?.queue.map((p) => p.account)).to.include(first().account);
    expect(await taken(now?.list ?? [])).to.deep.equal(now?.list);
  });

  it("a top-ranked newcomer just before: the old list is rejected, the empty list makes progress", async () => {
    const v = venue();
    const newcomer = trader(v, 7);
    await cross(v, trader(v, 8), newcomer, { tick: 10_000, lots: 500, longLeverage: 1, shortLeverage: 50 });
    await setTick(v, crash.crashed);
    await expect(deleverage(v, ranked())).to.be.revertedWithCustomError(v.exchange, "RankingIncomplete");
    expect((await taken([]))[0]).equal(newcomer.account);
  });

  it("once the price is on chain, an opposing position cannot be changed by its owner", async () => {
    const v = venue();
    await setTick(v, crash.crashed);
    const f = first();
    const tries = [
      () => submit(f, bid(9_500, 2_000, { ioc: true, reduceOnly: true })),
      () => submit(f, bid(9_500, 4_000, { ioc: true })),
      () => submit(f, ask(9_500, 2_000)),
      () => f.exchange.addMargin(1, USD, GAS),
      () => f.exchange.removeMargin(1, 1, GAS),
    ];
    for (const call of tries) await expect(call()).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
    expect(await taken(ranked())).to.deep.equal(ranked());
  });

  it("margin added just before, to rank lower: ranked by what it is now, and a list by the old rank is rejected", async () => {
    const v = venue();
    await first().exchange.addMargin(1, 500n * USD, GAS);
    await setTick(v, crash.crashed);
    await expect(deleverage(v, ranked())).to.be.revertedWithCustomError(v.exchange, "RankingUnsorted");
    expect(await taken([])).to.deep.equal([...ranked().slice(1), first().account]);
  });

  it("a hedge in a second account does not hide the first", async () => {
    const v = venue();
    const hedge = trader(v, 7);
    await cross(v, hedge, trader(v, 8), { tick: 10_000, lots: 2_000, longLeverage: 1, shortLeverage: 1 });
    await setTick(v, crash.crashed);
    expect((await taken(ranked()))[0]).equal(first().account);
  });

  it("split into many accounts: the pieces stand where the whole stood, and give up the same lots", async () => {
    const v = venue();
    const pieces = [6, 7, 8, 9].map((i) => trader(v, i));
    // the first one hands its short over to four accounts at its own entry and leverage
    for (const piece of pieces) {
      await cross(v, first(), piece, { tick: 10_000, lots: 500, longLeverage: 40, shortLeverage: 40 });
    }
    await setTick(v, crash.crashed);
    const events = await eventsOf(v, deleverage(v, []));
    const closes = named(events, "AutoDeleveraged");
    expect(closes.slice(0, 4).map((e) => Number(e["counterparty"]))).to.deep.equal(accountsOf(pieces));
    expect(closes.slice(0, 4).reduce((s, e) => s + (e["lots"] as bigint), 0n)).equal(2_000n);
  });

  it("a list padded with a hundred entries that are gone still works, and the bankrupt account padded in names itself", async () => {
    const v = venue();
    await setTick(v, crash.crashed);
    const padding = Array.from({ length: 100 }, (_, i) => 1_000_000 + i);
    await expect(deleverage(v, [...padding, crash.victim.account, ...ranked()]))
      .to.be.revertedWithCustomError(v.exchange, "WrongSide")
      .withArgs(crash.victim.account);
    expect(await taken([...padding, ...ranked()])).to.deep.equal(ranked());
  });

  it("the list of another market: its accounts hold nothing here, nobody is taken", async () => {
    const v = venue();
    await setTick(v, crash.crashed);
    await expect(deleverage(v, ranked(), {}, 2)).to.be.revertedWithCustomError(v.exchange, "UnknownMarket");
  });

  it("two keepers race with the same list: the second finds nothing to do, or goes on; nothing is done twice", async () => {
    const v = venue();
    await setTick(v, crash.crashed);
    await deleverage(v, ranked().slice(0, 3));
    expect(await taken(ranked())).to.deep.equal(ranked().slice(3));
    await expect(deleverage(v, ranked())).to.be.revertedWithCustomError(v.exchange, "NothingToDeleverage");
  });

  it("ADL twice in one transaction: the second goes on, a third reverts the whole", async () => {
    const v = venue();
    await setTick(v, crash.crashed);
    const call = (list: number[]) => v.exchange.interface.encodeFunctionData("autoDeleverage", [1, list, LIMITS]);
    const two = [call(ranked().slice(0, 2)), call(ranked().slice(2))];
    await expect(v.exchange.multicall([...two, call([])], GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "NothingToDeleverage",
    );
    const events = await eventsOf(v, v.exchange.multicall(two, GAS));
    expect(named(events, "AutoDeleveraged").map((e) => Number(e["counterparty"]))).to.deep.equal(ranked());
  });

  it("trade then ADL in one transaction: the trade is refused, so the transaction is", async () => {
    const v = venue();
    await setTick(v, crash.crashed);
    const x = v.exchange.interface;
    const trade = x.encodeFunctionData("removeMargin", [1, 1]);
    const adl = x.encodeFunctionData("autoDeleverage", [1, [], LIMITS]);
    await expect(first().exchange.multicall([trade, adl], GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "MarketInsolvent",
    );
    // after it, the same account may trade again in the same transaction
    await first().exchange.multicall([adl, x.encodeFunctionData("cancelAll", [1])], GAS);
  });
});
