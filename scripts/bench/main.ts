// `npm run -s bench:gas -- --json`: runs the gas bench inside Hardhat, whose own flags do not mix with ours.
import { spawnSync } from "node:child_process";

const json = process.argv.includes("--json");
const check = process.argv.includes("--check");
const quick = process.argv.includes("--quick");
const unknown = process.argv.slice(2).filter((flag) => !["--json", "--check", "--quick"].includes(flag));
if (unknown.length > 0) {
  console.error(
    `bench:gas: unknown flag ${unknown[0]}; known are --json, --quick (1,000 positions) and --check (against the snapshot)`,
  );
  process.exit(1);
}
const run = spawnSync("node_modules/.bin/hardhat", ["run", "scripts/bench/gas.ts"], {
  stdio: ["ignore", "inherit", json ? "ignore" : "inherit"],
  env: {
    ...process.env,
    ...(json ? { BENCH_JSON: "1" } : {}),
    ...(check ? { BENCH_CHECK: "1" } : {}),
    ...(quick ? { BENCH_POSITIONS: "1000" } : {}),
  },
});
process.exit(run.status ?? 1);
