/**
 * One run of the demo, from an empty chain to a report.
 */
import { auditRun } from "./auditRun.ts";
import type { DemoFlags } from "./cli/readFlags.ts";
import { closeEverything } from "./closing/closeEverything.ts";
import { type Catalogue, createCatalogue, type InvariantId } from "./invariants/catalogue.ts";
import { createAuditor } from "./invariants/createAuditor.ts";
import type { Tally } from "./invariants/tally.ts";
import type { KeeperProcess } from "./keeper/startKeeper.ts";
import { announcePage, stay } from "./keeper/stay.ts";
import type { PricePath } from "./path/pricePath.ts";
import type { Progress } from "./report/createProgress.ts";
import type { DemoResult } from "./report/demoResult.ts";
import { invariantText } from "./report/invariantText.ts";
import { setUp } from "./setUp.ts";
import { fundAccounts } from "./traders/fundAccounts.ts";
import { type WalkResult, walkPath } from "./walkPath.ts";

/** Dollars staked in the insurance fund, an account: little enough that an evening like this one uses it up. */
const STAKE_PER_ACCOUNT = 5;

export async function run(flags: DemoFlags, path: PricePath, progress: Progress): Promise<DemoResult> {
  const started = performance.now();
  progress.say(`${path.name}: ${path.steps.length} steps, ${flags.accounts} accounts, seed ${flags.seed}`);
  const { context, keepers } = await setUp(flags, path);
  if (flags.ui) await announcePage(keepers, progress);
  await fundAccounts(context, STAKE_PER_ACCOUNT * flags.accounts);

  const catalogue = createCatalogue();
  const auditor = createAuditor(context, catalogue);
  const walk = await walkPath({ context, keepers, auditor, catalogue, path, seed: flags.seed, progress });
  if (flags.ui) {
    progress.done();
    progress.say(`\n${verdictSoFar(catalogue, auditor.tally, walkProblems(walk, keepers))}\n`);
    await stay(context, keepers, walk.prices, progress);
  }
  for (const keeper of keepers) keeper.stop();
  progress.done();
  progress.say("Everything is closed, cancelled and withdrawn.");
  const closed = await closeEverything(context, auditor, catalogue, walk.prices);

  const audited = flags.audit ? await auditRun(context, progress) : [];
  const problems = [...closed.problems, ...audited, ...walkProblems(walk, keepers)];
  return {
    flags,
    path,
    context,
    keepers,
    tally: auditor.tally,
    replay: auditor.replay,
    catalogue,
    invariants: catalogue.results(notExercised(auditor.tally)),
    staleProbes: walk.staleProbes,
    refused: walk.refused,
    forecast: walk.forecast,
    closed,
    problems,
    blocks: (await context.chain.head()).number,
    seconds: (performance.now() - started) / 1000,
  };
}

function walkProblems({ staleProbes }: WalkResult, keepers: readonly KeeperProcess[]): string[] {
  return [
    ...staleProbes
      .filter(({ answer, expected }) => answer !== expected)
      .map(({ call, answer }) => `stale oracle: ${call} was answered with ${answer}`),
    ...keepers.flatMap((keeper) => keeper.troubles().map((trouble) => `${keeper.name}: ${trouble}`)),
  ];
}

/** For who looks at the page: positions stay open, so nothing is said about leaving. */
function verdictSoFar(catalogue: Catalogue, tally: Tally, problems: readonly string[]): string {
  const invariants = catalogue.results(notExercised(tally));
  const isBroken = problems.length > 0 || Object.values(invariants).includes(false);
  return [
    invariantText(catalogue, invariants),
    ...problems.map((problem) => `PROBLEM  ${problem}`),
    isBroken ? "BROKEN: see above." : "The path is walked, and every invariant held. Positions stay open.",
  ].join("\n\n");
}

/** A path on which nobody was deleveraged says nothing about deleveraging, and that is no fault of it. */
function notExercised(tally: Tally): InvariantId[] {
  const { liquidations } = tally.totals();
  const calls = tally.calls();
  return [
    ...(calls.length === 0 ? (["IDX-2", "ADL-1", "ADL-2", "ADL-3"] as const) : []),
    ...(calls.some(({ counterparties }) => counterparties.length > 1) ? [] : (["ADL-4"] as const)),
    ...(liquidations === 0 ? (["LIQ-2"] as const) : []),
  ];
}
