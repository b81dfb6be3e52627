/**
 * A restart with a million positions in the local database: in a process of its own, whose memory is measured, too.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStateStore } from "../../../keeper/db/createStateStore.ts";
import type { World } from "../../../keeper/state/world.ts";
import { createRandom } from "../random.ts";
import { EXCHANGE } from "./createLogs.ts";
import { createMarket, MARKET } from "./createMarket.ts";

type Loaded = { positions: number; ranked: number; plans: number; loadMs: number; rssMb: number };

export function measureResume(size: number) {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
  try {
    const path = join(folder, "state.sqlite");
    const saveMs = save(path, size);
    const runs = [0, 1, 2].map(() => {
      const script = join(import.meta.dirname, "loadState.ts");
      return JSON.parse(execFileSync(process.execPath, [script, path], { encoding: "utf8" })) as Loaded;
    });
    for (const { positions, ranked } of runs) {
      if (positions !== size || ranked !== 100) throw new Error(`${positions} positions were loaded, ${ranked} ranked`);
    }
    const middle = (key: "loadMs" | "rssMb") => Math.round(runs.map((run) => run[key]).sort((a, b) => a - b)[1] ?? 0);
    return {
      [`snapshotLoad${size}Ms`]: middle("loadMs"),
      [`snapshotSave${size}Ms`]: Math.round(saveMs),
      [`rssMb${size}Positions`]: middle("rssMb"),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function save(path: string, size: number): number {
  const hash = `0x${"ab".repeat(32)}` as const;
  const state = createMarket(size, createRandom(41).uniform);
  const world: World = {
    markets: new Map([[1, { parameters: MARKET, source: EXCHANGE, state }]]),
    feeds: { sources: new Map(), emitters: new Map() },
    frames: [{ block: { number: 1n, hash, parentHash: hash, timestamp: 1n }, undos: [] }],
  };
  const store = createStateStore({ path, chainId: 1, exchange: EXCHANGE });
  const start = performance.now();
  store.save({ world });
  const ms = performance.now() - start;
  store.close();
  return ms;
}
