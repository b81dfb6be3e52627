// Runs every test suite, one after the other, and ends with one line: N passed, N failed.
import { spawn } from "node:child_process";
import { globSync } from "node:fs";

interface Suite {
  name: string;
  command: string[];
  /** How the runner reports its counts. */
  passed: RegExp;
  failed: RegExp;
}

/** Called by its path: npx inside npx takes the outer one's arguments for its own. */
const HARDHAT = "node_modules/.bin/hardhat";

const mocha = { passed: /^\s*(\d+) passing/m, failed: /^\s*(\d+) failing/m };
const nodeTest = { passed: /^(?:ℹ|#) pass (\d+)/m, failed: /^(?:ℹ|#) fail (\d+)/m };
const chainTests = globSync("test/{unit,integration,attack,vectors,gas}/**/*.ts").sort();

const suites: Suite[] = [
  { name: "build", command: [HARDHAT, "build"], passed: /$^/, failed: /$^/ },
  {
    name: "keeper and scripts",
    command: ["node", "--test", "--test-reporter=spec", "test/keeper/**/*.test.ts", "test/demo/**/*.test.ts"],
    ...nodeTest,
  },
  { name: "browser", command: ["node", "--test", "--test-reporter=spec", "test/browser/**/*.test.ts"], ...nodeTest },
  { name: "contracts", command: [HARDHAT, "test", "mocha", ...chainTests], ...mocha },
  { name: "fuzz and invariants", command: [HARDHAT, "test", "solidity"], ...mocha },
];

let passed = 0;
let failed = 0;
for (const suite of suites) {
  console.log(`\n== ${suite.name}`);
  const { code, output } = await run(suite.command);
  const suiteFailed = Number(suite.failed.exec(output)?.[1] ?? 0);
  passed += Number(suite.passed.exec(output)?.[1] ?? 0);
  // a suite that dies without a count has failed, whatever it printed
  failed += code !== 0 && suiteFailed === 0 ? 1 : suiteFailed;
  if (suite.name === "build" && code !== 0) break;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/** Runs a command, shows its output as it comes, and returns it with the exit code. */
function run([file = "", ...args]: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      process.stdout.write(chunk);
    });
    child.on("error", (error) => resolve({ code: 1, output: `${output}\n${error.message}` }));
    // colours would hide the counts from the patterns
    child.on("close", (code) => resolve({ code: code ?? 1, output: stripColours(output) }));
  });
}

function stripColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what a colour code begins with
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}
