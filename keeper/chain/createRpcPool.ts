/**
 * Several HTTP endpoints as one: every request goes to the best endpoint, and to the next one when that fails.
 *
 * Heads are asked of all of them at once: the newest block is the newest that a healthy endpoint has, and whoever is more than `maxLag` behind
 * gets no requests until it has caught up. With three or more endpoints, one that is far ahead of all others alone is not believed.
 * An endpoint that fails is left alone for a while, longer each time. An error that is an answer (a call that reverts, a transaction that is
 * refused) is the chain's and not the endpoint's fault, and is not asked for twice.
 */
import type { EIP1193RequestFn, Hash, RpcBlock } from "viem";
import { KeeperError } from "../errors.ts";
import { describeError } from "./describeError.ts";
import { isAnswer } from "./isAnswer.ts";

export type Endpoint = { readonly name: string; readonly request: EIP1193RequestFn };

export type EndpointHealth = {
  /** Without path and query, which hold access keys. */
  readonly name: string;
  readonly status: "healthy" | "lagging" | "failing";
  /** Undefined until it answered. */
  readonly head: bigint | undefined;
  readonly lag: bigint | undefined;
  readonly requests: number;
  readonly failures: number;
  /** In a row. */
  readonly failing: number;
  /** Milliseconds, moving average. */
  readonly latencyMs: number;
  /** What went wrong last. */
  readonly trouble: string | undefined;
};

export type RpcPool = {
  readonly request: EIP1193RequestFn;
  readonly health: () => readonly EndpointHealth[];
  /** What an endpoint said about a block was wrong: it counts as a failure of whoever said it. */
  readonly reject: (blockHash: Hash, reason: string) => void;
};

export type RpcPoolOptions = {
  /** Blocks behind the newest. */
  readonly maxLag?: number;
  readonly now?: () => number;
  /** An endpoint's health changed. */
  readonly onChange?: (health: EndpointHealth) => void;
};

type State = {
  readonly endpoint: Endpoint;
  head: bigint | undefined;
  requests: number;
  failures: number;
  failing: number;
  latencyMs: number;
  trouble: string | undefined;
  /** Left alone until then. */
  until: number;
  status: EndpointHealth["status"];
};

/** About one block time to begin with, and never so long that a recovered endpoint is missed for minutes. */
const BACK_OFF_MS = 1_000;
const MAX_BACK_OFF_MS = 60_000;
const MAX_LAG = 3;
/** Whose answer about a block was used, so that it can be rejected: as many blocks as may be in work at once. */
const REMEMBERED = 256;
const HEADS: ReadonlySet<string> = new Set(["eth_blockNumber", "eth_getBlockByNumber"]);

export function createRpcPool(endpoints: readonly Endpoint[], options: RpcPoolOptions = {}): RpcPool {
  const { maxLag = MAX_LAG, now = () => performance.now(), onChange } = options;
  if (endpoints.length === 0) throw new KeeperError("A pool needs at least one endpoint");
  const states = endpoints.map(
    (endpoint): State => ({
      endpoint,
      head: undefined,
      requests: 0,
      failures: 0,
      failing: 0,
      latencyMs: 0,
      trouble: undefined,
      until: 0,
      status: "healthy",
    }),
  );
  const answered = new Map<string, State>();

  const request = async (args: { method: string; params?: unknown }): Promise<unknown> => {
    if (HEADS.has(args.method) && isNewest(args)) return newest(args);
    return inOrder(args);
  };

  /** Whoever is healthy first, fastest first among equals; those that are left alone only when nobody else is there. */
  async function inOrder(args: { method: string; params?: unknown }): Promise<unknown> {
    const time = now();
    const order = [...states].sort((a, b) => penalty(a, time) - penalty(b, time) || a.latencyMs - b.latencyMs);
    let last: unknown;
    for (const state of order) {
      try {
        const answer = await ask(state, args);
        // a block or log that is not there yet here may be there elsewhere
        if (answer === null && args.method.startsWith("eth_getBlock") && state !== order.at(-1)) continue;
        remember(args, state);
        return answer;
      } catch (error) {
        if (isAnswer(error)) throw error;
        last = error;
      }
    }
    throw last;
  }

  /** Asks everybody that is not left alone (or everybody, when all are). */
  async function newest(args: { method: string; params?: unknown }): Promise<unknown> {
    const time = now();
    const open = states.filter((state) => state.until <= time);
    const asked = open.length > 0 ? open : states;
    const results = await Promise.allSettled(asked.map((state) => ask(state, args)));
    const heads: { state: State; answer: unknown; number: bigint }[] = [];
    for (const [i, result] of results.entries()) {
      const state = asked[i] as State;
      if (result.status === "rejected") continue;
      const number = numberOf(result.value);
      if (number === undefined) fail(state, "answered without a block");
      else {
        state.head = number;
        heads.push({ state, answer: result.value, number });
      }
    }
    const best = pickHead(heads);
    if (best === undefined) {
      const failed = results.find((result) => result.status === "rejected");
      throw failed?.reason ?? new KeeperError("No endpoint answered with its newest block");
    }
    for (const state of states) settle(state, best.number);
    return best.answer;
  }

  /** The highest head; with three or more, not one that is ahead of all others by more than lagging allows. */
  function pickHead<T extends { readonly number: bigint }>(heads: readonly T[]): T | undefined {
    const sorted = [...heads].sort((a, b) => (a.number < b.number ? 1 : a.number > b.number ? -1 : 0));
    const [first, second] = sorted;
    const alone = first !== undefined && second !== undefined && first.number > second.number + BigInt(maxLag);
    return alone && states.length >= 3 ? second : first;
  }

  async function ask(state: State, args: { method: string; params?: unknown }): Promise<unknown> {
    const start = now();
    state.requests++;
    try {
      const answer = await state.endpoint.request(args as never);
      succeed(state, now() - start);
      return answer;
    } catch (error) {
      if (isAnswer(error)) succeed(state, now() - start);
      else fail(state, describeError(error));
      throw error;
    }
  }

  function succeed(state: State, ms: number): void {
    state.latencyMs = state.latencyMs === 0 ? ms : state.latencyMs * 0.9 + ms * 0.1;
    if (state.failing === 0) return;
    state.failing = 0;
    state.until = 0;
    change(state, "healthy");
  }

  function fail(state: State, trouble: string): void {
    state.failures++;
    state.trouble = trouble;
    // requests that were on their way together fail together, and count once
    if (state.until <= now()) {
      state.until = now() + Math.min(BACK_OFF_MS * 2 ** state.failing, MAX_BACK_OFF_MS);
      state.failing++;
    }
    change(state, "failing");
  }

  function settle(state: State, newest: bigint): void {
    if (state.status === "failing" || state.head === undefined) return;
    const lag = newest - state.head;
    const lags = lag > BigInt(maxLag) || -lag > BigInt(maxLag);
    change(state, lags ? "lagging" : "healthy");
  }

  function change(state: State, status: EndpointHealth["status"]): void {
    if (state.status === status) return;
    state.status = status;
    onChange?.(healthOf(state));
  }

  function penalty(state: State, time: number): number {
    if (state.until > time) return 2;
    return state.status === "lagging" ? 1 : 0;
  }

  function remember({ params }: { params?: unknown }, state: State): void {
    const hash = blockHashIn(params);
    if (hash === undefined) return;
    answered.delete(hash);
    answered.set(hash, state);
    if (answered.size > REMEMBERED) answered.delete(answered.keys().next().value as string);
  }

  function healthOf(state: State): EndpointHealth {
    const { endpoint, status, head, requests, failures, failing, latencyMs, trouble } = state;
    const best = states.reduce<bigint | undefined>(
      (most, { head }) => (head !== undefined && (most === undefined || head > most) ? head : most),
      undefined,
    );
    const lag = head === undefined || best === undefined ? undefined : best - head;
    return { name: endpoint.name, status, head, lag, requests, failures, failing, latencyMs, trouble };
  }

  return {
    request: request as EIP1193RequestFn,
    health: () => states.map(healthOf),
    reject(blockHash, reason) {
      const state = answered.get(blockHash);
      if (state !== undefined) fail(state, reason);
    },
  };
}

function isNewest({ method, params }: { method: string; params?: unknown }): boolean {
  return method === "eth_blockNumber" || (Array.isArray(params) && params[0] === "latest");
}

function numberOf(answer: unknown): bigint | undefined {
  if (typeof answer === "string") return BigInt(answer);
  const number = (answer as RpcBlock | null)?.number;
  return number === null || number === undefined ? undefined : BigInt(number);
}

/** Of eth_getLogs by hash, and of calls that are pinned to a block. */
function blockHashIn(params: unknown): Hash | undefined {
  if (!Array.isArray(params)) return undefined;
  for (const param of params as unknown[]) {
    const hash = typeof param === "object" && param !== null && "blockHash" in param ? param.blockHash : undefined;
    if (typeof hash === "string") return hash as Hash;
  }
  return undefined;
}
