// Deploys the exchange to the network given with --network and writes deployments/<chainId>.json, which the keeper reads.
import { mkdirSync, writeFileSync } from "node:fs";
import { network } from "hardhat";
import { deployPlimsoll } from "./lib/deployPlimsoll.ts";
import { describeDeployment } from "./lib/describeDeployment.ts";

const connection = await network.create();
const chainId = Number((await connection.ethers.provider.getNetwork()).chainId);

// On a public chain nothing is mocked: collateral and feeds come from .env, and a missing one is an error before the first transaction.
const isLocal = chainId === 31337;
const collateral = process.env.COLLATERAL;
const feeds: Record<string, string> = {};
for (const name of ["BTC", "ETH"]) {
  const feed = process.env[`FEED_${name}`];
  if (feed) feeds[name] = feed;
  else if (!isLocal) fail(`FEED_${name} is not set: on chain ${chainId} every market needs its Chainlink feed`);
}
if (!collateral && !isLocal) fail(`COLLATERAL is not set: on chain ${chainId} the collateral token must exist`);

const deployed = await deployPlimsoll(connection, { ...(collateral ? { collateral } : {}), feeds });
const file = `deployments/${chainId}.json`;
mkdirSync("deployments", { recursive: true });
writeFileSync(file, describeDeployment(chainId, deployed));
console.log(`exchange ${deployed.exchangeAddress} on chain ${chainId}, from block ${deployed.startBlock}: ${file}`);
await connection.close();

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
