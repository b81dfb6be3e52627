// Gas of whole transactions on the contracts as deployed, one flat object, key → number. Started by main.ts.
import { readFileSync, writeFileSync } from "node:fs";
import { network } from "hardhat";
import { measureBook } from "./measureBook.ts";
import { measureClearing } from "./measureClearing.ts";
import { measureDeleverage } from "./measureDeleverage.ts";
import { measureIndex } from "./measureIndex.ts";
import { createTracer } from "./trace/createTracer.ts";

const positions = Number(process.env.BENCH_POSITIONS ?? "10000");
const snapshotFile = "snapshots/gas.json";
/** Gas is exact for a given compiler; the tolerance is for a new one. */
const TOLERANCE = 0.02;

const TRADED = [measureBook, measureClearing];
const RANKED = [measureIndex, measureDeleverage];

const results: Record<string, number> = {};
for (const measure of process.env.BENCH_ADL ? RANKED : [...TRADED, ...RANKED]) {
  const override =
    measure === measureIndex
      ? { blockGasLimit: 2_000_000_000n, transactionGasCap: false as const }
      : { blockGasLimit: 60_000_000n };
  const connection = await network.create({ override });
  Object.assign(results, await measure(connection, positions, createTracer(connection, process.env.BENCH_TRACE)));
  await connection.close();
}
if (process.env.BENCH_TRACE) process.exit(0);
if (process.env.BENCH_JSON) console.log(JSON.stringify(results));
else console.table(results);
if (process.env.BENCH_CHECK) compare(results);
else if (process.env.BENCH_UPDATE)
  writeFileSync(snapshotFile, `${JSON.stringify({ ...read(), ...results }, null, 2)}\n`);

function read(): Record<string, number> {
  return JSON.parse(readFileSync(snapshotFile, "utf8")) as Record<string, number>;
}

/** Every measured key must be in the snapshot, within the tolerance. */
function compare(measured: Record<string, number>): void {
  const before = read();
  const problems = Object.entries(measured).flatMap(([key, gas]) => {
    const was = before[key];
    if (was === undefined) return [`${key}: ${gas} gas, not in ${snapshotFile}`];
    return Math.abs(gas - was) > was * TOLERANCE ? [`${key}: ${gas} gas, was ${was}`] : [];
  });
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
}
