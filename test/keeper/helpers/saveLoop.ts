/**
 * A process that saves a world after each of its blocks until it is killed: `node saveLoop.ts FILE`. At block n, account 1 is long n lots and
 * account 2 short n; 40 more accounts change, too, so that a save is not a single page.
 */
import { applyChange } from "../../../keeper/core/applyChange.ts";
import { createStateStore } from "../../../keeper/db/createStateStore.ts";
import type { World } from "../../../keeper/state/world.ts";
import { marketOf, PARAMETERS, position } from "./market.ts";

const [file = ""] = process.argv.slice(2);
const store = createStateStore({ path: file, chainId: 1, exchange: "0xAb", everyBlocks: 1 });
const state = marketOf([]);
const block = (n: number) => {
  const hash = (i: number) => `0x${i.toString(16).padStart(64, "0")}` as const;
  return { number: BigInt(n), hash: hash(n), parentHash: hash(n - 1), timestamp: BigInt(n) };
};
const world: World = {
  markets: new Map([[1, { parameters: PARAMETERS, source: "0xaa", state }]]),
  feeds: { sources: new Map(), emitters: new Map() },
  frames: [{ block: block(1), undos: [] }],
};
for (let n = 1; ; n++) {
  const touched = new Set<number>();
  for (let account = 1; account <= 42; account += 2) {
    for (const [who, side] of [
      [account, 1n],
      [account + 1, -1n],
    ] as const) {
      applyChange(state, position(who, side * BigInt(n), 50_000_000n, BigInt(1_000_000 + (n % 7))));
      touched.add(who);
    }
  }
  world.touched?.set(1, touched);
  state.sequence = BigInt(n);
  world.frames.splice(0, 1, { block: block(n), undos: [] });
  store.save({ world });
  if (n === 1) process.stdout.write("saving\n");
}
