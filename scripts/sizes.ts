// Prints the deployed size of every contract, and with --check compares them with snapshots/sizes.json and with EIP-170.
import { globSync, readFileSync, writeFileSync } from "node:fs";

const LIMIT = 24_576;
const SNAPSHOT = "snapshots/sizes.json";
/** A compiler or optimiser change may move a contract by this much without anybody having to look. */
const TOLERANCE = 0.02;

const sizes: Record<string, number> = {};
for (const file of globSync("artifacts/contracts/**/*.json").sort()) {
  if (file.includes("/mocks/") || file.includes("/interfaces/") || file.includes("build-info")) continue;
  const artifact = JSON.parse(readFileSync(file, "utf8")) as { contractName?: string; deployedBytecode?: string };
  if (!artifact.contractName || !artifact.deployedBytecode) continue;
  const bytes = (artifact.deployedBytecode.length - 2) / 2;
  if (bytes > 100) sizes[artifact.contractName] = bytes; // libraries without external functions are a stub
}

if (!process.argv.includes("--check")) {
  writeFileSync(SNAPSHOT, `${JSON.stringify(sizes, null, 2)}\n`);
  console.table(sizes);
} else {
  const before = JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Record<string, number>;
  const problems: string[] = [];
  for (const [name, bytes] of Object.entries(sizes)) {
    if (bytes > LIMIT) problems.push(`${name}: ${bytes} bytes, above the limit of ${LIMIT}`);
    const was = before[name];
    if (was === undefined) problems.push(`${name}: ${bytes} bytes, not in ${SNAPSHOT}`);
    else if (Math.abs(bytes - was) > was * TOLERANCE) problems.push(`${name}: ${bytes} bytes, was ${was}`);
  }
  for (const problem of problems) console.error(problem);
  console.log(`${Object.keys(sizes).length} contracts, largest ${Math.max(...Object.values(sizes))} bytes`);
  if (problems.length > 0) process.exit(1);
}
