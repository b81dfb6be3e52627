/**
 * Waits until every keeper has nothing more to do at the newest block, and the chain agrees.
 */
import type { DemoChain } from "../chain/connectChain.ts";
import type { KeeperProcess } from "./startKeeper.ts";

export type WaitParameters = {
  readonly chain: DemoChain;
  readonly keepers: readonly KeeperProcess[];
  /** Whether a position is bankrupt now, by the contract's word. */
  readonly isInsolvent: () => Promise<boolean>;
  /** Makes the feeds say again what they said last: work that takes long must not outlive its price. */
  readonly refresh: () => Promise<void>;
};

/** Without a sign of life for this long, something is wrong. */
const TIMEOUT_MS = 60_000;
const LOOK_MS = 4;
/** A price is repeated after this long, well within `tradeAge`. */
const REFRESH_MS = 10_000;
/** Keepers that are beaten to a call wait for the next block. More than this many and they wait for something else. */
const MAX_NUDGES = 40;

export async function waitUntilIdle({ chain, keepers, isInsolvent, refresh }: WaitParameters): Promise<void> {
  let head = await chain.head();
  let moved = Date.now();
  let refreshed = moved;
  let nudges = 0;
  // two keepers that beat each other to a call both wait for one more block
  let courtesy = keepers.length - 1;
  for (;;) {
    for (const keeper of keepers) {
      const reason = keeper.ended();
      if (reason !== undefined) throw new Error(reason);
    }
    if (keepers.every((keeper) => keeper.idle().block >= head.number)) {
      const now = await chain.head();
      if (now.number === head.number) {
        const held = courtesy > 0 && keepers.every((keeper) => keeper.idle().waiting > 0);
        if (!held && !(await isInsolvent())) return;
        if (held) courtesy--;
        if (++nudges > MAX_NUDGES)
          throw new Error(`the market is insolvent at block ${head.number} and no keeper works on it`);
        await sleep(nudges * LOOK_MS);
        await chain.mine([]);
      }
    }
    const now = await chain.head();
    if (now.number !== head.number) moved = Date.now();
    head = now;
    if (Date.now() - moved > TIMEOUT_MS)
      throw new Error(`no keeper is idle at block ${head.number} after ${TIMEOUT_MS / 1000} s: ${tell(keepers)}`);
    if (Date.now() - refreshed > REFRESH_MS) {
      refreshed = Date.now();
      await refresh();
    }
    await sleep(LOOK_MS);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function tell(keepers: readonly KeeperProcess[]): string {
  return keepers
    .map(({ name, idle, troubles }) => `${name} idle at ${idle().block}, ${troubles().slice(-3).join("; ")}`)
    .join(" / ");
}
