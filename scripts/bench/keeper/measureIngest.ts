/**
 * Events a second from an endpoint's log objects to the state: validated against the block, decoded, applied with what it takes to undo them.
 */
import { decodeLogs } from "../../../keeper/chain/readEvents.ts";
import { validateLogs } from "../../../keeper/chain/validateLogs.ts";
import { applyBlock } from "../../../keeper/state/applyBlock.ts";
import type { World } from "../../../keeper/state/world.ts";
import { createRandom } from "../random.ts";
import { createLogs, EXCHANGE } from "./createLogs.ts";
import { createMarket, MARKET } from "./createMarket.ts";
import { stopwatch } from "./stopwatch.ts";
import { summary } from "./summary.ts";

export function measureIngest(accounts: number, blocks: number, trades: number) {
  const { uniform } = createRandom(21);
  const rates: { wall: number; cpu: number }[] = [];
  for (let run = 0; run < 4; run++) {
    const state = createMarket(accounts, uniform);
    const logged = createLogs(blocks, trades, accounts, state.sequence, uniform);
    const hash = logged[0]?.header.parentHash ?? "0x";
    const genesis = { number: 0n, hash, parentHash: hash, timestamp: 0n };
    const world: World = {
      markets: new Map([[1, { parameters: MARKET, source: EXCHANGE, state }]]),
      feeds: { sources: new Map(), emitters: new Map() },
      frames: [{ block: genesis, undos: [] }],
    };
    const asked = new Set([EXCHANGE]);
    let events = 0;
    const stop = stopwatch();
    for (const { header, logs } of logged) {
      validateLogs(header, logs, asked);
      const decoded = decodeLogs(logs);
      if (applyBlock(world, header, decoded) !== undefined) throw new Error("an event was missed");
      events += decoded.length;
    }
    const { ms, cpuMs } = stop();
    if (events !== blocks * trades * 6) throw new Error(`${events} events were decoded`);
    // the first run is for the compiler
    if (run > 0) rates.push({ wall: (events * 1000) / ms, cpu: (events * 1000) / cpuMs });
  }
  return {
    ingestEventsPerSecond: Math.round(summary(rates.map(({ wall }) => wall)).median),
    ingestEventsPerCpuSecond: Math.round(summary(rates.map(({ cpu }) => cpu)).median),
  };
}
