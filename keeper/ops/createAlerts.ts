/**
 * Tells an operator what has to be known, once, and again when it still holds after a while; and when it is over. Posts to a webhook without ever
 * keeping the keeper waiting.
 */
import type { Log } from "./events.ts";

export type Severity = "page" | "warn";
export type Alerts = {
  /** @param key What the alert is about; the same one is not told twice. */
  readonly raise: (key: string, severity: Severity, text: string) => void;
  readonly clear: (key: string) => void;
  readonly active: () => readonly { readonly key: string; readonly severity: Severity; readonly text: string }[];
  /** Posts that failed or were dropped, since the start. */
  readonly undelivered: () => number;
  /** Waits for what is on its way, for so long at most. */
  readonly flush: (ms: number) => Promise<void>;
};

export type AlertsParameters = {
  readonly log: Log;
  /** None: alerts are only logged. */
  readonly webhook: string | undefined;
  readonly repeatMs: number;
  /** Who is speaking. */
  readonly source: string;
  readonly now?: () => number;
  readonly post?: (url: string, body: string) => Promise<void>;
};

/** Waiting to be posted; beyond that the oldest is dropped: what is going on now matters more. */
const MAX_QUEUE = 100;
const TIMEOUT_MS = 5_000;

export function createAlerts(parameters: AlertsParameters): Alerts {
  const { log, webhook, repeatMs, source, now = () => performance.now(), post = postJson } = parameters;
  const active = new Map<string, { severity: Severity; text: string; told: number }>();
  const queue: string[] = [];
  let undelivered = 0;
  let sending: Promise<void> | undefined;

  function raise(key: string, severity: Severity, text: string): void {
    const known = active.get(key);
    if (known !== undefined && now() - known.told < repeatMs) {
      active.set(key, { severity, text, told: known.told });
      return;
    }
    active.set(key, { severity, text, told: now() });
    tell(key, "raised", severity, text);
  }

  function clear(key: string): void {
    const known = active.get(key);
    if (known === undefined) return;
    active.delete(key);
    tell(key, "cleared", known.severity, known.text);
  }

  function tell(key: string, state: "raised" | "cleared", severity: Severity, text: string): void {
    log({ type: "alert", key, state, severity, text });
    if (webhook === undefined) return;
    // `text` is what chat services show; the rest is for programs
    const sentence = `${state === "raised" ? severity.toUpperCase() : "OVER"} ${source}: ${text}`;
    queue.push(JSON.stringify({ text: sentence, key, state, severity, source, time: new Date().toISOString() }));
    if (queue.length > MAX_QUEUE) {
      queue.shift();
      undelivered++;
    }
    sending ??= drain(webhook).finally(() => {
      sending = undefined;
    });
  }

  async function drain(url: string): Promise<void> {
    for (let body = queue.shift(); body !== undefined; body = queue.shift()) {
      await post(url, body).catch(() => {
        undelivered++;
      });
    }
  }

  return {
    raise,
    clear,
    active: () => [...active].map(([key, { severity, text }]) => ({ key, severity, text })),
    undelivered: () => undelivered,
    flush: async (ms) => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      await Promise.race([sending, timeout]);
      clearTimeout(timer);
    },
  };
}

async function postJson(url: string, body: string): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body, signal });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}
