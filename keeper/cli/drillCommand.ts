/**
 * The command `drill`: rehearses a crash on a node for development and puts its chain back. The report goes to standard output, what the keeper says
 * meanwhile to standard error. Reads no key: who works is a stranger.
 */
import { connect } from "../chain/connect.ts";
import { readBlock } from "../chain/readBlock.ts";
import { readMarket } from "../chain/readMarket.ts";
import type { Deployment } from "../config/readDeployment.ts";
import type { SettingValues } from "../config/settings.ts";
import type { MarketParameters } from "../core/types.ts";
import { runDrill } from "../drill/runDrill.ts";
import { ConfigError } from "../errors.ts";
import { createLog } from "../ops/createLog.ts";
import { createRedactor, secretsOfUrl } from "../ops/createRedactor.ts";
import { toJson } from "../ops/toJson.ts";
import type { DrillFlags } from "./drillFlags.ts";
import { drillText } from "./drillText.ts";

/** Signals that must not end the process before the chain is put back. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export type DrillReturnType = { readonly text: string; readonly cleared: boolean };

export async function drillCommand(
  settings: SettingValues,
  deployment: Deployment,
  flags: DrillFlags,
): Promise<DrillReturnType> {
  if (settings.rpcUrl.includes(",")) throw new ConfigError("drill needs one endpoint: a snapshot is one node's");
  const redact = createRedactor(secretsOfUrl(settings.rpcUrl));
  const tell = (line: string) => process.stderr.write(`${redact(line)}\n`);
  const names = new Map(deployment.markets.map(({ id, name }) => [id, name]));
  const nameOf = (market: number) => names.get(market) ?? `market ${market}`;
  const log = createLog({ json: settings.json, nameOf, write: tell });
  const stop = new AbortController();
  const interrupt = () => {
    if (!stop.signal.aborted) tell("drill: interrupted, putting the chain back");
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    const chain = await connect({ ...settings, deployment });
    const onSnapshot = (id: string) =>
      tell(`drill: snapshot ${id}; should this process be killed, evm_revert ${id} puts the chain back`);
    const report = await runDrill({ chain, settings, options: flags, log, signal: stop.signal, onSnapshot });
    if (settings.json) return { text: `${toJson(report)}\n`, cleared: report.cleared };
    const block = await readBlock(chain);
    const listed = await Promise.all(report.markets.map(({ market }) => readMarket(chain, block, market)));
    const parametersOf = (id: number) => listed.find(({ parameters }) => parameters.id === id)?.parameters;
    return { text: drillText(report, (id) => parametersOf(id) as MarketParameters), cleared: report.cleared };
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}
