/**
 * Everything that a run has to say. Data only.
 */

import type { DemoFlags } from "../cli/readFlags.ts";
import type { ClosedDown } from "../closing/closeEverything.ts";
import type { Context } from "../context.ts";
import type { Catalogue, InvariantId } from "../invariants/catalogue.ts";
import type { StaleProbe } from "../invariants/probes.ts";
import type { Tally } from "../invariants/tally.ts";
import type { KeeperProcess } from "../keeper/startKeeper.ts";
import type { PricePath } from "../path/pricePath.ts";
import type { ForecastResult } from "../prediction/createForecaster.ts";
import type { Replay } from "../replay/replayState.ts";

export type DemoResult = {
  readonly flags: DemoFlags;
  readonly path: PricePath;
  readonly context: Context;
  readonly keepers: readonly KeeperProcess[];
  readonly tally: Tally;
  readonly replay: Replay;
  readonly catalogue: Catalogue;
  readonly invariants: Readonly<Record<InvariantId, boolean>>;
  readonly staleProbes: readonly StaleProbe[];
  readonly refused: number;
  readonly forecast: ForecastResult;
  readonly closed: ClosedDown;
  /** What no invariant has a name for, and must not be either. */
  readonly problems: readonly string[];
  readonly blocks: bigint;
  readonly seconds: number;
};

export function isBroken({ invariants, problems }: DemoResult): boolean {
  return problems.length > 0 || Object.values(invariants).includes(false);
}
