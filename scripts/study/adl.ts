/**
 * `npm run -s study:adl [-- --json]`: the ranking policies on one real auto-deleveraging event, beside what the venue did. The data are not
 * part of the project: PLIMSOLL_DATA names their folder.
 */
import { join } from "node:path";
import { type Measure, measure } from "./adl/measure.ts";
import { POLICIES } from "./adl/policies.ts";
import { readEvent, StudyError } from "./adl/readEvent.ts";

const FILE = "hl_adl_AVAX_wave1_20251010_211604.csv";
/** The venue's mark at 21:16:04.831 UTC (README beside the data). */
const MARK = 22.025;
/** Parts of what the venue closed. */
const PARTS = [0.05, 0.25, 1] as const;

export function study(folder: string): readonly { readonly part: number; readonly rows: readonly Measure[] }[] {
  const event = readEvent(join(folder, FILE), MARK);
  const venue = event.candidates.reduce((sum, { closedByVenue }) => sum + closedByVenue, 0n);
  return PARTS.map((part) => {
    const lots = part === 1 ? venue : BigInt(Math.round(Number(venue) * part));
    const rows = POLICIES.map(({ name, close }) => measure(name, event, close(event, lots)));
    const real = measure(
      "what the venue did",
      event,
      event.candidates.map(({ closedByVenue }) => closedByVenue),
    );
    return { part, rows: part === 1 ? [...rows, real] : rows };
  });
}

function main(args: readonly string[]): number {
  const unknown = args.find((arg) => arg !== "--json");
  if (unknown !== undefined) throw new StudyError(`unknown flag ${unknown}; known is --json`);
  const folder = process.env["PLIMSOLL_DATA"];
  if (folder === undefined || folder === "")
    throw new StudyError("PLIMSOLL_DATA is not set: the folder of the event's data");
  const result = study(folder);
  process.stdout.write(
    args.includes("--json") ? `${JSON.stringify(result)}\n` : `${result.map(toText).join("\n\n")}\n`,
  );
  return 0;
}

function toText({ part, rows }: { readonly part: number; readonly rows: readonly Measure[] }): string {
  const head =
    "| policy | touched | wiped out | highest leverage left | leverage of all | Herfindahl | top 10 | Gini | highest haircut |";
  const lines = rows.map((r) => {
    const cells = [r.highestLeverage, r.leverage, r.herfindahl, r.top10, r.gini].map((value) => value.toFixed(3));
    return `| ${r.policy} | ${r.touched} | ${r.wipedOut} | ${cells.join(" | ")} | ${(r.highestHaircut * 100).toFixed(2)} % |`;
  });
  return [`${part * 100} % of what the venue closed`, "", head, "|---|---|---|---|---|---|---|---|---|", ...lines].join(
    "\n",
  );
}

if (import.meta.main) {
  try {
    process.exitCode = main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof StudyError)) throw error;
    process.stderr.write(`study:adl: ${error.message}\n`);
    process.exitCode = 1;
  }
}
