/**
 * For machines that watch the keeper: /healthz (is the process of use), /readyz (does it do its duty now), /status (why), /metrics.
 */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Metrics } from "./createMetrics.ts";
import type { Monitor } from "./createMonitor.ts";

export type OpsSources = {
  readonly monitor: Monitor;
  readonly metrics: Metrics;
  /** What /status shows beside the fields. */
  readonly details: () => Readonly<Record<string, unknown>>;
};

export function addOpsRoutes(app: OpenAPIHono, { monitor, metrics, details }: OpsSources): void {
  app.get("/healthz", (c) =>
    monitor.isAlive() ? c.text("ok\n") : c.text("no look at the chain succeeded lately\n", 503),
  );
  app.get("/readyz", (c) => {
    const { status, fields } = monitor.status();
    const why = Object.entries(fields).flatMap(([name, field]) =>
      field.status === "alert" ? [`${name}: ${field.value}`] : [],
    );
    return status === "alert" ? c.text(`${why.join("\n")}\n`, 503) : c.text("ready\n");
  });
  app.get("/status", (c) => {
    const status = monitor.status();
    return c.json({ ...status, ...details() }, status.status === "alert" ? 503 : 200);
  });
  app.get("/metrics", async (c) => c.body(await metrics.text(), 200, { "Content-Type": metrics.contentType }));
}
