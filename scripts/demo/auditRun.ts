/**
 * Every deleveraging call of the run, judged again from logs alone: what `npm run adl:audit -- --all` does, on the demo's own chain.
 */
import { auditHistory } from "../../keeper/audit/auditHistory.ts";
import { readHistory } from "../../keeper/audit/readHistory.ts";
import type { Context } from "./context.ts";
import type { Progress } from "./report/createProgress.ts";

/** @returns What does not fit, a line each. */
export async function auditRun({ chain, addresses, markets }: Context, progress: Progress): Promise<string[]> {
  const { number: toBlock } = await chain.head();
  const range = { exchange: addresses.exchange, fromBlock: 0n, toBlock, range: 10_000n };
  const verdicts = await auditHistory({ transactions: readHistory(chain.client, range) });
  const wrong = verdicts.filter(({ right }) => !right);
  const counted = ["deleverage", "sweep", "preventive"].map(
    (kind) => `${verdicts.filter((verdict) => verdict.kind === kind).length} ${kind}`,
  );
  progress.say(
    `adl:audit: ${verdicts.length - wrong.length} of ${verdicts.length} calls correct (${counted.join(", ")})`,
  );
  return wrong.map(({ market, block, account, findings }) => {
    const name = markets.find(({ id }) => id === market)?.name ?? `market ${market}`;
    return `adl:audit: ${name}, block ${block}, account ${account}: ${findings.join("; ")}`;
  });
}
