// `npm run -s bench:keeper:race [-- --seeds 5 --way 25 --json]`: three keepers on one market, without faults and with 5 % of requests failing.
//
// blocksToResolveP99: blocks from the one after which work was due to the one in which it was done. wastedTxRatio: keepers' transactions that
// did nothing, out of all of theirs in blocks. Of several seeds the worst run counts, and all are told. `--way`: milliseconds from a keeper to its endpoint.
import { parseArgs } from "node:util";
import { killChildren } from "../../demo/chain/children.ts";
import { measureRace, type RaceResult } from "./measureRace.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1" },
    way: { type: "string", default: "0" },
    json: { type: "boolean", default: false },
  },
});
const common = { keepers: 3, pairs: 40, gap: 0.03, blockMs: 700, wayMs: Number(values.way) };
const [calm, faulty]: [RaceResult[], RaceResult[]] = [[], []];
for (let seed = 1; seed <= Number(values.seeds); seed++) {
  for (const [runs, faultPerMille] of [
    [calm, 0],
    [faulty, 50],
  ] as const) {
    runs.push(await measureRace({ ...common, seed, faultPerMille }));
    killChildren();
  }
}

const worst = (runs: readonly RaceResult[], of: (run: RaceResult) => number) => Math.max(...runs.map(of));
const figures = {
  "keeper.race.blocksToResolveP99.noFaults": worst(calm, (run) => run.blocksToResolve.p99),
  "keeper.race.blocksToResolveP99.rpcFaults5Percent": worst(faulty, (run) => run.blocksToResolve.p99),
  "keeper.race.wastedTxRatio.threeKeepers": Number(worst(calm, (run) => run.wastedTxRatio).toFixed(4)),
};
if (values.json) console.log(JSON.stringify({ figures, calm, faulty }, null, 2));
else {
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(52)} ${value}`);
  console.log(JSON.stringify({ calm, faulty }, null, 2));
}
process.exit(0);
