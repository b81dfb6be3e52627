/**
 * Runs a keeper until it is told to stop. The loop never ends by itself: an endpoint that fails is tried again, more and more slowly.
 */

import { BaseError } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { startServer } from "./api/startServer.ts";
import { type Chain, connect } from "./chain/connect.ts";
import { createHeadHint } from "./chain/createHeadHint.ts";
import type { EndpointHealth } from "./chain/createRpcPool.ts";
import { describeError } from "./chain/describeError.ts";
import type { Deployment } from "./config/readDeployment.ts";
import type { SettingValues } from "./config/settings.ts";
import { createKeeper } from "./createKeeper.ts";
import { createStateStore } from "./db/createStateStore.ts";
import { ConfigError } from "./errors.ts";
import { createDispatcher, type Dispatcher } from "./exec/createDispatcher.ts";
import { createLog } from "./ops/createLog.ts";
import type { Log } from "./ops/events.ts";
import { DeepReorgError } from "./state/DeepReorgError.ts";

export type RunKeeperOptions = {
  readonly settings: SettingValues;
  readonly deployment: Deployment;
  /** Stops the keeper, after the transaction under way. */
  readonly signal: AbortSignal;
  readonly write?: (line: string) => void;
};

const MAX_RETRY_MS = 15_000;

/** Throws ConfigError when it cannot start; later than that it only reports. */
export async function runKeeper({ settings, deployment, signal, write }: RunKeeperOptions): Promise<void> {
  let log: Log = () => undefined;
  const onEndpoint = ({ name, status, lag, trouble }: EndpointHealth) =>
    log({ type: "endpoint", name, status, lag, trouble });
  const chain = await connect({ ...settings, deployment, onEndpoint });
  const store = settings.stateDb === undefined ? undefined : openStore(settings.stateDb, chain, (event) => log(event));
  const dispatcher = settings.mode === "armed" ? await arm(chain, settings, signal) : undefined;
  const names = new Map(deployment.markets.map(({ id, name }) => [id, name]));
  log = createLog({
    json: settings.json,
    nameOf: (market) => names.get(market) ?? `market ${market}`,
    write: write ?? ((line) => process.stdout.write(`${line}\n`)),
  });
  const { mode, chainId } = settings;
  log({ type: "started", mode, chainId, exchange: deployment.exchange, keeper: dispatcher?.account.address });
  // what went wrong while connecting was not told yet
  for (const health of chain.pool?.health() ?? []) if (health.status !== "healthy") onEndpoint(health);

  const server = await serve(chain, settings);
  if (server !== undefined) log({ type: "serving", url: server.url });
  const keeper = createKeeper({ ...settings, chain, dispatcher, log, signal, store, audience: server });
  const hint = createHeadHint(settings.wsUrl, signal);
  let failures = 0;
  while (!signal.aborted) {
    let pause = settings.pollMs;
    try {
      await keeper.drain();
      failures = 0;
    } catch (error) {
      if (error instanceof DeepReorgError)
        log({ type: "alert", block: error.tip, reason: error.shortMessage, details: [error.details ?? ""] });
      if (!isTransient(error)) throw error;
      pause = Math.min(500 * 2 ** failures++, MAX_RETRY_MS);
      log({ type: "trouble", reason: describeError(error), retryMs: pause });
    }
    await hint.wait(pause);
  }
  store?.close();
  await server?.stop();
  log({ type: "stopped" });
}

function openStore(path: string, { chainId, deployment }: Chain, log: Log) {
  const onTrouble = (reason: string) =>
    log({ type: "alert", block: 0n, reason: "the local database is of no use, taking a snapshot", details: [reason] });
  return createStateStore({ path, chainId, exchange: deployment.exchange, onTrouble });
}

async function serve(chain: Chain, settings: SettingValues) {
  const { httpPort: port, httpHost: host, corsOrigins, rateLimit } = settings;
  return port === undefined ? undefined : startServer({ chain, host, port, corsOrigins, rateLimit });
}

/** Errors of the endpoint, and answers of it that do not fit together. Anything else is a defect and ends the process. */
function isTransient(error: unknown): boolean {
  return (
    error instanceof BaseError ||
    (error instanceof Error && /^(KeeperError|ChainDataError|SnapshotError|SendError)$/.test(error.name))
  );
}

async function arm(chain: Chain, settings: SettingValues, signal: AbortSignal): Promise<Dispatcher> {
  if (settings.privateKey === undefined) throw new ConfigError("KEEPER_PRIVATE_KEY must be set in mode armed");
  const account = privateKeyToAccount(settings.privateKey);
  const balance = await chain.client.getBalance({ address: account.address });
  if (balance === 0n) throw new ConfigError(`The keeper's account ${account.address} has no balance to pay gas with`);
  return createDispatcher({ chain, account, pollMs: settings.pollMs, signal });
}
