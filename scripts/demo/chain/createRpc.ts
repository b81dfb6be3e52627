/**
 * A plain JSON-RPC client: one request, or many in one round trip whose answers come in order.
 */

export type RpcCall = { readonly method: string; readonly params?: readonly unknown[] };
export type RpcAnswer = {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
};

export type Rpc = {
  /** Throws RpcError when the endpoint answers with one. */
  readonly request: <T>(method: string, params?: readonly unknown[]) => Promise<T>;
  /** Never throws for an answer that is an error. */
  readonly batch: (calls: readonly RpcCall[]) => Promise<RpcAnswer[]>;
};

/** More than this in one body gains nothing. */
const BATCH = 500;

export function createRpc(url: string): Rpc {
  let id = 0;

  async function post(body: unknown): Promise<unknown> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`);
    return response.json();
  }

  async function request<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const { result, error } = (await post({ jsonrpc: "2.0", id: ++id, method, params })) as RpcAnswer;
    if (error !== undefined) throw new RpcError(method, error.message);
    return result as T;
  }

  async function batch(calls: readonly RpcCall[]): Promise<RpcAnswer[]> {
    const answers: RpcAnswer[] = [];
    for (let from = 0; from < calls.length; from += BATCH) {
      const body = calls
        .slice(from, from + BATCH)
        .map(({ method, params = [] }) => ({ jsonrpc: "2.0", id: ++id, method, params }));
      answers.push(...((await post(body)) as RpcAnswer[]));
    }
    return answers;
  }

  return { request, batch };
}

export class RpcError extends Error {
  override readonly name = "RpcError";

  constructor(method: string, reason: string) {
    super(`${method}: ${reason}`);
  }
}
