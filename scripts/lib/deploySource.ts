import type { NetworkConnection } from "hardhat/types/network";

/** Where a market's price comes from. */
export type SourceChoice =
  /** A Chainlink feed; on a rollup together with its sequencer's uptime feed. Seconds. */
  | { kind: "chainlink"; feed: string; heartbeat: number; sequencer?: { feed: string; grace: number } }
  /** A price source that is deployed already, and has a price: Pyth's, a bounded one. */
  | { kind: "existing"; source: string }
  /** A feed that answers when it is told to, for local chains. Whole quote units. */
  | { kind: "mock"; initialPrice: number };

export interface DeployedSource {
  source: string;
  /** The feed behind a Chainlink source; of another kind, the source itself. */
  aggregator: string;
}

const NONE = "0x0000000000000000000000000000000000000000";
/** The longest that a source takes. A mock owes nobody an answer. */
const NO_HEARTBEAT = 7 * 24 * 3_600;

/** Deploys the price source of one market, unless it is there. */
export async function deploySource({ ethers }: NetworkConnection, choice: SourceChoice): Promise<DeployedSource> {
  if (choice.kind === "existing") return { source: choice.source, aggregator: choice.source };
  const deploy = async (name: string, args: unknown[]) => (await ethers.deployContract(name, args)).getAddress();
  const feed =
    choice.kind === "chainlink"
      ? choice.feed
      : await deploy("MockAggregator", [8, BigInt(Math.round(choice.initialPrice * 1e8))]);
  const heartbeat = choice.kind === "chainlink" ? choice.heartbeat : NO_HEARTBEAT;
  const sequencer = (choice.kind === "chainlink" && choice.sequencer) || { feed: NONE, grace: 0 };
  const source = await deploy("ChainlinkSource", [feed, heartbeat, sequencer.feed, sequencer.grace]);
  return { source, aggregator: feed };
}
