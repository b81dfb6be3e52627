/**
 * The invariant catalogue as a table, with what is broken below it.
 */
import { type Catalogue, IDS, type InvariantId, MEANINGS } from "../invariants/catalogue.ts";
import { table } from "./table.ts";

/** Of each broken invariant, this many cases are told. */
const SHOWN = 5;

export function invariantText(catalogue: Catalogue, held: Readonly<Record<InvariantId, boolean>>): string {
  const rows = IDS.map((id) => {
    const { checks: count } = catalogue.verdict(id);
    const [meaning, when] = MEANINGS[id];
    const verdictOf = held[id] ? (count === 0 ? "nothing to check" : "held") : "BROKEN";
    return [id, verdictOf, count.toLocaleString("en-US"), meaning, when];
  });
  const broken = IDS.flatMap((id) =>
    catalogue
      .verdict(id)
      .broken.slice(0, SHOWN)
      .map((problem) => `  ${id}: ${problem}`),
  );
  return [table("INVARIANTS", ["id", "", "checks", "what", "when"], rows), ...broken].join("\n");
}
