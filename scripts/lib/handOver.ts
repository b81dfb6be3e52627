import type { NetworkConnection } from "hardhat/types/network";
import type { Governance } from "./readGovernance.ts";

/**
 * Hands the exchange over: the timelock becomes its only administrator, the guardian gets its role, and the deployer keeps nothing.
 * The deployer must be the administrator, and everything that it is to list must be listed. Returns the timelock's address.
 */
export async function handOver(
  connection: NetworkConnection,
  exchangeAddress: string,
  governance: Governance,
): Promise<string> {
  const { ethers } = connection;
  const [deployer] = await ethers.getSigners();
  if (!deployer) throw new Error("the network has no account to deploy from");
  const exchange = await ethers.getContractAt("Exchange", exchangeAddress);
  const timelock = await (
    await ethers.deployContract("Timelock", [governance.delay, governance.proposer])
  ).getAddress();
  const administrator = await exchange.DEFAULT_ADMIN_ROLE();
  if (governance.guardian) {
    await (await exchange.grantRole(await exchange.GUARDIAN_ROLE(), governance.guardian)).wait();
  }
  await (await exchange.grantRole(administrator, timelock)).wait();
  await (await exchange.renounceRole(administrator, deployer.address)).wait();
  if (!(await exchange.hasRole(administrator, timelock)) || (await exchange.hasRole(administrator, deployer.address))) {
    throw new Error(`the hand-over to timelock ${timelock} did not take effect`);
  }
  return timelock;
}
