/**
 * Verdicts as people read them.
 */
import type { CallVerdict } from "../../keeper/audit/types.ts";
import type { Difference } from "../../keeper/audit/wrongedAndSpared.ts";

export type MarketNames = ReadonlyMap<number, string>;

export function toText(verdicts: readonly CallVerdict[], names: MarketNames): string {
  const wrong = verdicts.filter(({ right }) => !right).length;
  const last =
    wrong === 0
      ? `${verdicts.length} of ${verdicts.length} calls: correct`
      : `${wrong} of ${verdicts.length} calls: WRONG`;
  return [...verdicts.map((verdict) => describe(verdict, names)), last].join("\n");
}

function describe(verdict: CallVerdict, names: MarketNames): string {
  const { kind, block, transaction, market, account, isLong, lots, sweptLots, counterparties, price, mark } = verdict;
  const what = kind === "preventive" ? "reduced at the mark" : kind === "sweep" ? "closed in the book" : "deleveraged";
  const book = sweptLots > 0n ? `, ${sweptLots} lots in the book` : "";
  const against = kind === "sweep" ? "" : `, ${lots} lots against ${counterparties} counterparties at ${atoms(price)}`;
  const head = `${names.get(market) ?? `market ${market}`} block ${block} ${transaction}: account ${account} (${isLong ? "long" : "short"}) ${what}${book}${against}, mark ${atoms(mark)}: ${verdict.right ? "correct" : "WRONG"}`;
  return [
    head,
    ...verdict.findings.map((finding) => `  ${finding}`),
    ...verdict.spared.map((one) => `  account ${one.account} ${spared(one)}`),
    ...verdict.wronged.map((one) => `  account ${one.account} ${wronged(one)}`),
  ].join("\n");
}

function spared({ lots, amount }: Difference): string {
  const kept = `it kept ${quote(amount)} more than the rules leave it`;
  return lots > 0n ? `should have been closed and was not: ${lots} lots, ${kept}` : `was favoured: ${kept}`;
}

function wronged({ lots, amount }: Difference): string {
  const lost = `it lost ${quote(amount)} more than the rules ask of it`;
  return lots > 0n
    ? `was wronged: ${lots} lots were closed that were not its to give, ${lost}`
    : `was wronged: ${lost}`;
}

/** X16 as quote atoms a lot. */
function atoms(x16: bigint): string {
  return `${(Number(x16) / 65_536).toLocaleString("en-US", { maximumFractionDigits: 3 })} atoms a lot`;
}

function quote(amount: bigint): string {
  return `${(Number(amount) / 1e6).toLocaleString("en-US", { maximumFractionDigits: 6 })} quote`;
}
