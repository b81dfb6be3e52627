/** A stranger who lives on tips: how much of an account's money repeated top-ups can move to him, while the price swings around the trigger. */
import { expect } from "chai";
import { cross } from "../utils/orders.ts";
import { attempt } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;

describe("Attack: tips of top-ups", () => {
  const venue = useVenue({ traders: 4, deposit: 100_000n * USD }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 20_000, longLeverage: 50, shortLeverage: 1 });
  });
  const freeOf = async (i: number) => (await venue().exchange.accountAt(trader(venue(), i).account)).free;

  it("a price that swings around the trigger pays no second tip: what was moved stays in the position", async () => {
    const v = venue();
    const [owner, stranger] = [trader(v, 0), trader(v, 2)];
    await owner.exchange.setTopUp(1, 15_000, 10_000n * USD, GAS);
    const before = await freeOf(2);
    let calls = 0;
    for (let swing = 0; swing < 25; swing++) {
      await setTick(v, 9_948); // just below the trigger, as it was opened
      if (await attempt(() => stranger.exchange.topUp(1, owner.account, GAS))) calls++;
      await setTick(v, TICK);
      expect(await attempt(() => stranger.exchange.topUp(1, owner.account, GAS))).equal(null);
    }
    // one top-up from 29.6 to initial margin, 39.792; one tip of 0.1 % of it
    expect(calls).equal(1);
    expect((await freeOf(2)) - before).equal(10_192n);
  });

  it("however the price and the owner move, tips are a thousandth of what was moved and never above the order's maximum", async () => {
    const v = venue();
    const [owner, stranger] = [trader(v, 0), trader(v, 2)];
    const maximum = 400n * USD;
    await owner.exchange.setTopUp(1, 20_000, maximum, GAS);
    const before = [await freeOf(0), await freeOf(2)];
    let [moved, tips, out] = [0n, 0n, 0n];
    for (let swing = 0; swing < 40; swing++) {
      // each time the price is down the stranger calls until he is refused; each time it is up the owner takes out what he can
      await setTick(v, 9_870 + swing);
      for (;;) {
        const events = await attempt(() => eventsOf(v, stranger.exchange.topUp(1, owner.account, GAS)));
        if (!events) break;
        const [e] = named(events, "ToppedUp");
        const amount = e?.["amount"] as bigint;
        expect(e?.["tip"]).equal(amount / 1_000n);
        expect(amount >= 10n * USD).equal(true);
        moved += amount;
        tips += e?.["tip"] as bigint;
      }
      await setTick(v, TICK);
      const p = await v.exchange.positionAt(1, owner.account);
      const surplus = p.margin - 40n * USD;
      if (surplus > 0n) {
        await owner.exchange.removeMargin(1, surplus, GAS);
        out += surplus;
      }
    }
    expect(moved + tips <= maximum && moved > maximum - 60n * USD, `${moved} moved`).equal(true);
    expect(tips <= maximum / 1_000n).equal(true);
    expect((await freeOf(2)) - (before[1] ?? 0n)).equal(tips);
    expect((before[0] ?? 0n) - (await freeOf(0))).equal(moved + tips - out);
  });

  it("no position is topped up twice at one price, nor one that was just opened, at the highest trigger there is", async () => {
    const v = venue();
    const [owner, stranger] = [trader(v, 0), trader(v, 2)];
    await owner.exchange.setTopUp(1, 20_000, 10_000n * USD, GAS);
    const call = () => stranger.exchange.topUp(1, owner.account, GAS);
    await expect(call()).to.be.revertedWithCustomError(v.exchange, "AboveTrigger");
    for (const tick of [9_999, 9_950, 9_900, 9_850]) {
      await setTick(v, tick);
      await attempt(call);
      await expect(call()).to.be.revertedWithCustomError(v.exchange, "AboveTrigger");
    }
  });

  it("a large top-up tips one unit, not a thousandth", async () => {
    const v = venue();
    const [owner, dealer] = [trader(v, 0), trader(v, 1)];
    await dealer.exchange.addMargin(1, 10_000n * USD, GAS);
    await cross(v, owner, dealer, { tick: TICK, lots: 780_000, longLeverage: 50, shortLeverage: 1 });
    await owner.exchange.setTopUp(1, 20_000, 10_000n * USD, GAS);
    await setTick(v, 9_850);
    const [e] = named(await eventsOf(v, trader(v, 2).exchange.topUp(1, owner.account, GAS)), "ToppedUp");
    expect((e?.["amount"] as bigint) > 1_000n * USD).equal(true);
    expect(e?.["tip"]).equal(USD);
  });
});
