/**
 * A JSON-RPC endpoint in front of another one, which goes wrong as often as it is told to, by a seed. For tests and benches.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type ProxyFault =
  /** Answers late. */
  | "delay"
  /** The request never arrives, and the connection is cut. */
  | "drop"
  /** The request is carried out, and the connection is cut. */
  | "lostAnswer"
  /** The request is carried out twice; the second answer counts. */
  | "duplicate"
  | "http429"
  /** A gateway's page. */
  | "http503"
  /** Half of a JSON text. */
  | "truncated"
  /** JSON-RPC error -32603 with HTTP status 200. */
  | "internal"
  /** Receipts that are there are not told. */
  | "noReceipt"
  /** Logs lack the last one. */
  | "missingLog";

export type FaultProxy = {
  readonly url: string;
  /** Out of a thousand requests, how many go wrong, and how. */
  readonly set: (perMille: number, faults?: readonly ProxyFault[]) => void;
  /** From now on every request takes so long on its way, and up to as long again: an endpoint is seldom on the same machine. */
  readonly slow: (ms: number) => void;
  readonly counts: () => Readonly<Partial<Record<ProxyFault | "none", number>>>;
  readonly close: () => Promise<void>;
};

export const ALL_FAULTS: readonly ProxyFault[] = [
  "delay",
  "drop",
  "lostAnswer",
  "duplicate",
  "http429",
  "http503",
  "truncated",
  "internal",
  "noReceipt",
  "missingLog",
];

const DELAY_MS = 700;

type Request = { readonly id?: unknown; readonly method?: string };
type Answer = { id?: unknown; result?: unknown; error?: unknown };

export async function createFaultProxy(target: string, seed: number): Promise<FaultProxy> {
  let state = seed >>> 0;
  let perMille = 0;
  let faults = ALL_FAULTS;
  let wayMs = 0;
  const counts: Partial<Record<ProxyFault | "none", number>> = {};
  /** mulberry32 */
  const below = (bound: number) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % bound;
  };
  const forward = async (body: string): Promise<string> => {
    const response = await fetch(target, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    return response.text();
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const fault = below(1_000) < perMille ? (faults[below(faults.length)] ?? "none") : "none";
      counts[fault] = (counts[fault] ?? 0) + 1;
      const way = wayMs === 0 ? 0 : wayMs + below(wayMs);
      sleep(way)
        .then(() => answer(Buffer.concat(chunks).toString("utf8"), fault))
        .catch(() => response.destroy());
    });

    async function answer(body: string, fault: ProxyFault | "none"): Promise<void> {
      if (fault === "drop") return void response.destroy();
      if (fault === "http429") return void response.writeHead(429).end("slow down");
      if (fault === "http503")
        return void response.writeHead(503, { "Content-Type": "text/html" }).end("<html>nonce too low</html>");
      if (fault === "delay") await sleep(DELAY_MS);
      if (fault === "duplicate") await forward(body);
      const text = fault === "internal" ? internal(body) : await forward(body);
      if (fault === "lostAnswer") return void response.destroy();
      response.setHeader("Content-Type", "application/json");
      if (fault === "truncated") return void response.end(text.slice(0, text.length / 2));
      response.end(fault === "noReceipt" || fault === "missingLog" ? without(body, text, fault) : text);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (rate, kinds = ALL_FAULTS) => {
      perMille = rate;
      faults = kinds;
    },
    slow: (ms) => {
      wayMs = ms;
    },
    counts: () => counts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function sleep(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}

function internal(body: string): string {
  const requests = JSON.parse(body) as Request | Request[];
  const error = { code: -32603, message: "internal error" };
  const fail = ({ id }: Request) => ({ jsonrpc: "2.0", id, error });
  return JSON.stringify(Array.isArray(requests) ? requests.map(fail) : fail(requests));
}

function without(body: string, text: string, fault: "noReceipt" | "missingLog"): string {
  const requests = [JSON.parse(body) as Request | Request[]].flat();
  const parsed = JSON.parse(text) as Answer | Answer[];
  for (const one of [parsed].flat()) {
    const method = requests.find(({ id }) => id === one.id)?.method;
    if (fault === "noReceipt" && method === "eth_getTransactionReceipt") one.result = null;
    if (fault === "missingLog" && method === "eth_getLogs" && Array.isArray(one.result))
      one.result = one.result.slice(0, -1);
  }
  return JSON.stringify(parsed);
}
