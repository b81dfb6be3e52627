/**
 * An armed keeper in this process, on a local chain whose blocks the test makes: what it sends lies in the mempool until then, so that others can
 * come before it.
 */
import assert from "node:assert/strict";
import { type Address, encodeFunctionData, type Hex } from "viem";
import { exchangeAbi } from "../../../../keeper/chain/abi.ts";
import { connect } from "../../../../keeper/chain/connect.ts";
import { readBlock } from "../../../../keeper/chain/readBlock.ts";
import { readDeployment } from "../../../../keeper/config/readDeployment.ts";
import { readSettings } from "../../../../keeper/config/readSettings.ts";
import { runKeeper } from "../../../../keeper/runKeeper.ts";
import { createScene } from "../../../../scripts/bench/keeper/createScene.ts";
import { checkConservation } from "../../../../scripts/lib/checkConservation.ts";

export type Said = {
  readonly type: string;
  readonly plan?: { readonly kind: string; readonly account?: number };
  readonly outcome?: { readonly kind: string; readonly reason?: string; readonly hash?: Hex };
  readonly skip?: { readonly reason: string };
  readonly [field: string]: unknown;
};

export type Arena = Awaited<ReturnType<typeof createArena>>;

const GAS = 6_000_000;
const open = new Set<() => Promise<void>>();

/** Those of tests that failed before they came to it. */
export async function closeArenas(): Promise<void> {
  await Promise.all([...open].map((close) => close()));
}

export async function createArena(pairs: number, settings: readonly string[] = []) {
  const scene = await createScene({ pairs, keepers: 1 });
  await scene.byClock();
  const stop = new AbortController();
  const said: Said[] = [];
  const env = { RPC_URL: scene.url, KEEPER_PRIVATE_KEY: scene.keys[0], DEPLOYMENT: scene.deployment };
  const fixed = [
    "--mode",
    "armed",
    "--json",
    "--journal",
    ":memory:",
    "--jitter-ms",
    "0",
    "--poll-ms",
    "30",
    "--poke-seconds",
    "0",
  ];
  const { values } = readSettings([...fixed, "--head-seconds", "0", ...settings], env);
  const deployment = readDeployment(scene.deployment, 31337);
  const running = runKeeper({
    settings: values,
    deployment,
    signal: stop.signal,
    write: (line) => said.push(JSON.parse(line) as Said),
  });
  const failed = running.then(() => undefined);
  const chain = await connect({ rpcUrl: scene.url, chainId: 31337, deployment });
  const keeper = scene.keeperAddresses[0] ?? assert.fail();
  const { client } = scene.chain;
  const nonce = (blockTag: "latest" | "pending") => client.getTransactionCount({ address: keeper, blockTag });

  async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 400; i++) {
      if (await isTrue()) return;
      await Promise.race([sleep(50), failed]);
    }
    assert.fail(`${what}: ${JSON.stringify(said.slice(-6))}`);
  }

  /** The keeper has looked at the newest block and has nothing to do, or waits for its transaction to be mined. */
  async function settled(): Promise<"idle" | "sent"> {
    const { number } = await client.getBlock();
    let sent = false;
    await until("the keeper is done with the block", async () => {
      sent = (await nonce("pending")) > (await nonce("latest"));
      return sent || said.some(({ type, block }) => type === "idle" && Number(block) >= Number(number));
    });
    return sent ? "sent" : "idle";
  }

  const close = async () => {
    open.delete(close);
    stop.abort();
    await running;
    scene.remove();
  };
  open.add(close);

  await until("the keeper starts", () => said.some(({ type }) => type === "idle"));
  return {
    scene,
    chain,
    keeper,
    said,
    until,
    settled,
    block: async () => {
      await scene.mine();
      return settled();
    },
    nonce,
    call: (from: Address, functionName: string, args: readonly unknown[]) => ({
      from,
      to: scene.addresses.exchange,
      data: encodeFunctionData({ abi: exchangeAbi, functionName, args } as never),
      gas: GAS,
    }),
    accountOf: async (owner: Address) =>
      Number(
        await client.readContract({
          address: scene.addresses.exchange,
          abi: exchangeAbi,
          functionName: "accountOf",
          args: [owner],
        }),
      ),
    positionOf: (account: number) =>
      client.readContract({
        address: scene.addresses.exchange,
        abi: exchangeAbi,
        functionName: "positionAt",
        args: [BigInt(scene.market.id), BigInt(account)],
      }),
    /** Outcomes of attempts since a place in what was said. */
    outcomes: (from = 0) =>
      said
        .slice(from)
        .flatMap(({ type, plan, outcome }) => (type === "attempt" && outcome ? [{ plan, ...outcome }] : [])),
    /** I6. */
    conserves: async (label: string) =>
      assert.deepEqual(await checkConservation(chain, await readBlock(chain)), [], `I6: ${label}`),
    close,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
