/**
 * Runs a keeper until it is told to stop. The loop never ends by itself: an endpoint that fails is tried again, more and more slowly.
 */
import { BaseError } from "viem";
import { startServer } from "./api/startServer.ts";
import { type Chain, connect } from "./chain/connect.ts";
import { createHeadHint } from "./chain/createHeadHint.ts";
import type { EndpointHealth } from "./chain/createRpcPool.ts";
import { describeError } from "./chain/describeError.ts";
import type { Deployment } from "./config/readDeployment.ts";
import { readKey } from "./config/readKey.ts";
import type { SettingValues } from "./config/settings.ts";
import { createKeeper } from "./createKeeper.ts";
import { createWorker } from "./createWorker.ts";
import { createStateStore, type StateStore } from "./db/createStateStore.ts";
import { sleep } from "./exec/sleep.ts";
import { createAlerts } from "./ops/createAlerts.ts";
import { createLog } from "./ops/createLog.ts";
import { createMetrics } from "./ops/createMetrics.ts";
import { createMonitor } from "./ops/createMonitor.ts";
import { createRedactor, secretsOfUrl } from "./ops/createRedactor.ts";
import type { KeeperEvent, Log } from "./ops/events.ts";
import { DeepReorgError } from "./state/DeepReorgError.ts";

export type RunKeeperOptions = {
  readonly settings: SettingValues;
  readonly deployment: Deployment;
  /** Stops the keeper, after the transaction under way. */
  readonly signal: AbortSignal;
  readonly write?: (line: string) => void;
};

const MAX_RETRY_MS = 15_000;
/** Between two looks at the keeper itself. */
const JUDGE_MS = 1_000;
const BALANCE_MS = 15_000;
const FLUSH_MS = 2_000;

/** Throws ConfigError or TemporaryError when it cannot start; later than that it only reports. */
export async function runKeeper({ settings, deployment, signal, write }: RunKeeperOptions): Promise<void> {
  const key = readKey(settings);
  const redact = createRedactor([
    ...(key?.secrets ?? []),
    ...secretsOfUrl(settings.rpcUrl),
    ...secretsOfUrl(settings.wsUrl),
    ...secretsOfUrl(settings.relayUrl),
    ...secretsOfUrl(settings.alertWebhook),
  ]);
  const names = new Map(deployment.markets.map(({ id, name }) => [id, name]));
  const say = createLog({
    json: settings.json,
    nameOf: (market) => names.get(market) ?? `market ${market}`,
    write: write ?? ((line) => process.stdout.write(`${line}\n`)),
    redact,
  });
  /** Who else wants to know. */
  const listeners: ((event: KeeperEvent) => void)[] = [];
  const log: Log = (event) => {
    say(event);
    for (const listen of listeners) listen(event);
  };

  const chain = await connect({ ...settings, deployment, onEndpoint: (health) => log(endpointEvent(health)) });
  const arms = await createWorker(chain, settings, key, log);
  let store: StateStore | undefined;
  try {
    store = openStore(settings.stateDb, chain, log);
    const { executor, shadow, journal } = arms;
    const { mode, chainId } = settings;
    const address = executor?.address;
    const alerts = createAlerts({
      log,
      webhook: settings.alertWebhook,
      repeatMs: settings.alertRepeatSeconds * 1000,
      source: `keeper ${address ?? mode} on chain ${chainId}`,
    });
    const monitor = createMonitor({ ...settings, alerts, sender: executor });
    const metrics = createMetrics({
      monitor,
      breakerReason: () => executor?.breakerReason(),
      isOpen: () => executor?.isOpen() ?? false,
      spending: () => executor?.spending() ?? { spent: 0n, wasted: 0n },
      process: true,
    });
    listeners.push(metrics.onEvent, monitor.onEvent);
    const details = () => ({
      address,
      alerts: alerts.active(),
      quarantined: executor?.quarantined() ?? [],
      intents: journal?.count() ?? {},
      shadow: shadow?.report(),
    });
    log({ type: "started", mode, chainId, exchange: deployment.exchange, keeper: address });

    const { httpPort: port, httpHost: host } = settings;
    const ops = { monitor, metrics, details };
    const server = port === undefined ? undefined : await startServer({ ...settings, chain, host, port, ops });
    if (server !== undefined) log({ type: "serving", url: server.url });
    const audience = [monitor, executor, shadow, server].filter((one) => one !== undefined);
    const keeper = createKeeper({
      ...settings,
      chain,
      worker: executor ?? shadow,
      log,
      signal,
      store,
      audience: {
        onAdvance: (advance) => {
          for (const one of audience) one.onAdvance(advance);
        },
        onPlan: (plan) => {
          monitor.onPlan(plan);
          server?.onPlan(plan);
        },
      },
    });

    // apart from the loop: it must speak when the loop hangs
    const judging = setInterval(monitor.judge, JUDGE_MS);
    const readBalance = () => {
      if (address !== undefined) chain.client.getBalance({ address }).then(monitor.onBalance, () => undefined);
    };
    readBalance();
    const balances = setInterval(readBalance, BALANCE_MS);
    const hint = createHeadHint(settings.wsUrl, signal);
    let failures = 0;
    try {
      while (!signal.aborted) {
        let pause = settings.pollMs;
        try {
          await keeper.drain();
          failures = 0;
        } catch (error) {
          if (error instanceof DeepReorgError) alerts.raise("deepReorg", "page", error.message);
          if (!isTransient(error)) throw error;
          pause = Math.min(500 * 2 ** failures++, MAX_RETRY_MS);
          log({ type: "trouble", reason: describeError(error), retryMs: pause });
        }
        await hint.wait(pause);
      }
      await executor?.finish(settings.shutdownSeconds * 1000, sleep).catch((error: unknown) => {
        // what is open stays in the journal
        if (!isTransient(error)) throw error;
      });
      if (shadow !== undefined)
        log({ type: "shadowReport", block: BigInt(monitor.figures().head), report: shadow.report() });
    } finally {
      clearInterval(judging);
      clearInterval(balances);
      await server?.stop();
      await alerts.flush(FLUSH_MS);
    }
    log({ type: "stopped" });
  } finally {
    try {
      store?.close();
    } finally {
      arms.close();
    }
  }
}

function openStore(path: string | undefined, { chainId, deployment }: Chain, log: Log): StateStore | undefined {
  if (path === undefined) return undefined;
  const onTrouble = (reason: string) =>
    log({
      type: "anomaly",
      block: 0n,
      reason: "the local database is of no use, taking a snapshot",
      details: [reason],
    });
  return createStateStore({ path, chainId, exchange: deployment.exchange, onTrouble });
}

function endpointEvent({ name, status, lag, trouble }: EndpointHealth): KeeperEvent {
  return { type: "endpoint", name, status, lag, trouble };
}

/** Errors of the endpoint, and answers of it that do not fit together. Anything else is a defect and ends the process. */
function isTransient(error: unknown): boolean {
  return (
    error instanceof BaseError ||
    (error instanceof Error && /^(KeeperError|ChainDataError|SnapshotError|TemporaryError)$/.test(error.name))
  );
}
