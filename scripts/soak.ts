// `npm run soak [-- --blocks 10000 --seed 1 --json]`: three keepers, all faults at low rates, invariants checked. Prints the seed. Ends with 1 when
// an invariant did not hold.
import { parseArgs } from "node:util";
import { killChildren, killChildrenOnExit } from "./demo/chain/children.ts";
import { runSoak } from "./soak/runSoak.ts";

const { values } = parseArgs({
  options: {
    blocks: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    minutes: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});
const [blocks, seed, minutes] = [values.blocks, values.seed, values.minutes].map(Number) as [number, number, number];
killChildrenOnExit();
console.error(`soak: SEED ${seed}, ${blocks} blocks; again with: npm run soak -- --seed ${seed} --blocks ${blocks}`);
const result = await runSoak({
  blocks,
  seed,
  keepers: 3,
  mostMs: minutes * 60_000,
  say: (line) => console.error(`soak: ${line}`),
});
killChildren();
console.log(JSON.stringify(result, null, values.json ? undefined : 2));
process.exit(result.broken.length === 0 ? 0 : 1);
