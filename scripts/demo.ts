/**
 * The demo: a local chain, a few hundred traders, a crash, a keeper, and a report that proves what happened. See --help.
 *
 * Exit code 0 when everything held, 1 when something is broken or was asked for wrongly.
 */
import { killChildren, killChildrenOnExit } from "./demo/chain/children.ts";
import { compileContracts } from "./demo/chain/compileContracts.ts";
import { DemoError } from "./demo/cli/demoError.ts";
import { type DemoFlags, readFlags, USAGE } from "./demo/cli/readFlags.ts";
import { octoberPath } from "./demo/path/october.ts";
import { pathFromBars } from "./demo/path/pathFromBars.ts";
import type { PricePath } from "./demo/path/pricePath.ts";
import { readBars } from "./demo/path/readBars.ts";
import { shockPath } from "./demo/path/shockPath.ts";
import { createProgress } from "./demo/report/createProgress.ts";
import { isBroken } from "./demo/report/demoResult.ts";
import { toJsonReport } from "./demo/report/toJsonReport.ts";
import { toTextReport } from "./demo/report/toTextReport.ts";
import { run } from "./demo/run.ts";

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const path = choosePath(flags);
  const progress = createProgress(process.stderr);
  killChildrenOnExit();
  await compileContracts(progress);
  const result = await run(flags, path, progress);
  killChildren();
  process.stdout.write(flags.json ? `${JSON.stringify(toJsonReport(result))}\n` : `\n${toTextReport(result)}`);
  return isBroken(result) ? 1 : 0;
}

function choosePath({ prices, shock, seed }: DemoFlags): PricePath {
  if (shock) return shockPath();
  return prices === undefined ? octoberPath(seed) : pathFromBars(readBars(prices), prices, seed);
}

main().then(
  (code) => finish(code),
  (error: unknown) => {
    const text =
      error instanceof DemoError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    // a progress bar may stand unfinished on the line
    process.stderr.write(`${process.stderr.isTTY ? "\n" : ""}demo: ${text}\n`);
    finish(1);
  },
);

/** Ends even where a socket would keep the process alive, but not before what was written is out: a pipe takes it piece by piece. */
function finish(code: number): void {
  process.exitCode = code;
  process.stdout.write("", () => process.exit(code));
}
