// Deploys the exchange to the network given with --network and writes deployments/<chainId>.json, which the keeper reads.
// Whatever is wrong is one line and exit code 1, if possible before the first transaction.
import { mkdirSync, writeFileSync } from "node:fs";
import { network } from "hardhat";
import { deployPlimsoll } from "./lib/deployPlimsoll.ts";
import { describeDeployment } from "./lib/describeDeployment.ts";
import { MARKETS } from "./lib/markets.ts";
import { readGovernance } from "./lib/readGovernance.ts";

const LOCAL_CHAIN = 31337;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

try {
  await deploy();
} catch (error) {
  const [line] = (error instanceof Error ? error.message : String(error)).split("\n");
  console.error(`deploy: ${line}`);
  process.exit(1);
}

async function deploy(): Promise<void> {
  const connection = await network.create();
  const chainId = Number((await connection.ethers.provider.getNetwork()).chainId);
  const expected = process.env.CHAIN_ID;
  if (connection.networkName === "rpc" && expected && Number(expected) !== chainId) {
    throw new Error(`CHAIN_ID is ${expected}, but the endpoint is on chain ${chainId}`);
  }
  // On a public chain nothing is mocked: collateral and feeds must exist.
  const collateral = addressFrom("COLLATERAL", chainId);
  const feeds: Record<string, string> = {};
  for (const { name } of MARKETS) {
    const feed = addressFrom(`FEED_${name}`, chainId);
    if (feed) feeds[name] = feed;
  }
  const governance = readGovernance(process.env, chainId);
  const deployed = await deployPlimsoll(connection, {
    ...(collateral ? { collateral } : {}),
    feeds,
    ...(governance ? { governance } : {}),
  });
  const file = `deployments/${chainId}.json`;
  mkdirSync("deployments", { recursive: true });
  writeFileSync(file, describeDeployment(chainId, deployed));
  console.log(`exchange ${deployed.exchangeAddress} on chain ${chainId}, from block ${deployed.startBlock}: ${file}`);
  await connection.close();
}

/** An address from the environment; on the local chain it may be missing. */
function addressFrom(variable: string, chainId: number): string | undefined {
  const value = process.env[variable];
  if (!value) {
    if (chainId === LOCAL_CHAIN) return undefined;
    throw new Error(`${variable} is not set: on chain ${chainId} nothing is mocked`);
  }
  if (!ADDRESS.test(value)) throw new Error(`${variable} is not an address: ${value}`);
  return value;
}
