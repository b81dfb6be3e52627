/** Adding and removing margin, and what a position is worth: exact. */
import { expect } from "chai";
import { equityX16 } from "../utils/model.ts";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { readPositions, readPrices } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD } from "../utils/venue.ts";

describe("Margin", () => {
  // 1,000 lots at 10,000 ticks: 100 quote units
  const venue = useVenue({ traders: 4, deposit: 1_000n * USD }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: 10_000, lots: 1_000, longLeverage: 10, shortLeverage: 4 });
  });
  const position = async (i: number) => {
    const p = (await readPositions(venue())).get(trader(venue(), i).account);
    if (!p) throw new Error("no position");
    return p;
  };
  const free = async (i: number) => (await venue().exchange.accountAt(trader(venue(), i).account)).free;

  it("a fill moves notional / leverage into the position", async () => {
    expect((await position(0)).margin).equal(10n * USD);
    expect((await position(1)).margin).equal(25n * USD);
    expect(await free(0)).equal(990n * USD);
    expect((await venue().exchange.marketAt(1)).pot).equal(36n * USD);
  });

  it("a fill moves at least initial margin at the mark, whatever the order's leverage", async () => {
    const v = venue();
    await place(v, trader(v, 2), ask(10_100, 1_000, { leverage: 50 }));
    await place(v, trader(v, 3), bid(10_100, 1_000, { leverage: 50, ioc: true }));
    // the buyer paid 1 too much against the mark of 100; the seller gained it
    expect((await position(3)).margin).equal(2n * USD + USD);
    expect((await position(2)).margin).equal(2_020_000n); // notional / 50
  });

  it("a fill moves at least the market's minimum", async () => {
    const v = venue();
    await cross(v, trader(v, 2), trader(v, 3), { tick: 10_000, lots: 100, longLeverage: 50, shortLeverage: 50 });
    expect((await position(2)).margin).equal(USD);
  });

  it("addMargin: zero, no position, more than there is", async () => {
    const v = venue();
    const a = trader(v, 0).exchange;
    await expect(a.addMargin(1, 0, GAS)).to.be.revertedWithCustomError(v.exchange, "ZeroAmount");
    await expect(trader(v, 2).exchange.addMargin(1, 1, GAS))
      .to.be.revertedWithCustomError(v.exchange, "NoPosition")
      .withArgs(1, 3);
    await expect(a.addMargin(1, 990n * USD + 1n, GAS))
      .to.be.revertedWithCustomError(v.exchange, "InsufficientFreeCollateral")
      .withArgs(1, 990n * USD, 990n * USD + 1n);
    const { sequence } = await v.exchange.marketAt(1);
    await expect(a.addMargin(1, 990n * USD, GAS))
      .to.emit(v.exchange, "MarginAdded")
      .withArgs(1, 1, 990n * USD, sequence + 3n); // after PositionChanged and MarketTotals
    expect((await position(0)).margin).equal(1_000n * USD);
    expect(await free(0)).equal(0n);
  });

  it("removeMargin: down to initial margin at the mark, not an atom more", async () => {
    const v = venue();
    const a = trader(v, 0).exchange;
    await expect(a.removeMargin(1, 0, GAS)).to.be.revertedWithCustomError(v.exchange, "ZeroAmount");
    await expect(a.removeMargin(1, 8n * USD + 1n, GAS))
      .to.be.revertedWithCustomError(v.exchange, "InsufficientMargin")
      .withArgs(1, 8n * USD, 8n * USD + 1n);
    const { sequence } = await v.exchange.marketAt(1);
    await expect(a.removeMargin(1, 8n * USD, GAS))
      .to.emit(v.exchange, "MarginRemoved")
      .withArgs(1, 1, 8n * USD, sequence + 2n); // after PositionChanged
    expect((await position(0)).margin).equal(2n * USD);
    await expect(a.removeMargin(1, 1, GAS))
      .to.be.revertedWithCustomError(v.exchange, "InsufficientMargin")
      .withArgs(1, 0, 1);
  });

  it("removeMargin: unrealised profit never leaves, unrealised loss stays behind", async () => {
    const v = venue();
    await setTick(v, 10_500); // long +5, short −5
    const initial = (1_000n * 105_000n * 20_000n) / 1_000_000n; // 2.1
    await expect(trader(v, 0).exchange.removeMargin(1, 10n * USD - initial + 1n, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "InsufficientMargin",
    );
    await trader(v, 0).exchange.removeMargin(1, 10n * USD - initial, GAS);
    await expect(trader(v, 1).exchange.removeMargin(1, 20n * USD - initial + 1n, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "InsufficientMargin",
    );
    await trader(v, 1).exchange.removeMargin(1, 20n * USD - initial, GAS);
  });

  it("profit and loss are exact, whatever the sequence of closes", async () => {
    const v = venue();
    const [long, short] = [trader(v, 0), trader(v, 1)];
    const total = (await free(0)) + (await free(1));
    let realised = 0n;
    for (const [tick, lots] of [
      [10_033, 333],
      [9_977, 101],
      [10_201, 566],
    ] as const) {
      await setTick(v, tick);
      await cross(v, short, long, { tick, lots });
      realised += BigInt(lots) * BigInt(tick - 10_000) * 10n;
    }
    expect((await readPositions(v)).size).equal(0);
    expect((await free(0)) - 990n * USD).equal(10n * USD + realised);
    expect((await free(1)) - 975n * USD).equal(25n * USD - realised);
    expect((await free(0)) + (await free(1)) - total).equal(35n * USD);
    expect((await v.exchange.marketAt(1)).pot).equal(USD);
  });

  it("closing a part of an odd cost: what rounds stays with the account, cost down for longs, up for shorts", async () => {
    const v = venue();
    const [a, b] = [trader(v, 2), trader(v, 3)];
    await cross(v, a, b, { tick: 10_001, lots: 333, longLeverage: 3, shortLeverage: 3 });
    await cross(v, a, b, { tick: 9_998, lots: 334, longLeverage: 3, shortLeverage: 3 });
    const [before, shortBefore] = [await position(2), await position(3)];
    await cross(v, b, a, { tick: 10_000, lots: 100 });
    const [after, shortAfter] = [await position(2), await position(3)];
    expect(before.cost - after.cost).equal((before.cost * 100n) / 667n);
    expect(shortBefore.cost - shortAfter.cost).equal((shortBefore.cost * 100n + 666n) / 667n);
    // K changes by exactly what was traded
    expect(before.cost - before.margin - (after.cost - after.margin)).equal(10_000_000n);
    expect(shortBefore.cost + shortBefore.margin - (shortAfter.cost + shortAfter.margin)).equal(10_000_000n);
  });

  it("Σ equity + dust = pot at any price; funding stands at zero", async () => {
    const v = venue();
    for (const tick of [9_100, 9_999, 10_000, 12_345]) {
      await setTick(v, tick);
      const prices = await readPrices(v);
      expect(prices.funding).equal(0n);
      let sum = 0n;
      for (const p of (await readPositions(v)).values()) sum += equityX16(p, prices);
      expect((await v.exchange.marketAt(1)).pot * 65_536n - sum).equal(USD * 65_536n);
    }
  });

  it("health says what the executors use", async () => {
    const v = venue();
    await setTick(v, 9_111);
    const [, entries] = await v.lens.health(1, 0, 100);
    const prices = await readPrices(v);
    for (const e of entries) {
      const p = (await readPositions(v)).get(Number(e.account));
      if (!p) throw new Error("no position");
      expect(e.equity).equal(equityX16(p, prices) >> 16n);
      expect(e.bankrupt).equal(equityX16(p, prices) < 0n);
      expect(e.liquidatable).equal(!e.bankrupt && equityX16(p, prices) * 100n < 1_000n * prices.mark);
    }
    expect(entries).to.have.length(2);
  });
});
