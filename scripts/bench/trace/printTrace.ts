// One transaction's gas as a table in Markdown: a row a storage word, then calls, logs and the rest.
import type { createSlotNames } from "./createSlotNames.ts";
import type { Touch, Trace } from "./traceTransaction.ts";

export function printTrace(title: string, trace: Trace, nameOf: ReturnType<typeof createSlotNames>): void {
  const rows: [string, string, number][] = trace.touches.map((touch) => [
    touch.foreign ? "(another contract's word)" : `\`${nameOf(touch.slot, trace.preimages)}\``,
    accessesOf(touch),
    touch.accesses.reduce((sum, access) => sum + access.gas, 0),
  ]);
  const add = (name: string, detail: string, gas: number) => rows.push([name, detail, gas]);
  const total = (items: readonly { gas: number }[]) => items.reduce((sum, item) => sum + item.gas, 0);
  add("logs", trace.logs.map((log) => `${log.bytes} bytes`).join(", "), total(trace.logs));
  add("calls", trace.calls.map((call) => call.kind.toLowerCase()).join(", "), total(trace.calls));
  add("hashing", "", trace.hashing);
  add("arithmetic and memory", "", trace.rest);
  add("intrinsic, with calldata", "", trace.intrinsic);
  add("refund", "", -trace.refund);
  console.log(
    `\n### ${title}: ${(trace.gas - trace.refund).toLocaleString("en")} gas\n\n| what | accesses | gas |\n|---|---|---|`,
  );
  for (const [name, detail, gas] of rows) console.log(`| ${name} | ${detail} | ${gas.toLocaleString("en")} |`);
}

/** The accesses that cost more than a warm read in full, the others as a count. */
function accessesOf({ accesses }: Touch): string {
  const dear = accesses.filter((access) => access.gas > 100);
  const cheap = accesses.length - dear.length;
  const parts = dear.map((access) => `${access.kind} ${access.gas.toLocaleString("en")}`);
  return [...parts, ...(cheap > 0 ? [`${cheap} × 100`] : [])].join(", ");
}
