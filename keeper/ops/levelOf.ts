/**
 * How loud an event is in structured logs.
 */
import type { KeeperEvent } from "./events.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export function levelOf(event: KeeperEvent): LogLevel {
  switch (event.type) {
    case "idle":
    case "answer":
      return "debug";
    case "trouble":
    case "gap":
    case "skip":
    case "anomaly":
    case "warning":
      return "warn";
    case "endpoint":
      return event.status === "healthy" ? "info" : "warn";
    case "reconciled":
      return event.differences.length > 0 ? "warn" : "info";
    case "breaker":
      return event.open ? "error" : "info";
    case "alert":
      return event.state === "cleared" ? "info" : event.severity === "page" ? "error" : "warn";
    case "attempt":
      return event.outcome.kind === "unexpected" || event.outcome.kind === "ineffective"
        ? "error"
        : event.outcome.kind === "infra"
          ? "warn"
          : "info";
    case "tx":
      return event.what === "external" ? "error" : event.what === "unmined" || event.what === "stuck" ? "warn" : "info";
    default:
      return "info";
  }
}
