/** Large positions are liquidated in steps: how much a step may close, for how long, who is bound and who is not. */
import { expect } from "chai";
import { type Crash, deleverage, mirrored, openCrash, type Side } from "../utils/crash.ts";
import { cross, place, requestOf } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, noLimits, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";

const COOLDOWN = 15;
const now = async (v: Venue) => (await v.connection.ethers.provider.getBlock("latest"))?.timestamp ?? 0;

for (const side of ["long", "short"] as const satisfies Side[]) {
  const notionalAt = BigInt(mirrored(side, 9_890)) * 10n * 10_000n;
  /** x* at 9,890, equity 90 ticks a lot, with 64 atoms for the roundings of fees: (2 %·qP − E + 64) / (P·1.4 %), rounded up. */
  const closeSize = () => {
    const p = BigInt(mirrored(side, 9_890)) * 10n;
    const missing = (20_000n * 10_000n * p) / 1_000_000n - 9n * USD + 64n;
    return (missing * 1_000_000n + p * 14_000n - 1n) / (p * 14_000n);
  };
  const open = (largeNotional: bigint, stepRate = 250_000, stepCooldown = COOLDOWN) => {
    let crash: Crash | undefined;
    const risk = { ...noLimits, largeNotional, stepRate, stepCooldown };
    const venue = useVenue({ traders: 14, markets: [{ risk }] }, async (v) => {
      crash = await openCrash(v, side);
    });
    const current = () => {
      if (!crash) throw new Error("the crash is made before the first test");
      return crash;
    };
    return {
      venue,
      victim: () => current().victim,
      crashed: () => setTick(venue(), current().crashed),
      low: () => setTick(venue(), mirrored(side, 9_890)),
      /** So low that two steps do not bring it back above maintenance. */
      lower: () => setTick(venue(), mirrored(side, 9_860)),
      rest: (tick: number, lots: number, t: Trader = trader(venue(), 7)) =>
        place(venue(), t, { isBid: side === "long", tick: mirrored(side, tick), lots, leverage: 1 }),
      liquidate: (maxSteps = 64) => venue().exchange.liquidate(1, current().victim.account, maxSteps, GAS),
      lots: async () => {
        const found = (await readPositions(venue())).get(current().victim.account)?.lots ?? 0n;
        return found < 0n ? -found : found;
      },
    };
  };
  const liquidated = async (venue: Venue, call: Parameters<typeof eventsOf>[1]) =>
    named(await eventsOf(venue, call), "Liquidated").map((e) => e["lots"]);

  describe(`Large liquidation of a ${side}: the border`, () => {
    const at = open(notionalAt);
    it("a notional of exactly largeNotional is not large: one call restores the target", async () => {
      await at.rest(9_888, 10_000);
      await at.low();
      expect(await liquidated(at.venue(), at.liquidate())).to.deep.equal([closeSize()]);
    });
  });

  describe(`Large liquidation of a ${side}: above the border`, () => {
    const above = open(notionalAt - 1n);
    it("an atom more is: a quarter of it, rounded up, and no more for the cooldown", async () => {
      const v = above.venue();
      await above.rest(9_888, 10_000);
      await above.low();
      expect(await liquidated(v, above.liquidate())).to.deep.equal([2_500n]);
    });
  });

  describe(`Large liquidation of a ${side}: steps`, () => {
    const s = open(300n * USD);

    it("a quarter of what is open each time, until it is above maintenance", async () => {
      const v = s.venue();
      await s.rest(9_858, 10_000);
      await s.lower();
      const steps: unknown[] = [];
      for (let i = 0; i < 3; i++) {
        steps.push(...(await liquidated(v, s.liquidate())));
        await v.connection.networkHelpers.time.increase(COOLDOWN);
      }
      expect(steps).to.deep.equal([2_500n, 1_875n, 1_407n]); // 10,000 → 7,500 → 5,625 → 4,218
      await expect(s.liquidate()).to.be.revertedWithCustomError(v.exchange, "NotLiquidatable");
    });

    it("the next step may come at the second that the error names, and not one before", async () => {
      const v = s.venue();
      await s.rest(9_858, 10_000);
      await s.lower();
      await s.liquidate();
      const ready = (await now(v)) + COOLDOWN;
      await v.connection.networkHelpers.time.setNextBlockTimestamp(ready - 1);
      await expect(s.liquidate())
        .to.be.revertedWithCustomError(v.exchange, "LiquidationCoolingDown")
        .withArgs(1, s.victim().account, ready);
      await v.connection.networkHelpers.time.setNextBlockTimestamp(ready);
      expect(await liquidated(v, s.liquidate())).to.deep.equal([1_875n]);
    });

    it("a fill of dust does not shield the rest of the step: others go on, together no more than the step", async () => {
      const v = s.venue();
      // the owner's friend offers dust at a good price, and the owner has itself liquidated into it
      await s.rest(9_859, 110, trader(v, 8));
      await s.rest(9_858, 10_000);
      await s.lower();
      expect(await liquidated(v, s.victim().exchange.liquidate(1, s.victim().account, 1, GAS))).to.deep.equal([110n]);
      const ready = (await now(v)) + COOLDOWN;
      expect(await liquidated(v, s.liquidate())).to.deep.equal([2_390n]);
      await expect(s.liquidate())
        .to.be.revertedWithCustomError(v.exchange, "LiquidationCoolingDown")
        .withArgs(1, s.victim().account, ready);
      expect(await s.lots()).equal(7_500n);
    });

    it("cutting a step into calls of one order each closes no more than the step", async () => {
      const v = s.venue();
      for (let i = 0; i < 6; i++) await s.rest(9_858 - i, 500);
      await s.lower();
      for (let i = 0; i < 5; i++) expect(await liquidated(v, s.liquidate(1))).to.deep.equal([500n]);
      await expect(s.liquidate(1)).to.be.revertedWithCustomError(v.exchange, "LiquidationCoolingDown");
      expect(await s.lots()).equal(7_500n);
    });

    it("orders that cannot fill begin no step", async () => {
      const v = s.venue();
      const expiry = (await now(v)) + 30;
      await place(v, trader(v, 7), {
        isBid: side === "long",
        tick: mirrored(side, 9_888),
        lots: 500,
        leverage: 1,
        expiry,
      });
      await v.connection.networkHelpers.time.increase(60);
      await s.low();
      expect(await liquidated(v, s.liquidate())).to.deep.equal([0n]);
      await s.rest(9_888, 10_000);
      expect(await liquidated(v, s.liquidate())).to.deep.equal([2_500n]);
    });

    it("bankrupt, in the middle of a cooldown: everything goes at once", async () => {
      const v = s.venue();
      await s.rest(9_888, 2_500);
      await s.low();
      await s.liquidate();
      await s.crashed();
      const events = await eventsOf(v, deleverage(v, []));
      expect(named(events, "DeleverageCall").map((e) => e["lots"])).to.deep.equal([7_500n]);
      expect(await s.lots()).equal(0n);
    });

    it("another account's step is its own", async () => {
      const v = s.venue();
      await setTick(v, 10_000);
      const [other, dealer] = [trader(v, 8), trader(v, 9)];
      const [long, short] = side === "long" ? [other, dealer] : [dealer, other];
      await cross(v, long, short, {
        tick: 10_000,
        lots: 8_000,
        longLeverage: side === "long" ? 50 : 1,
        shortLeverage: side === "long" ? 1 : 50,
      });
      await s.rest(9_888, 10_000);
      await s.low();
      expect(await liquidated(v, s.liquidate())).to.deep.equal([2_500n]);
      expect(await liquidated(v, v.exchange.liquidate(1, other.account, 64, GAS))).to.deep.equal([2_000n]);
    });

    it("splitting gains nothing: each of four pieces under the border goes to target at once, together more than the whole's step", async () => {
      const v = s.venue();
      await setTick(v, 10_000);
      const dealer = trader(v, 12);
      const pieces = [8, 9, 10, 11].map((i) => trader(v, i));
      for (const piece of pieces) {
        const [long, short] = side === "long" ? [piece, dealer] : [dealer, piece];
        await cross(v, long, short, {
          tick: 10_000,
          lots: 2_500,
          longLeverage: side === "long" ? 50 : 1,
          shortLeverage: side === "long" ? 1 : 50,
        });
      }
      await s.rest(9_888, 40_000);
      await s.low();
      let together = 0n;
      for (const piece of pieces) {
        const [lots] = await liquidated(v, v.exchange.liquidate(1, piece.account, 64, GAS));
        together += lots as bigint;
      }
      const [whole] = await liquidated(v, s.liquidate());
      expect(whole).equal(2_500n);
      expect(together >= closeSize()).equal(true); // each rounds up
      expect(together <= closeSize() + 4n).equal(true);
    });
  });

  describe(`Large liquidation of a ${side}: a step ends with its position`, () => {
    const s = open(300n * USD, 250_000, 600);
    const encode = () => s.venue().exchange.interface;
    const close = () => encode().encodeFunctionData("closePosition", [1, mirrored(side, 9_850), 64]);
    const liquidate = () => encode().encodeFunctionData("liquidate", [1, s.victim().account, 64]);
    const reopen = (lots: number) =>
      encode().encodeFunctionData("placeOrder", [
        requestOf({ isBid: side === "long", tick: mirrored(side, 9_862), lots, leverage: 50, ioc: true }),
      ]);
    const prepared = async () => {
      await s.rest(9_858, 30_000);
      await s.lower();
      await place(s.venue(), trader(s.venue(), 8), {
        isBid: side !== "long",
        tick: mirrored(side, 9_862),
        lots: 20_000,
        leverage: 1,
      });
    };

    it("the owner closes what is left and opens another one within the cooldown: a quarter of that one", async () => {
      const v = s.venue();
      await prepared();
      expect(await liquidated(v, s.liquidate())).to.deep.equal([2_500n]);
      await s.victim().exchange.multicall([close()], GAS);
      expect(await s.lots()).equal(0n);
      await s.victim().exchange.multicall([reopen(10_000)], GAS);
      await setTick(v, mirrored(side, 9_740));
      expect(await liquidated(v, s.liquidate())).to.deep.equal([2_500n]);
    });

    it("all of it in one transaction, one second: the same", async () => {
      const v = s.venue();
      await prepared();
      const all = s.victim().exchange.multicall([liquidate(), close(), reopen(10_000)], GAS);
      expect(await liquidated(v, all)).to.deep.equal([2_500n]);
      await setTick(v, mirrored(side, 9_740));
      expect(await liquidated(v, s.liquidate())).to.deep.equal([2_500n]);
    });

    it("grown since, for which it needed initial margin: a quarter of what it is now", async () => {
      const v = s.venue();
      await prepared();
      await s.liquidate();
      await s.victim().exchange.addMargin(1, 50n * USD, GAS);
      await s.victim().exchange.multicall([reopen(4_500)], GAS); // 7,500 + 4,500
      await setTick(v, mirrored(side, 9_400));
      const [lots] = await liquidated(v, s.liquidate());
      expect(lots).equal(3_000n);
    });

    it("what the owner closes of it meanwhile takes nothing off the step: it may close no more", async () => {
      const v = s.venue();
      await prepared();
      await s.rest(9_859, 1_000, trader(v, 9));
      expect(await liquidated(v, s.victim().exchange.liquidate(1, s.victim().account, 1, GAS))).to.deep.equal([1_000n]);
      const part = requestOf({
        isBid: side !== "long",
        tick: mirrored(side, 9_850),
        lots: 4_000,
        ioc: true,
        reduceOnly: true,
      });
      await s.victim().exchange.placeOrder(part, GAS);
      expect(await s.lots()).equal(5_000n);
      // a quarter of 5,000 that are open and 1,000 that the step closed
      await setTick(v, mirrored(side, 9_830));
      expect(await liquidated(v, s.liquidate())).to.deep.equal([500n]);
    });
  });

  describe(`Large liquidation of a ${side}: small again after a step`, () => {
    const s = open(900n * USD);
    it("needs no cooldown any more: the next call restores the target", async () => {
      const v = s.venue();
      await s.rest(9_858, 10_000);
      await s.lower();
      expect(await liquidated(v, s.liquidate())).to.deep.equal([2_500n]); // 986 → 739.5
      const p = (await readPositions(v)).get(s.victim().account);
      if (!p) throw new Error("it has no position");
      const [q, mark] = [p.lots < 0n ? -p.lots : p.lots, BigInt(mirrored(side, 9_860)) * 10n];
      const equity = p.margin + (p.lots < 0n ? p.cost - q * mark : q * mark - p.cost);
      const missing = q * mark * 20_000n - (equity - 64n) * 1_000_000n;
      expect(await liquidated(v, s.liquidate())).to.deep.equal([(missing + mark * 14_000n - 1n) / (mark * 14_000n)]);
    });
  });

  describe(`Large liquidation of a ${side}: without a cooldown`, () => {
    const s = open(300n * USD, 250_000, 0);
    it("every call is a step of its own", async () => {
      const v = s.venue();
      await s.rest(9_858, 10_000);
      await s.lower();
      expect(await liquidated(v, s.liquidate())).to.deep.equal([2_500n]);
      expect(await liquidated(v, s.liquidate())).to.deep.equal([1_875n]);
    });
  });
}
