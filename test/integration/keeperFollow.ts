/**
 * The keeper's copy of real markets, through reorganisations: whatever is taken back and done otherwise, it is what the Lens says, and what it
 * saves is what it goes on from.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { createStateStore } from "../../keeper/db/createStateStore.ts";
import { createFollower } from "../../keeper/state/createFollower.ts";
import { tipOf } from "../../keeper/state/world.ts";
import { keeperChain } from "../utils/keeperChain.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { randomStep, resolveAll } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, USD, type Venue } from "../utils/venue.ts";

const OPTIONS = { pageSize: 5, logRange: 10_000 };

async function step(v: Venue, random: Random, mark: number): Promise<number> {
  const next = await randomStep(v, random, mark, { step: 0.03, trades: 3, maxLeverage: 40 });
  if (random.chance(0.5)) await resolveAll(v);
  if (random.chance(0.4)) {
    const t = random.pick(v.traders);
    await t.exchange.setTopUp(1, random.int(0, 20_000), BigInt(random.int(1, 60)) * USD, GAS);
  }
  return next;
}

describe("The keeper's copy of the exchange", () => {
  const funding = { fundingCap: 20_000, impactNotional: 100n * USD, takerFeeRate: 450, makerFeeRate: 150 };
  const venue = useVenue({ traders: 10, markets: [funding] });
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-follow-"));
  after(() => rmSync(folder, { recursive: true }));

  for (const seed of [1, 2, 3]) {
    it(`is the Lens's after reorganisations of random depth, and after restarts (seed ${seed})`, async () => {
      const v = venue();
      const random = createRandom(seed);
      const chain = await keeperChain(v);
      const open = () => {
        const path = join(folder, `${seed}.sqlite`);
        const { chainId, deployment } = chain;
        const store = createStateStore({ path, chainId, exchange: deployment.exchange, everyBlocks: 1 });
        return { store, follower: createFollower(chain, { ...OPTIONS, resume: store.load }) };
      };
      let { store, follower } = open();
      let mark = 10_000;
      const seen = { rolledBack: 0, resumed: 0, snapshots: 0, events: 0 };
      for (let i = 0; i < 4; i++) mark = await step(v, random, mark);
      for (let round = 0; round < 12; round++) {
        const before = mark;
        const fork = random.chance(0.6) ? await v.connection.networkHelpers.takeSnapshot() : undefined;
        mark = await step(v, random, mark);
        await look(`round ${round}, one way`);
        if (fork !== undefined) {
          await fork.restore();
          mark = await step(v, random, before);
        }
        if (fork === undefined || random.chance(0.15)) {
          store.close();
          ({ store, follower } = open());
        }
        await look(`round ${round}, the other`);
      }
      store.close();
      expect(seen.rolledBack, "blocks taken back").greaterThan(10);
      expect(seen.resumed, "resumed").greaterThan(0);
      expect(seen.events, "events").greaterThan(100);

      async function look(label: string): Promise<void> {
        const advance = await follower.advance();
        store.save(advance);
        seen.rolledBack += advance.rolledBack;
        seen.events += advance.events.length;
        if (advance.resumed === true) seen.resumed++;
        const differences = await follower.reconcile();
        expect(differences, `${label}, block ${tipOf(advance.world).number}`).to.deep.equal([]);
      }
    });
  }
});
