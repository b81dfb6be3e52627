/**
 * What a drill must leave as it was, and endpoints that a drill must refuse or survive.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exchangeAbi, lensAbi } from "../../../keeper/chain/abi.ts";
import type { Scene } from "../../../scripts/bench/keeper/createScene.ts";
import { readMarkets } from "../../../scripts/demo/market/readMarkets.ts";

/** Everything that a drill touches. Equal before and after. */
export async function fingerprint({ chain, deployment, market, keeperAddresses }: Scene) {
  const { client, rpc, accounts } = chain;
  const { addresses } = await readMarkets(client, deployment);
  const on = { address: addresses.exchange, abi: exchangeAbi } as const;
  const block = await client.getBlock();
  const count = await client.readContract({ ...on, functionName: "accountCount" });
  const ids = Array.from({ length: Number(count) }, (_, i) => BigInt(i + 1));
  const free = await Promise.all(
    ids.map((id) => client.readContract({ ...on, functionName: "accountAt", args: [id] })),
  );
  const { source } = await client.readContract({ ...on, functionName: "marketConfig", args: [BigInt(market.id)] });
  const [, positions] = await client.readContract({
    address: addresses.lens,
    abi: lensAbi,
    functionName: "positions",
    args: [BigInt(market.id), 0n, 500n],
  });
  return {
    block: { number: block.number, hash: block.hash },
    free,
    positions,
    insurance: await client.readContract({ ...on, functionName: "insuranceBalance" }),
    market: await client.readContract({ ...on, functionName: "marketAt", args: [BigInt(market.id)] }),
    price: await client.readContract({ ...on, functionName: "markPrice", args: [BigInt(market.id)] }),
    source: await client.getCode({ address: source }),
    ether: await Promise.all([...accounts, ...keeperAddresses].map((address) => client.getBalance({ address }))),
    automine: await rpc.request("hardhat_getAutomine"),
    waiting: await rpc.request("eth_getBlockTransactionCountByNumber", ["pending"]),
  };
}

export type Gate = { readonly url: string; readonly seen: () => readonly string[]; readonly close: () => void };

type Request = { readonly id: number; readonly method: string };

/** In front of another endpoint: knows none of the methods that `isHidden`, and remembers what it was asked. */
export async function createGate(target: string, isHidden: (method: string) => boolean): Promise<Gate> {
  const seen: string[] = [];
  const answer = async ({ id, ...rest }: Request): Promise<unknown> => {
    seen.push(rest.method);
    if (isHidden(rest.method)) {
      return { jsonrpc: "2.0", id, error: { code: -32601, message: `the method ${rest.method} does not exist` } };
    }
    const body = JSON.stringify({ ...rest, id });
    const response = await fetch(target, { method: "POST", headers: { "content-type": "application/json" }, body });
    return response.json();
  };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", async () => {
      const asked = JSON.parse(body) as Request | Request[];
      const answers = Array.isArray(asked) ? await Promise.all(asked.map(answer)) : await answer(asked);
      response.setHeader("content-type", "application/json").end(JSON.stringify(answers));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: () => seen,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
