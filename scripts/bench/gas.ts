// Gas of whole transactions on the contracts as deployed: `npm run -s bench:gas -- --json` prints one flat object, key → number.
import { network } from "hardhat";
import { measureBook } from "./measureBook.ts";
import { measureDeleverage } from "./measureDeleverage.ts";

const json = process.argv.includes("--json") || process.env.BENCH_JSON === "1";
const positions = Number(process.env.BENCH_POSITIONS ?? "10000");

const results: Record<string, number> = {};
for (const measure of [measureBook, (c: Parameters<typeof measureBook>[0]) => measureDeleverage(c, positions)]) {
  const connection = await network.create({ override: { blockGasLimit: 60_000_000n } });
  Object.assign(results, await measure(connection));
  await connection.close();
}
if (json) console.log(JSON.stringify(results));
else console.table(results);
