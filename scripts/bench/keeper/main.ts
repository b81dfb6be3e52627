/**
 * `npm run -s bench:keeper [-- --json] [-- --quick]`: the keeper's state at a million positions: ranking against sorting, events a second,
 * from a price to a plan, and a restart from the local database. `--quick` takes 20,000.
 */
import { measureIngest } from "./measureIngest.ts";
import { measurePlan } from "./measurePlan.ts";
import { measureRank } from "./measureRank.ts";
import { measureResume } from "./measureResume.ts";

const FLAGS = ["--json", "--quick"];
const unknown = process.argv.slice(2).find((flag) => !FLAGS.includes(flag));
if (unknown !== undefined) {
  console.error(`bench:keeper: unknown flag ${unknown}; known are --json and --quick (20,000 positions)`);
  process.exit(1);
}
const quick = process.argv.includes("--quick");
const size = quick ? 20_000 : 1_000_000;
const result = {
  ...measureIngest(quick ? 10_000 : 100_000, quick ? 20 : 100, 80),
  ...measurePlan(quick ? 10_000 : 100_000, quick ? 200 : 1_000),
  ...measureResume(size),
  ...measureRank(size),
};
if (process.argv.includes("--json")) console.log(JSON.stringify(result));
else for (const [key, value] of Object.entries(result)) console.log(`${key.padEnd(36)}${value}`);
