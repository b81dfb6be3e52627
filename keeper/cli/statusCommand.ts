/**
 * The command `status`: asks the keeper that serves at HTTP_HOST and HTTP_PORT how it is.
 */
import { z } from "zod";
import type { SettingValues } from "../config/settings.ts";
import { ConfigError, TemporaryError } from "../errors.ts";
import { formatTable } from "./formatTable.ts";

const answer = z
  .object({
    status: z.enum(["healthy", "warning", "alert"]),
    fields: z.record(z.object({ value: z.union([z.string(), z.number(), z.boolean(), z.null()]), status: z.string() })),
    alerts: z.array(z.object({ key: z.string(), severity: z.string(), text: z.string() })),
  })
  .passthrough();

const TIMEOUT_MS = 5_000;

export type StatusReturnType = { readonly text: string; readonly isAlert: boolean };

export async function statusCommand({ httpHost, httpPort, json }: SettingValues): Promise<StatusReturnType> {
  if (httpPort === undefined) throw new ConfigError("HTTP_PORT must be the one that the keeper serves at");
  const host = httpHost.includes(":") ? `[${httpHost}]` : httpHost;
  const url = `http://${host}:${httpPort}/status`;
  let body: unknown;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = await response.json();
  } catch (cause) {
    throw new TemporaryError(`No keeper answers at ${url}`, { cause });
  }
  const result = answer.safeParse(body);
  if (!result.success) throw new ConfigError(`What answers at ${url} is no keeper`);
  const { status, fields, alerts } = result.data;
  const isAlert = status === "alert";
  if (json) return { text: `${JSON.stringify(body)}\n`, isAlert };
  const rows = Object.entries(fields).map(([name, field]) => [name, String(field.value ?? "-"), field.status]);
  const told = alerts.map(({ severity, text }) => `${severity}: ${text}`);
  return { text: [status, formatTable(["field", "value", "status"], rows), ...told, ""].join("\n"), isAlert };
}
