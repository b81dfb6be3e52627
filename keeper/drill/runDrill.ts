/**
 * A rehearsal of a crash on a node for development: takes a snapshot of its chain, shocks prices, lets the keeper's own pipeline work as a stranger, looks at
 * what is left, and puts the chain back.
 *
 * Invariant: once the snapshot is taken the chain is put back, whatever happens in between, and that it is the same is checked.
 */
import { type Hex, parseEther } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { readBlock } from "../chain/readBlock.ts";
import type { SettingValues } from "../config/settings.ts";
import { KeeperError } from "../errors.ts";
import type { Log } from "../ops/events.ts";
import { createTestNode, type TestNode } from "./createTestNode.ts";
import type { DrillOptions } from "./options.ts";
import { rehearse } from "./rehearse.ts";
import type { DrillReport } from "./report.ts";

export type DrillParameters = {
  readonly chain: Chain;
  readonly settings: SettingValues;
  readonly options: DrillOptions;
  readonly log: Log;
  /** Ends the drill early; the chain is put back all the same. */
  readonly signal: AbortSignal;
  /** Told what would put the chain back by hand, should this process be killed. */
  readonly onSnapshot?: (snapshot: Hex) => void;
};

/** More than any gas price of a local chain lets a keeper spend. */
const FUNDS = parseEther("1000");

/** Throws ConfigError on a node that cannot take its chain back, before anything is changed. */
export async function runDrill(parameters: DrillParameters): Promise<DrillReport> {
  const { chain, onSnapshot } = parameters;
  const node = createTestNode(chain.client);
  const before = await readBlock(chain);
  const snapshot = await node.snapshot();
  try {
    onSnapshot?.(snapshot);
    return await withBlocksByHand(node, async () => {
      const privateKey = generatePrivateKey();
      const account = privateKeyToAccount(privateKey);
      await node.setBalance(account.address, FUNDS);
      return rehearse({ ...parameters, node, before, key: { account, secrets: [privateKey.slice(2)] } });
    });
  } finally {
    await putBack(chain, node, snapshot, before);
  }
}

/** Throws KeeperError when the chain is another one afterwards. */
async function putBack(chain: Chain, node: TestNode, snapshot: Hex, before: BlockRef): Promise<void> {
  await node.revert(snapshot);
  const after = await readBlock(chain, before.number);
  if (after.hash === before.hash) return;
  throw new KeeperError(
    `The chain is not what it was: its block ${after.number} is ${after.hash}, and was ${before.hash}`,
  );
}

/** Taking a chain back does not bring back how its blocks are made. */
async function withBlocksByHand<T>(node: TestNode, work: () => Promise<T>): Promise<T> {
  const automine = await node.automine();
  await node.setAutomine(false);
  try {
    return await work();
  } finally {
    await node.setAutomine(automine);
  }
}
