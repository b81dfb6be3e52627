/**
 * The glossary of the exchange's errors in docs/keeper.md, as `keeper config docs` prints it.
 */
import { ERROR_TABLE } from "../exec/errorTable.ts";

export function glossary(): string {
  const entries = Object.entries(ERROR_TABLE);
  const met = entries.filter(([, [, meaning]]) => !meaning.startsWith("Only "));
  const foreign = entries.filter(([, [, meaning]]) => meaning.startsWith("Only ")).map(([name]) => `\`${name}\``);
  return [
    "| error | class | meaning |",
    "|---|---|---|",
    ...met.map(([name, [kind, meaning]]) => `| \`${name}\` | ${kind} | ${meaning} |`),
    "",
    `Calls that no keeper makes revert with ${foreign.join(", ")}. Seen in a keeper's log, any of them is a defect (\`unexpected\`), like a panic or an error that is not the exchange's.`,
    "",
  ].join("\n");
}
