/**
 * Prometheus metrics, counted from the same events that are logged. No accounts and no hashes as labels: their number has no bound.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { formatEther } from "viem";
import type { KeeperEvent } from "./events.ts";
import type { Monitor } from "./createMonitor.ts";

export type Metrics = {
  readonly onEvent: (event: KeeperEvent) => void;
  /** In Prometheus' text format. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
};

export type MetricsParameters = {
  readonly monitor: Monitor;
  readonly breakerReason: () => string | undefined;
  readonly isOpen: () => boolean;
  readonly spending: () => { readonly spent: bigint; readonly wasted: bigint };
  /** The process's own: memory, event loop, garbage collection. Once a process. */
  readonly process?: boolean;
};

export function createMetrics({
  monitor,
  breakerReason,
  isOpen,
  spending,
  process = false,
}: MetricsParameters): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (process) collectDefaultMetrics({ register: registry, prefix: "keeper_" });
  const counter = <const L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name: `keeper_${name}`, help, labelNames: [...labelNames], registers });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `keeper_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });

  const attempts = counter("attempts_total", "Attempts at plans by how they ended", ["kind", "outcome"]);
  const transactions = counter("transactions_total", "What became of transactions after they were sent", ["what"]);
  const mined = counter("mined_total", "Transactions in a block by how they ended", ["kind", "outcome"]);
  const skips = counter("skips_total", "Markets left alone, by reason", ["reason"]);
  const alerts = counter("alerts_total", "Alerts raised", ["severity"]);
  const reorgs = counter("reorgs_total", "Reorganisations seen");
  const mismatches = counter("reconcile_mismatch_total", "Comparisons in which the local copy differed from the chain");
  const gaps = counter("event_gaps_total", "Events that an endpoint withheld");
  const anomalies = counter("anomalies_total", "Findings that are not as they should be");
  const endpoints = counter("endpoint_changes_total", "Endpoints that began to lag or to fail, or recovered", [
    "status",
  ]);
  const troubles = counter("trouble_total", "Looks at the chain that failed");
  const shadow = counter("shadow_total", "Mode shadow: work by how ours compares", ["score"]);
  const depth = new Histogram({
    name: "keeper_reorg_depth",
    help: "Blocks taken back",
    buckets: [1, 2, 3, 5, 8, 16, 32, 64, 128],
    registers,
  });
  const gas = new Histogram({
    name: "keeper_gas_used",
    help: "Gas of effective transactions",
    labelNames: ["kind"],
    buckets: [1e5, 2e5, 4e5, 8e5, 1.6e6, 3.2e6, 6.4e6, 1.28e7],
    registers,
  });

  gauge("head_number", "Number of the newest block", () => monitor.figures().head);
  gauge("head_age_seconds", "Since when it is the newest", () => monitor.figures().headAgeSeconds);
  gauge("look_age_seconds", "Since the chain was last read completely", () => monitor.figures().lookAgeSeconds);
  gauge("positions", "Open positions", () => monitor.figures().positions);
  gauge(
    "oldest_plan_blocks",
    "Blocks for which the oldest work has been due",
    () => monitor.figures().oldestPlanBlocks,
  );
  gauge("signer_balance_ether", "Balance of the key's account", () =>
    Number(formatEther(monitor.figures().balance ?? 0n)),
  );
  gauge("open_transactions", "Transactions that are signed and in no block", () => (isOpen() ? 1 : 0));
  gauge("breaker_open", "1 while nothing is sent", () => (breakerReason() === undefined ? 0 : 1));
  gauge("spent_ether_24h", "Paid for gas in 24 hours", () => Number(formatEther(spending().spent)));
  gauge("wasted_ether_24h", "Of that, without effect", () => Number(formatEther(spending().wasted)));

  function onEvent(event: KeeperEvent): void {
    switch (event.type) {
      case "attempt": {
        const labels = { kind: event.plan.kind, outcome: event.outcome.kind };
        attempts.inc(labels);
        if (event.outcome.hash !== undefined) mined.inc(labels);
        if (event.outcome.kind === "effective") gas.observe({ kind: event.plan.kind }, Number(event.outcome.gasUsed));
        break;
      }
      case "tx":
        transactions.inc({ what: event.what });
        break;
      case "skip":
        skips.inc({ reason: event.skip.reason });
        break;
      case "alert":
        if (event.state === "raised") alerts.inc({ severity: event.severity });
        break;
      case "reorg":
        reorgs.inc();
        depth.observe(event.depth);
        break;
      case "reconciled":
        if (event.differences.length > 0) mismatches.inc();
        break;
      case "gap":
        gaps.inc();
        break;
      case "anomaly":
        anomalies.inc();
        break;
      case "endpoint":
        endpoints.inc({ status: event.status });
        break;
      case "trouble":
        troubles.inc();
        break;
      case "shadow":
        shadow.inc({ score: event.what });
        break;
      default:
        break;
    }
  }

  return { onEvent, text: () => registry.metrics(), contentType: registry.contentType };
}
