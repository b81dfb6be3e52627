/**
 * R40, I1 to I8: the short version of `npm run soak`. Again with SEED=n; more reorganisations than there.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { killChildren } from "../../../scripts/demo/chain/children.ts";
import { runSoak } from "../../../scripts/soak/runSoak.ts";

const SEED = Number(process.env["SEED"] ?? 40);

after(killChildren);

test(`behavior: R40: three keepers, all faults at low rates, 300 blocks, SEED=${SEED}`, async (t) => {
  const { broken, reorgs, kills, counts, rssMb } = await runSoak({
    blocks: 300,
    seed: SEED,
    keepers: 3,
    reorgsPerMille: 40,
  });
  t.diagnostic(JSON.stringify({ reorgs, kills, rssMb }));
  assert.deepEqual(broken, []);
  const effective = counts.reduce((sum, one) => sum + (one["attempt effective"] ?? 0), 0);
  assert.ok(
    effective > 0 && reorgs > 0,
    `a quiet run tests nothing: ${effective} effective, ${reorgs} reorganisations`,
  );
});
