// `npm run -s bench:gas -- --json`: runs the gas bench inside Hardhat, whose own flags do not mix with ours.
import { spawnSync } from "node:child_process";

const FLAGS = ["--json", "--check", "--quick", "--adl"];
const HELP =
  "known are --json, --quick (1,000 positions), --check (against the snapshot), --adl (only the rank index and deleveraging) and --trace=KEY,… or --trace=all (where the gas went)";

const flags = process.argv.slice(2);
const trace = flags.find((flag) => flag.startsWith("--trace="))?.slice("--trace=".length);
const unknown = flags.filter((flag) => !FLAGS.includes(flag) && !flag.startsWith("--trace="));
if (unknown.length > 0) {
  console.error(`bench:gas: unknown flag ${unknown[0]}; ${HELP}`);
  process.exit(1);
}
const [json, check, quick, adl] = FLAGS.map((flag) => flags.includes(flag));
const run = spawnSync("node_modules/.bin/hardhat", ["run", "scripts/bench/gas.ts"], {
  stdio: ["ignore", "inherit", json ? "ignore" : "inherit"],
  env: {
    ...process.env,
    ...(json ? { BENCH_JSON: "1" } : {}),
    ...(check ? { BENCH_CHECK: "1" } : {}),
    ...(adl ? { BENCH_ADL: "1" } : {}),
    ...(trace ? { BENCH_TRACE: trace } : {}),
    // a breakdown does not depend on how many others there are
    ...(quick || trace ? { BENCH_POSITIONS: "1000" } : {}),
  },
});
process.exit(run.status ?? 1);
