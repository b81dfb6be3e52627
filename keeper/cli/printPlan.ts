/**
 * The command `plan`: what would be done at the newest block, and why the rest is left alone. Sends nothing.
 */
import { connect } from "../chain/connect.ts";
import { readBlock } from "../chain/readBlock.ts";
import type { Deployment } from "../config/readDeployment.ts";
import type { SettingValues } from "../config/settings.ts";
import type { AccountPlan, Plan } from "../core/plan.ts";
import type { MarketParameters } from "../core/types.ts";
import { formatLots, formatPrice, formatQuote } from "../ops/format.ts";
import { toJson } from "../ops/toJson.ts";
import { type PlannedMarket, planWorld, type WorldPlan } from "../planWorld.ts";
import { takeSnapshot } from "../state/takeSnapshot.ts";
import { formatTable } from "./formatTable.ts";
import { orTakenBack } from "./orTakenBack.ts";

export async function printPlan(settings: SettingValues, deployment: Deployment): Promise<void> {
  const chain = await connect({ ...settings, deployment });
  const block = await readBlock(chain);
  const options = { ...settings, warnMove: BigInt(settings.warnMove) };
  const plan = await orTakenBack(chain, block, async () => {
    const world = await takeSnapshot(chain, block, settings);
    return planWorld(chain, world, () => options);
  });
  process.stdout.write(settings.json ? `${toJson(jsonOf(plan))}\n` : textOf(plan));
}

function jsonOf({ block, markets }: WorldPlan) {
  return {
    block: block.number,
    markets: markets.map(({ view, plans, skips, openInterest }) => ({
      market: view.parameters.id,
      name: view.parameters.name,
      prices: view.prices,
      level: view.level,
      preventiveLots: view.preventiveLots,
      openInterest,
      positions: view.state.positions.size,
      plans,
      skips,
    })),
  };
}

function textOf({ block, markets }: WorldPlan): string {
  const overview = markets.map(({ view, plans, openInterest }) => [
    view.parameters.name,
    view.prices.ok ? formatPrice(view.prices.price, view.parameters) : view.prices.reason,
    formatLots(openInterest, view.parameters),
    String(view.state.positions.size),
    String(view.level),
    String(plans.length),
  ]);
  const plans = markets.flatMap((market) => market.plans.map((plan) => planRow(plan, market)));
  const skips = markets.flatMap(({ view, skips }) =>
    skips.map((skip) => [view.parameters.name, String(skip.account ?? "all"), skip.reason, skip.details ?? ""]),
  );
  return [
    `block ${block.number}`,
    formatTable(["market", "price", "open interest", "positions", "level", "plans"], overview),
    plans.length === 0 ? "nothing to do" : formatTable(["market", "do", "account", "side", "lots", "detail"], plans),
    skips.length === 0 ? "" : formatTable(["market", "account", "left alone because", "detail"], skips),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

function planRow(plan: Plan, { view }: PlannedMarket): string[] {
  const { name } = view.parameters;
  if (plan.kind === "poke") return [name, plan.kind, "-", "-", "-", `funding not accrued for ${plan.idle} s`];
  if (plan.kind === "settle")
    return [name, plan.kind, "-", "-", "-", `${plan.accounts.length} positions of the ended market`];
  const side = plan.isLong ? "long" : "short";
  return [name, plan.kind, String(plan.account), side, String(plan.lots), detailOf(plan, view.parameters)];
}

function detailOf(plan: AccountPlan, parameters: MarketParameters): string {
  switch (plan.kind) {
    case "deleverage":
      return `${plan.cause}, X ${formatPrice(plan.price, parameters)}, ${plan.counterparties.length} counterparties`;
    case "trigger":
      return `trigger ${plan.trigger} at tick ${plan.limit} or better, about ${plan.expectedLots} lots, tip ${formatQuote(plan.tip)}`;
    case "topUp":
      return `${formatQuote(plan.amount)} of its free collateral, tip ${formatQuote(plan.tip)}`;
    default:
      return `equity ${formatQuote(plan.equity)}, maintenance ${formatQuote(plan.maintenance)}, about ${plan.expectedLots} lots`;
  }
}
