/**
 * JSON-RPC over HTTP for a provider: single requests and batches, on a free port of this machine only.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export type Handle = (method: string, params: unknown[]) => Promise<unknown>;

type Request = { readonly id?: unknown; readonly method?: unknown; readonly params?: unknown };

export async function createRpcServer(handle: Handle): Promise<{ readonly port: number }> {
  const server = createServer((request, response) => {
    const answer = readBody(request).then(async (body) => {
      const parsed: unknown = JSON.parse(body);
      if (!Array.isArray(parsed)) return respond(parsed as Request);
      const answers = [];
      for (const single of parsed) answers.push(await respond(single as Request));
      return answers;
    });
    answer.then(
      (result) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(result)),
      (error: unknown) => response.writeHead(400).end(String(error)),
    );
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port };

  async function respond({ id = null, method, params }: Request) {
    const head = { jsonrpc: "2.0", id };
    try {
      return { ...head, result: (await handle(String(method), Array.isArray(params) ? params : [])) ?? null };
    } catch (error) {
      return { ...head, error: describe(error) };
    }
  }
}

/** As Geth reports it: a revert has code 3 and its data in hexadecimal. */
function describe(error: unknown) {
  const fields = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  const { code, data } = fields;
  const nested = typeof data === "object" && data !== null ? (data as Record<string, unknown>)["data"] : data;
  return {
    code: typeof code === "number" ? code : -32603,
    message: error instanceof Error ? error.message : String(error),
    ...(typeof nested === "string" ? { data: nested } : {}),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
