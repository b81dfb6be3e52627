/**
 * What the contracts behind a market's price say at one block, unjudged (judgePrice.ts judges). Undefined for a source of another kind.
 */
import { type Address, type Hex, toHex } from "viem";
import { exchangeAt } from "../chain/atBlock.ts";
import type { BlockRef, Chain } from "../chain/connect.ts";
import { contractError } from "../chain/contractError.ts";
import { sourceAbi } from "./feedAbi.ts";
import type { Round, SourceReading } from "./judgePrice.ts";
import type { PriceSource } from "./source.ts";

export async function readSource(
  chain: Chain,
  block: BlockRef,
  source: PriceSource,
): Promise<SourceReading | undefined> {
  switch (source.kind) {
    case "chainlink": {
      const { decimals, heartbeat, sequencer } = source;
      const [round, up] = await Promise.all([
        readRound(chain, block, source.proxy),
        sequencer === undefined ? undefined : readRound(chain, block, sequencer.feed),
      ]);
      const feed = { kind: "chainlink", decimals, heartbeat, round } as const;
      return sequencer === undefined ? feed : { ...feed, sequencer: { grace: sequencer.grace, round: up } };
    }
    case "pyth": {
      const { window, maxConfidenceRate } = source;
      return { kind: "pyth", window, maxConfidenceRate, ...(await readKept(chain, block, source.address)) };
    }
    case "bounded": {
      const [primary, reference] = await Promise.all([
        readSource(chain, block, source.primary),
        readSource(chain, block, source.reference),
      ]);
      if (primary === undefined || reference === undefined) return undefined;
      const { band, maxReferenceAge } = source;
      return { kind: "bounded", primary, reference, band, maxReferenceAge };
    }
    case "other":
      return undefined;
  }
}

/** A feed that reverts has not answered. */
async function readRound(chain: Chain, block: BlockRef, address: Address): Promise<Round> {
  const call = { ...exchangeAt(chain, block), address, abi: sourceAbi, functionName: "latestRoundData" } as const;
  try {
    const [, answer, startedAt, updatedAt] = await chain.client.readContract(call);
    return { answer, startedAt, updatedAt };
  } catch (error) {
    if (contractError(error) === undefined) throw error;
    return undefined;
  }
}

/** PythSource keeps its price in its first storage slot and has no view of it that is not judged: price, confidence, exponent, time. */
async function readKept(chain: Chain, block: BlockRef, address: Address) {
  const params = [address, toHex(0, { size: 32 }), { blockHash: block.hash }];
  const word = (await chain.client.request({ method: "eth_getStorageAt", params } as never)) as Hex;
  const bits = BigInt(word);
  return {
    price: BigInt.asIntN(64, bits),
    confidence: BigInt.asUintN(64, bits >> 64n),
    exponent: Number(BigInt.asIntN(32, bits >> 128n)),
    publishTime: BigInt.asUintN(64, bits >> 160n),
  };
}
