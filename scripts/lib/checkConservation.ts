/**
 * Whether the exchange's money adds up at a block, read from the chain and nothing else (I6 of the keeper's faults; SOLV-1 to SOLV-3 of
 * docs/protocol.md). For tests and the soak.
 */
import { parseAbi } from "viem";
import { exchangeAbi } from "../../keeper/chain/abi.ts";
import { exchangeAt } from "../../keeper/chain/atBlock.ts";
import type { BlockRef, Chain } from "../../keeper/chain/connect.ts";
import { readPositions } from "../../keeper/chain/readPositions.ts";

/** The seed of a market's pot, and what roundings may add to it: a pot's dust is between nothing and this. */
const MOST_DUST = 2_000_000n;
const tokenAbi = parseAbi(["function balanceOf(address owner) view returns (uint256)"]);

/** @returns What does not add up; empty when everything does. */
export async function checkConservation(chain: Chain, block: BlockRef): Promise<string[]> {
  const { client, deployment } = chain;
  const on = { ...exchangeAt(chain, block), abi: exchangeAbi } as const;
  const [collateral, fund, reserve, treasury, accountCount, marketCount] = await Promise.all([
    client.readContract({ ...on, functionName: "collateral" }),
    client.readContract({ ...on, functionName: "insuranceBalance" }),
    client.readContract({ ...on, functionName: "keeperReserve" }),
    client.readContract({ ...on, functionName: "treasury" }),
    client.readContract({ ...on, functionName: "accountCount" }),
    client.readContract({ ...on, functionName: "marketCount" }),
  ]);
  const tokens = await client.readContract({
    ...on,
    address: collateral,
    abi: tokenAbi,
    functionName: "balanceOf",
    args: [deployment.exchange],
  });
  const accounts = idsTo(accountCount);
  const free = await Promise.all(
    accounts.map((id) => client.readContract({ ...on, functionName: "accountAt", args: [id] })),
  );
  let owed = fund + reserve + treasury + free.reduce((sum, account) => sum + account.free, 0n);
  const wrong: string[] = [];
  for (const market of idsTo(marketCount)) {
    const { pot, openInterest } = await client.readContract({ ...on, functionName: "marketAt", args: [market] });
    const orders = await Promise.all(
      accounts.map((id) => client.readContract({ ...on, functionName: "orderMarginAt", args: [market, id] })),
    );
    owed += pot + orders.reduce((sum, { bidReserve, askReserve }) => sum + larger(bidReserve, askReserve), 0n);
    let [settled, longs, shorts] = [0n, 0n, 0n];
    await readPositions(chain, block, Number(market), 500, ({ lots, cost, margin, fundingIndex }) => {
      settled += ((margin - (lots > 0n ? cost : -cost)) << 16n) + lots * fundingIndex;
      if (lots > 0n) longs += lots;
      else shorts -= lots;
    });
    const dust = (pot << 16n) - settled;
    if (dust < 0n || dust >= MOST_DUST << 16n)
      wrong.push(`SOLV-2: market ${market}: its pot's dust is ${dust} × 2^-16`);
    if (longs !== shorts || longs !== openInterest)
      wrong.push(`SOLV-3: market ${market}: ${longs} lots long, ${shorts} short, open interest ${openInterest}`);
  }
  if (tokens !== owed) wrong.push(`SOLV-1: ${tokens} atoms held, ${owed} owed`);
  return wrong;
}

function idsTo(count: bigint): bigint[] {
  return Array.from({ length: Number(count) }, (_, i) => BigInt(i + 1));
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
