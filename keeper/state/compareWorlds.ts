/**
 * Where two worlds differ: the number of the last event, top-up orders, triggers, positions, and the order inside cells. Empty when the local copy is right.
 */
import { cellsOf, type MarketState } from "../core/marketState.ts";
import type { TriggerOrder } from "../core/trigger.ts";
import { toText } from "../db/bigintJson.ts";
import type { World } from "./world.ts";

export function compareWorlds(local: World, truth: World): string[] {
  const differences: string[] = [];
  for (const [id, { state, parameters }] of truth.markets) {
    const mine = local.markets.get(id)?.state;
    if (mine === undefined) differences.push(`${parameters.name}: market is not known`);
    else differences.push(...compareStates(mine, state).map((text) => `${parameters.name}: ${text}`));
  }
  return differences;
}

function compareStates(local: MarketState, truth: MarketState): string[] {
  const differences: string[] = [];
  if (local.sequence !== truth.sequence) differences.push(`event ${local.sequence}, should be ${truth.sequence}`);
  for (const [account, order] of truth.topUps) {
    const mine = local.topUps.get(account);
    if (mine?.triggerRate !== order.triggerRate || mine.remaining !== order.remaining) {
      differences.push(`the top-up order of account ${account} differs`);
    }
  }
  for (const [account, orders] of truth.triggers) {
    const mine = local.triggers.get(account) ?? [];
    if (toText(mine.map(valuesOf)) !== toText(orders.map(valuesOf))) {
      differences.push(`the triggers of account ${account} differ`);
    }
  }
  for (const account of new Set([...local.positions.keys(), ...truth.positions.keys()])) {
    const [a, b] = [local.positions.get(account), truth.positions.get(account)];
    if (a === undefined || b === undefined) differences.push(`account ${account} ${a ? "is closed" : "is missing"}`);
    else if (a.lots !== b.lots || a.cost !== b.cost || a.margin !== b.margin || a.fundingIndex !== b.fundingIndex) {
      differences.push(`account ${account} differs`);
    }
  }
  if (differences.length > 0) return differences; // cells follow from positions
  for (const isLong of [true, false]) {
    for (const [id, cell] of cellsOf(truth, isLong)) {
      const order = cell.map((entry) => entry.account);
      const mine = (cellsOf(local, isLong).get(id) ?? []).map((entry) => entry.account);
      if (order.join() !== mine.join()) differences.push(`cell ${id} is [${mine}], should be [${order}]`);
    }
  }
  return differences;
}

/** In a fixed order. */
function valuesOf({ id, isStopLoss, closesLong, triggerTick, limitTick, lots, tip }: TriggerOrder) {
  return [id, isStopLoss, closesLong, triggerTick, limitTick, lots, tip];
}
