// Deploys the exchange to the network given with --network and writes deployments/<chainId>.json, which the keeper reads.
// Whatever is wrong is one line and exit code 1, if possible before the first transaction.
import { mkdirSync, writeFileSync } from "node:fs";
import { network } from "hardhat";
import { deployPlimsoll } from "./lib/deployPlimsoll.ts";
import { describeDeployment } from "./lib/describeDeployment.ts";
import { MARKETS } from "./lib/markets.ts";
import { readGovernance } from "./lib/readGovernance.ts";
import { readAddress, readSources } from "./lib/readSources.ts";

const LOCAL_CHAIN = 31337;

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
  // On a public chain nothing is mocked: collateral and price sources must exist.
  const collateral = readAddress(process.env, "COLLATERAL");
  const sources = readSources(process.env, MARKETS);
  if (chainId !== LOCAL_CHAIN) {
    const missing = MARKETS.filter(({ name }) => !sources[name]).map(({ name }) => `FEED_${name} or SOURCE_${name}`);
    if (!collateral) missing.unshift("COLLATERAL");
    if (missing.length > 0) throw new Error(`${missing[0]} is not set: on chain ${chainId} nothing is mocked`);
  }
  const governance = readGovernance(process.env, chainId);
  const deployed = await deployPlimsoll(connection, {
    ...(collateral ? { collateral } : {}),
    sources,
    ...(governance ? { governance } : {}),
  });
  const file = `deployments/${chainId}.json`;
  mkdirSync("deployments", { recursive: true });
  writeFileSync(file, describeDeployment(chainId, deployed));
  console.log(`exchange ${deployed.exchangeAddress} on chain ${chainId}, from block ${deployed.startBlock}: ${file}`);
  await connection.close();
}
