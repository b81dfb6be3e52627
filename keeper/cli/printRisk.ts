/**
 * The command `risk`: where the solvency line of each market is at the newest block, and what a move of the price would do. Sends nothing.
 */
import { type BlockRef, type Chain, connect } from "../chain/connect.ts";
import { readBlock } from "../chain/readBlock.ts";
import type { Deployment } from "../config/readDeployment.ts";
import type { SettingValues } from "../config/settings.ts";
import { createRiskMarket } from "../core/risk/createRiskMarket.ts";
import type { RiskMarket } from "../core/risk/types.ts";
import { ConfigError } from "../errors.ts";
import { toJson } from "../ops/toJson.ts";
import { takeSnapshot } from "../state/takeSnapshot.ts";
import type { Market, World } from "../state/world.ts";
import { orTakenBack } from "./orTakenBack.ts";
import type { RiskFlags } from "./riskFlags.ts";
import { readClaim, readRiskInput } from "./riskReadings.ts";
import { type RiskReport, riskReport } from "./riskReport.ts";
import { riskText } from "./riskText.ts";

export async function printRisk(settings: SettingValues, deployment: Deployment, flags: RiskFlags): Promise<void> {
  const chain = await connect({ ...settings, deployment });
  const { report, world } = await readRisk(chain, settings, flags);
  const parametersOf = (id: number) => (world.markets.get(id) as Market).parameters;
  process.stdout.write(settings.json ? `${toJson(report)}\n` : riskText(report, parametersOf));
}

export async function readRisk(
  chain: Chain,
  settings: Pick<SettingValues, "pageSize" | "logRange">,
  flags: Pick<RiskFlags, "market" | "shock">,
): Promise<{ report: RiskReport; world: World }> {
  const block = await readBlock(chain);
  return orTakenBack(chain, block, () => readRiskAt(chain, block, settings, flags));
}

async function readRiskAt(
  chain: Chain,
  block: BlockRef,
  settings: Pick<SettingValues, "pageSize" | "logRange">,
  { market, shock }: Pick<RiskFlags, "market" | "shock">,
): Promise<{ report: RiskReport; world: World }> {
  // nobody's top-up orders are asked for: they change nothing here
  const world = await takeSnapshot(chain, block, settings, { topUps: new Map(), triggers: new Map() });
  const claim = await readClaim(chain, block);
  const wanted = select([...world.markets.values()], market);
  const readings = await Promise.all(wanted.map((listed) => readRiskInput(chain, block, listed, claim)));
  const markets: RiskMarket[] = [];
  const unavailable: { market: number; name: string; reason: string }[] = [];
  for (const [i, reading] of readings.entries()) {
    const { id, name } = (wanted[i] as Market).parameters;
    if (reading.ok) markets.push(createRiskMarket(reading.input));
    else unavailable.push({ market: id, name, reason: reading.reason });
  }
  return { report: riskReport(block.number, markets, unavailable, claim, shock), world };
}

function select(markets: readonly Market[], name: string | undefined): readonly Market[] {
  if (name === undefined) return markets;
  const found = markets.filter(
    ({ parameters }) => parameters.name.toLowerCase() === name.toLowerCase() || String(parameters.id) === name,
  );
  if (found.length > 0) return found;
  const listed = markets.map(({ parameters }) => parameters.name).join(", ");
  throw new ConfigError(`--market ${name} is not listed; there are: ${listed || "none"}`);
}
