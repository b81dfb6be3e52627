/**
 * From nothing to a chain with the exchange, its people and their keepers on it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Address } from "viem";
import { connectChain } from "./chain/connectChain.ts";
import { keyOf, ROLES } from "./chain/keys.ts";
import { startChain } from "./chain/startChain.ts";
import type { DemoFlags } from "./cli/readFlags.ts";
import type { Actor, Context } from "./context.ts";
import { type KeeperProcess, startKeeper } from "./keeper/startKeeper.ts";
import { readMarkets } from "./market/readMarkets.ts";
import type { PricePath } from "./path/pricePath.ts";
import { createCalls } from "./traders/calls.ts";
import { createPopulation, ROUNDS } from "./traders/population.ts";

export type SetUp = { readonly context: Context; readonly keepers: readonly KeeperProcess[] };

/** Blocks before the opening, in intervals. */
const LEAD = 4;

export async function setUp(flags: DemoFlags, path: PricePath): Promise<SetUp> {
  const first = path.steps[0];
  if (first?.prices === undefined) throw new Error("a path begins with prices");
  const population = createPopulation(flags.accounts, flags.seed);
  // of its own, so that demos at the same time do not meet
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-demo-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const deployment = join(folder, "31337.json");
  const url = await startChain({
    ...first.prices,
    accounts: ROLES.firstTrader + population.length,
    start: first.time - (LEAD + ROUNDS) * path.interval,
    interval: path.interval,
    deployment,
  });
  const chain = await connectChain(url);
  const { addresses, markets } = await readMarkets(chain.client, deployment);
  const account = (index: number): Address => {
    const address = chain.accounts[index];
    if (address === undefined) throw new Error(`the chain has no account ${index}`);
    return address;
  };
  const running = ROLES.keepers.slice(0, flags.keepers);
  const context: Context = {
    chain,
    addresses,
    markets,
    calls: createCalls(addresses),
    administrator: account(ROLES.administrator),
    staker: account(ROLES.staker),
    keepers: running.map(account),
    bystander: account(ROLES.bystander),
    actors: population.map((trader, i): Actor => ({ ...trader, address: account(ROLES.firstTrader + i) })),
  };
  const keepers = running.map((index, i) =>
    startKeeper({ name: `keeper ${i + 1}`, url, deployment, key: keyOf(index), ui: flags.ui && i === 0 }),
  );
  return { context, keepers };
}
