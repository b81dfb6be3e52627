// `npm run -s bench:keeper:race [-- --json]`: three keepers on one market, without faults and with 5 % of requests failing.
//
// blocksToResolveP99: blocks from the one after which work was due to the one in which it was done. wastedTxRatio: keepers' transactions that
// did nothing, out of all of theirs in blocks.
import { killChildren } from "../../demo/chain/children.ts";
import { measureRace } from "./measureRace.ts";

const json = process.argv.includes("--json");
const common = { keepers: 3, pairs: 40, gap: 0.03, seed: 1, blockMs: 700, wayMs: 0 };
const calm = await measureRace({ ...common, faultPerMille: 0 });
killChildren();
const faulty = await measureRace({ ...common, faultPerMille: 50 });
killChildren();

const figures = {
  "keeper.race.blocksToResolveP99.noFaults": calm.blocksToResolve.p99,
  "keeper.race.blocksToResolveP99.rpcFaults5Percent": faulty.blocksToResolve.p99,
  "keeper.race.wastedTxRatio.threeKeepers": Number(calm.wastedTxRatio.toFixed(4)),
};
if (json) console.log(JSON.stringify({ figures, calm, faulty }, null, 2));
else {
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(52)} ${value}`);
  console.log(JSON.stringify({ calm, faulty }, null, 2));
}
process.exit(0);
