/** ADL-3 and ADL-4 with insurance and a book: the limit follows what is left of the cover, however a deleveraging is cut. */
import { expect } from "chai";
import { accountsOf, type Crash, deleverage, mirrored, openCrash, type Side } from "../utils/crash.ts";
import { place } from "../utils/orders.ts";
import { createRandom } from "../utils/random.ts";
import { attempt } from "../utils/randomMarket.ts";
import { fingerprint } from "../utils/scenarios.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, named, setTick, type Trader, trader, USD } from "../utils/venue.ts";

for (const side of ["long", "short"] as const satisfies Side[]) {
  describe(`Book with insurance before ADL: a bankrupt ${side}`, () => {
    let crash: Crash;
    // the fund can pay 10: 100 ticks on 10,000 lots
    const venue = useVenue({ traders: 12, markets: [{ maturity: 0 }] }, async (v) => {
      const { signer } = trader(v, 11);
      await v.deployed.collateral.mint(signer.address, 11n * USD);
      await v.deployed.collateral.connect(signer).approve(v.deployed.insuranceFundAddress, 11n * USD);
      await v.fund.connect(signer).deposit(11n * USD, signer.address);
      crash = await openCrash(v, side);
    });
    const rest = (t: Trader, tick: number, lots: number) =>
      place(venue(), t, { isBid: side === "long", tick: mirrored(side, tick), lots, leverage: 2 });
    const ranked = () => accountsOf(crash.counterparties);

    it("ADL-3: what a good fill leaves of the cover reaches further into the book", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_790, 5_000); // draws 0.5 and leaves 9.5 for 5,000 lots: 190 ticks
      await rest(trader(v, 8), 9_650, 5_000); // 150 ticks worse than X
      await setTick(v, crash.crashed);
      const events = await eventsOf(v, deleverage(v, []));
      expect(named(events, "AutoDeleveraged"), "ADL-3: the book could absorb these").to.have.length(0);
      expect((await readPositions(v)).get(crash.victim.account)).equal(undefined);
    });

    it("ADL-4: cut after the first counterparty, the second call finds nothing more in the book", async () => {
      const v = venue();
      await rest(trader(v, 7), 9_790, 3_000);
      await rest(trader(v, 8), 9_670, 3_000);
      await setTick(v, crash.crashed);
      const start = await v.connection.networkHelpers.takeSnapshot();
      await deleverage(v, []);
      const whole = await fingerprint(v);
      await start.restore();
      await attempt(() => deleverage(v, ranked().slice(0, 1)));
      await attempt(() => deleverage(v, []));
      expect(await fingerprint(v), "ADL-4").to.deep.equal(whole);
    });

    it("ADL-3 and ADL-4 on random books", async () => {
      const v = venue();
      const random = createRandom(side === "long" ? 41 : 42);
      const fresh = await v.connection.networkHelpers.takeSnapshot();
      for (let run = 0; run < 25; run++) {
        for (let i = random.int(1, 6); i > 0; i--) {
          await rest(trader(v, 6 + random.int(0, 4)), random.int(9_560, 9_830), random.int(100, 3_000));
        }
        await setTick(v, mirrored(side, random.int(9_500, 9_760)));
        const start = await v.connection.networkHelpers.takeSnapshot();
        const events = await eventsOf(v, deleverage(v, []));
        const whole = await fingerprint(v);
        const taken = named(events, "AutoDeleveraged").length;
        await start.restore();
        for (let i = 0; i < taken; i++) {
          const cut = await eventsOf(v, deleverage(v, [], { maxCounterparties: 1 }));
          if (i > 0) expect(named(cut, "BankruptcySwept"), `ADL-3: run ${run}, swept after ADL`).to.have.length(0);
        }
        if (taken === 0) await deleverage(v, []);
        expect(await fingerprint(v), `ADL-4: run ${run}`).to.deep.equal(whole);
        await fresh.restore();
      }
    });
  });
}
