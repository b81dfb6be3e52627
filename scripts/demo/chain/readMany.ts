/**
 * Many views in few round trips: the multicall contract runs inside the call itself, nothing needs to be deployed for it.
 */
import type { Abi, ContractFunctionArgs, ContractFunctionName, ContractFunctionReturnType } from "viem";
import type { DemoChain } from "./connectChain.ts";

/** Views of one name on one contract, with their arguments. */
export type View<abi extends Abi, name extends ContractFunctionName<abi, "view">> = {
  readonly address: `0x${string}`;
  readonly abi: abi;
  readonly functionName: name;
  readonly args: ContractFunctionArgs<abi, "view", name>;
};

/**
 * The answers come back as the code of a contract that is never deployed, which EIP-170 limits to 24 KiB; the calls travel in its
 * initialisation code, which may be twice as long, and are shorter.
 */
const MOST_BYTES = 24_000;
/** What an answer takes beside its own bytes. */
const OVERHEAD = 160;

/** @param bytes Most bytes that one answer has. */
export async function readMany<const abi extends Abi, name extends ContractFunctionName<abi, "view">>(
  { client }: DemoChain,
  views: readonly View<abi, name>[],
  blockNumber: bigint,
  bytes: number,
): Promise<ContractFunctionReturnType<abi, "view", name>[]> {
  const chunk = Math.floor(MOST_BYTES / (bytes + OVERHEAD));
  const chunks: (readonly View<abi, name>[])[] = [];
  for (let from = 0; from < views.length; from += chunk) chunks.push(views.slice(from, from + chunk));
  const answers = await Promise.all(
    chunks.map((contracts) =>
      client.multicall({
        contracts: contracts as never,
        allowFailure: false,
        deployless: true,
        blockNumber,
        batchSize: 0,
      }),
    ),
  );
  return answers.flat() as ContractFunctionReturnType<abi, "view", name>[];
}
