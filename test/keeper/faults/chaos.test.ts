/**
 * Random faults, crashes and reorganisations; then they stop, and everything must be as if they had never been. A failing run prints its seed:
 *
 *     SEED=123 node --test test/keeper/faults/chaos.test.ts
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../helpers/random.ts";
import { createFleet } from "./helpers/createFleet.ts";
import { createNode, type Fault } from "./helpers/createNode.ts";

type Weights = {
  /** Per thousand requests. */
  readonly faults?: Partial<Record<Fault, number>>;
  /** Per thousand crash points passed. */
  readonly crash?: number;
  /** Per thousand blocks. */
  readonly reorg?: number;
  readonly forget?: boolean;
  /** Per thousand transactions and looks of miners at them. */
  readonly ignore?: number;
  readonly keepers?: number;
  readonly competitor?: boolean;
};

const SCENARIOS: Record<string, Weights> = {
  "R1 R16: requests fail, and answers are lost": { faults: { drop: 80, http503: 40, internal: 40, lostAnswer: 80 } },
  "R3 R4: the endpoint answers from behind": { faults: { stale: 200 } },
  "R6 R8: reorganisations within and beyond the confirmations": { reorg: 200, competitor: true },
  "R6 R15: reorganisations whose transactions are forgotten": { reorg: 200, forget: true },
  "R12: miners leave transactions lying": { ignore: 600 },
  "R17: transactions are taken and dropped": { faults: { swallow: 300, noReceipt: 100 } },
  "R18 R33: dies everywhere": { crash: 200 },
  "R21: three keepers and a competitor": { keepers: 3, competitor: true },
  "R40: everything at once, three keepers": {
    faults: { drop: 20, http503: 10, internal: 10, lostAnswer: 20, stale: 20, swallow: 20, noReceipt: 20 },
    crash: 30,
    reorg: 50,
    forget: true,
    ignore: 100,
    keepers: 3,
    competitor: true,
  },
};

const RUNS = Number(process.env["CHAOS_RUNS"] ?? 3);
const BLOCKS = 60;
/** Within this many blocks after the faults stop everything is done (I4). */
const RECOVERY = 20;
const FINAL = 8;

const given = process.env["SEED"];
const seeds = given === undefined ? Array.from({ length: RUNS }, (_, i) => 1_000 + i) : [Number(given)];

for (const [name, weights] of Object.entries(SCENARIOS)) {
  test(name, async () => {
    for (const seed of seeds) {
      try {
        await run(seed, weights);
      } catch (cause) {
        const again = `SEED=${seed} node --test --test-name-pattern='${name}' test/keeper/faults/chaos.test.ts`;
        throw new Error(`again with: ${again}\n${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    }
  });
}

async function run(seed: number, weights: Weights): Promise<void> {
  const random = createRandom(seed);
  let calm = false;
  const draws = (perMille: number | undefined) => !calm && perMille !== undefined && random.below(1_000) < perMille;
  const faults = Object.entries(weights.faults ?? {}) as [Fault, number][];
  const node = createNode({
    fault: (method) => {
      const found = faults.find(([, perMille]) => draws(perMille))?.[0] ?? "none";
      if (found === "swallow" && method !== "eth_sendRawTransaction") return "none";
      return found;
    },
    ignores: () => draws(weights.ignore),
  });
  const work = new Set<number>();
  const eligible = () => {
    const done = node.done();
    return [...work].filter((account) => !done.has(account));
  };
  const fleet = createFleet(node, eligible, {
    keepers: weights.keepers ?? 1,
    jitterMs: weights.keepers === undefined ? 0 : 500,
    crash: () => draws(weights.crash),
  });
  try {
    node.mine(3);
    for (let i = 0; i < BLOCKS; i++) {
      if (random.below(3) === 0) work.add(i + 1);
      await fleet.block();
      const [first] = eligible();
      if (weights.competitor === true && first !== undefined && random.below(4) === 0) node.others.add(first);
      if (draws(weights.reorg)) node.reorg(random.below(5) + 1, weights.forget === true && random.below(2) === 0);
    }
    calm = true;
    // what is left alone for a while after failures is not left alone for ever
    for (let i = 0; i < RECOVERY; i++) {
      fleet.pass(60_000);
      await fleet.block();
    }
    assert.deepEqual(eligible(), [], "I4: not everything is done");
    for (let i = 0; i < FINAL; i++) await fleet.block();
    for (const keeper of fleet.keepers) {
      // given up and in nobody's mempool, it does not take a nonce: the next plan does
      const taken = (hash: string) => [...node.pool.keys()].some((one) => one === hash);
      const watched = keeper
        .journal()
        .watched()
        .filter(({ status, attempts }) => status !== "abandoned" || attempts.some(({ hash }) => taken(hash)));
      const text = watched.map(
        ({ id, nonce, status, attempts }) => `${id} (nonce ${nonce}, ${status}, ${attempts.length} attempts)`,
      );
      assert.deepEqual(text, [], `I2: something is still open; the chain's nonce is ${node.nonceOf(keeper.address)}`);
    }
    if (process.env["DUMP"])
      for (const k of fleet.keepers)
        console.log(
          k.crashes(),
          k
            .journal()
            .list(99)
            .map((i) => `${i.id} n${i.nonce} ${i.status} ${i.attempts.length} ${i.mined?.block}`)
            .join("\n"),
        );
    fleet.check();
  } finally {
    fleet.close();
  }
}
