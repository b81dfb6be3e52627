/** Stage 4: nobody opposing is in profit at X. And several bankrupt accounts, one after the other. */
import { expect } from "chai";
import { accountsOf, deleverage, mirrored, type Side } from "../utils/crash.ts";
import { bankruptcyCost } from "../utils/model.ts";
import { cross, submit } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { situationOf } from "../utils/scenarios.ts";
import { followIndex, readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Principal stage: a bankrupt ${side} whom nobody opposes in profit`, () => {
    // everyone opposing entered at 9,600 (mirrored: 10,400) against a dealer, who sold its side to the victim at 10,000
    const venue = useVenue({ traders: 8 }, async (v) => {
      const [victim, dealer] = [trader(v, 0), trader(v, 1)];
      await setTick(v, mirrored(side, 9_600));
      for (const [i, leverage] of [2, 8, 4].entries()) {
        const t = trader(v, i + 2);
        const tick = mirrored(side, 9_600);
        if (side === "long") await cross(v, dealer, t, { tick, lots: 1_000, longLeverage: 1, shortLeverage: leverage });
        else await cross(v, t, dealer, { tick, lots: 1_000, longLeverage: leverage, shortLeverage: 1 });
      }
      await setTick(v, 10_000);
      if (side === "long") await cross(v, victim, dealer, { tick: 10_000, lots: 3_000, longLeverage: 50 });
      else await cross(v, dealer, victim, { tick: 10_000, lots: 3_000, shortLeverage: 50 });
    });
    // nearest to its own bankruptcy price first: 8x, 4x, 2x
    const order = () => accountsOf([trader(venue(), 3), trader(venue(), 4), trader(venue(), 2)]);
    const crash = () => setTick(venue(), mirrored(side, 9_500));

    it("a list cannot be served: NoEligibleCounterparty", async () => {
      const v = venue();
      await crash();
      expect((await situationOf(v, followIndex(v)))?.queue).to.deep.equal([]);
      expect(
        await v.exchange.adlQueue(1, side === "long", BigInt(mirrored(side, 9_800)) * 655_360n, 10),
      ).to.have.length(0);
      await expect(deleverage(v, order()))
        .to.be.revertedWithCustomError(v.exchange, "NoEligibleCounterparty")
        .withArgs(1);
    });

    it("the empty list closes at the same X by bankruptcy price alone, and returns margin", async () => {
      const v = venue();
      await crash();
      const before = await readPositions(v);
      const free = new Map(
        await Promise.all(order().map(async (a) => [a, (await v.exchange.accountAt(a)).free] as const)),
      );
      const events = await eventsOf(v, deleverage(v, []));
      expect(named(events, "AutoDeleveraged")).to.have.length(0);
      const closes = named(events, "PrincipalClosed");
      expect(closes.map((e) => Number(e["counterparty"]))).to.deep.equal(order());
      for (const e of closes) {
        const account = Number(e["counterparty"]);
        const p = before.get(account);
        if (!p) throw new Error("it had no position");
        const atX = 9_800n * 10n * 1_000n;
        const loss = -200n * 10n * 1_000n; // it gives up principal: 200 ticks on 1,000 lots
        expect(e["pnl"]).equal(loss);
        const x = side === "long" ? atX : 10_200n * 10n * 1_000n;
        const worth = side === "long" ? bankruptcyCost(p) - x : x - bankruptcyCost(p);
        expect(e["payout"]).equal(worth);
        expect((await v.exchange.accountAt(account)).free - (free.get(account) ?? 0n)).equal(worth);
      }
      expect((await readPositions(v)).size).equal(0);
    });

    it("those in profit first, the rest in the same call by bankruptcy price", async () => {
      const v = venue();
      const [late, other] = [trader(v, 5), trader(v, 6)];
      await setTick(v, 10_000);
      if (side === "long") await cross(v, other, late, { tick: 10_000, lots: 500, longLeverage: 1, shortLeverage: 3 });
      else await cross(v, late, other, { tick: 10_000, lots: 500, longLeverage: 3, shortLeverage: 1 });
      await crash();
      const events = await eventsOf(v, deleverage(v, []));
      const names = events.filter((e) => ["AutoDeleveraged", "PrincipalClosed"].includes(e.name));
      expect(names.map((e) => [e.name, Number(e.args["counterparty"])])).to.deep.equal([
        ["AutoDeleveraged", late.account],
        ...order().map((account) => ["PrincipalClosed", account]),
      ]);
      expect(closesLast(names)).equal(500n); // the last one in part
    });

    it("one at a time gives the same end", async () => {
      const v = venue();
      await crash();
      for (let i = 0; i < 3; i++) await deleverage(v, [], { maxCounterparties: 1 });
      expect((await readPositions(v)).size).equal(0);
    });
  });
}

function closesLast(events: { args: Record<string, unknown> }[]): unknown {
  return events.at(-1)?.args["lots"];
}

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Several bankrupt ${side}s`, () => {
    const leverages = [50, 25, 40, 30];
    let victims: Trader[];
    let dealer: Trader;
    const venue = useVenue({ traders: 9 }, async (v) => {
      dealer = trader(v, 4);
      victims = leverages.map((_, i) => trader(v, i));
      for (const [i, leverage] of leverages.entries()) {
        const t = trader(v, i);
        if (side === "long")
          await cross(v, t, dealer, { tick: 10_000, lots: 1_000, longLeverage: leverage, shortLeverage: 2 });
        else await cross(v, dealer, t, { tick: 10_000, lots: 1_000, longLeverage: 2, shortLeverage: leverage });
      }
    });
    const worstFirst = () => accountsOf([victims[0], victims[2], victims[3], victims[1]] as Trader[]);
    const crash = () => setTick(venue(), mirrored(side, 9_000));
    const bankruptOf = async (v: Venue, call: ReturnType<typeof deleverage>) =>
      named(await eventsOf(v, call), "DeleverageCall").map((e) => Number(e["bankrupt"]));

    it("the contract takes them by bankruptcy price, furthest past it first, whatever the caller nominates", async () => {
      const v = venue();
      await crash();
      for (const [i, expected] of worstFirst().entries()) {
        expect((await v.exchange.bankruptAccount(1, 0)).account).equal(BigInt(expected));
        const nominee = worstFirst()[3 - i] ?? 0;
        expect(await bankruptOf(v, deleverage(v, [], { nominee }))).to.deep.equal([expected]);
      }
      expect(await v.exchange.poke.staticCall(1)).equal(false);
    });

    it("a multicall resolves several in one transaction", async () => {
      const v = venue();
      await crash();
      const one = v.exchange.interface.encodeFunctionData("autoDeleverage", [1, [], LIMITS]);
      const list = v.exchange.interface.encodeFunctionData("autoDeleverage", [1, [dealer.account], LIMITS]);
      const events = await eventsOf(v, v.exchange.multicall([one, list, one, list], GAS));
      expect(named(events, "DeleverageCall").map((e) => Number(e["bankrupt"]))).to.deep.equal(worstFirst());
      expect((await readPositions(v)).size).equal(0);
    });

    it("between two of them the market stays insolvent: the winner cannot leave", async () => {
      const v = venue();
      await crash();
      await deleverage(v, []);
      await expect(dealer.exchange.removeMargin(1, USD, GAS)).to.be.revertedWithCustomError(
        v.exchange,
        "MarketInsolvent",
      );
      await expect(dealer.exchange.addMargin(1, USD, GAS)).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
      await expect(
        submit(dealer, { isBid: side === "long", tick: mirrored(side, 9_000), lots: 500, ioc: true, reduceOnly: true }),
      ).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
    });

    it("those of one cell first in, first out", async () => {
      const v = venue();
      const [a, b] = [trader(v, 5), trader(v, 6)];
      for (const t of [b, a]) {
        if (side === "long") await cross(v, t, dealer, { tick: 10_000, lots: 500, longLeverage: 50, shortLeverage: 2 });
        else await cross(v, dealer, t, { tick: 10_000, lots: 500, longLeverage: 2, shortLeverage: 50 });
      }
      await crash();
      const seen: number[] = [];
      for (let i = 0; i < 3; i++) seen.push(...(await bankruptOf(v, deleverage(v, []))));
      expect(seen).to.deep.equal(accountsOf([victims[0] as Trader, b, a]));
    });
  });
}
