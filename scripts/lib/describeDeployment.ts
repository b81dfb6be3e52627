import type { deployPlimsoll } from "./deployPlimsoll.ts";

type Deployed = Awaited<ReturnType<typeof deployPlimsoll>>;

/** The content of deployments/<chainId>.json: addresses, the block to follow events from, and the parameters of each market. */
export function describeDeployment(chainId: number, deployed: Deployed): string {
  const content = {
    chainId,
    startBlock: deployed.startBlock,
    exchange: deployed.exchangeAddress,
    lens: deployed.lensAddress,
    insuranceFund: deployed.insuranceFundAddress,
    collateral: deployed.collateralAddress,
    ...(deployed.timelockAddress ? { timelock: deployed.timelockAddress } : {}),
    markets: deployed.markets.map(({ parameters, ...market }) => ({ ...market, config: parameters })),
  };
  return `${JSON.stringify(content, (_, value) => (typeof value === "bigint" ? value.toString() : value), 2)}\n`;
}
