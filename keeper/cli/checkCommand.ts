/**
 * The command `check`: goes through everything that a start needs, and says of each whether it is there. Sends nothing.
 */
import { existsSync } from "node:fs";
import { formatEther } from "viem";
import { type Chain, connect } from "../chain/connect.ts";
import { describeError } from "../chain/describeError.ts";
import { readBlock } from "../chain/readBlock.ts";
import { readPrices } from "../chain/readPrices.ts";
import type { Deployment } from "../config/readDeployment.ts";
import { type Key, readKey } from "../config/readKey.ts";
import type { SettingValues } from "../config/settings.ts";
import { journalPath, marketsOf } from "../createWorker.ts";
import { openDatabase } from "../db/openDatabase.ts";
import { ConfigError } from "../errors.ts";

export type CheckReturnType = { readonly text: string; readonly failed: boolean };

/** Throws what `connect` throws: without an endpoint there is nothing else to check. */
export async function checkCommand(settings: SettingValues, deployment: Deployment): Promise<CheckReturnType> {
  const lines: string[] = [];
  let failed = false;
  const step = async (name: string, work: () => Promise<string> | string): Promise<void> => {
    try {
      lines.push(`ok      ${name}: ${await work()}`);
    } catch (error) {
      failed = true;
      lines.push(`failed  ${name}: ${describeError(error)}`);
    }
  };
  let key: Key | undefined;
  await step("key", () => {
    key = readKey(settings);
    return key?.account.address ?? `none, which mode ${settings.mode} does not need`;
  });
  const chain = await connect({ ...settings, deployment });
  const block = await readBlock(chain);
  await step("endpoint", () => {
    const age = BigInt(Math.floor(Date.now() / 1000)) - block.timestamp;
    return `chain ${chain.chainId}, block ${block.number}, ${age} s old`;
  });
  await step("markets", () => {
    const ids = marketsOf(chain, settings.markets);
    return deployment.markets
      .filter(({ id }) => ids?.has(id) ?? true)
      .map(({ name }) => name)
      .join(", ");
  });
  for (const { id, name } of deployment.markets) {
    await step(`price of ${name}`, async () => {
      const { prices } = await readPrices(chain, block, id);
      if (!prices.ok) throw new Error(`the exchange refuses it: ${prices.reason}`);
      return "usable";
    });
  }
  if (key !== undefined) await checkSigner(step, chain, settings, key);
  return { text: `${lines.join("\n")}\n`, failed };
}

async function checkSigner(
  step: (name: string, work: () => Promise<string> | string) => Promise<void>,
  chain: Chain,
  settings: SettingValues,
  { account }: Key,
): Promise<void> {
  await step("balance", async () => {
    const balance = await chain.client.getBalance({ address: account.address });
    if (balance < settings.minBalance)
      throw new ConfigError(`${formatEther(balance)} ether, below MIN_BALANCE ${formatEther(settings.minBalance)}`);
    return `${formatEther(balance)} ether`;
  });
  await step("mempool", async () => {
    const [latest, pending] = await Promise.all([
      chain.client.getTransactionCount({ address: account.address, blockTag: "latest" }),
      chain.client.getTransactionCount({ address: account.address, blockTag: "pending" }),
    ]);
    return pending > latest
      ? `${pending - latest} transactions of this key are waiting`
      : "nothing of this key is waiting";
  });
  await step("journal", () => {
    const path = journalPath(settings, account.address);
    if (path === ":memory:" || !existsSync(path)) return `${path}, new`;
    openDatabase(path).close();
    return path;
  });
}
