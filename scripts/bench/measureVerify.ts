// What of a deleveraging's gas is the proof that nobody was left out: the same walk over a copy of the same index, on cold storage.
import type { NetworkConnection } from "hardhat/types/network";
import { eligibility } from "../../keeper/core/eligibility.ts";
import { cellOf } from "../../keeper/core/grid.ts";
import { indexKey } from "../../keeper/core/indexKey.ts";
import { childOf, ROOT } from "../../keeper/core/indexWords.ts";
import { type Bench, MARKET } from "./crowd.ts";

/** @param ids The listed counterparties. @param x Bankruptcy price of the short. @param price The mark. X16. */
export async function measureVerify(
  connection: NetworkConnection,
  bench: Bench,
  ids: readonly bigint[],
  x: bigint,
  price: bigint,
): Promise<number> {
  const { base } = await bench.exchange.marketAt(MARKET);
  const cells = new Set(await readCells(bench, ROOT, 0, 0));
  let last = 0;
  for (const id of ids) {
    const { lots, cost, margin, fundingIndex } = await bench.exchange.positionAt(MARKET, id);
    last = indexKey({ account: Number(id), lots, cost, margin, fundingIndex }, Number(base)).cell;
    cells.delete(last);
  }
  const queue = await bench.exchange.adlQueue(MARKET, false, x, ids.length);
  const score = queue[ids.length - 1]?.score ?? 0n;
  const harness = await connection.ethers.deployContract("RankHarness");
  const list = [...cells];
  for (let i = 0; i < list.length; i += 100) await (await harness.fill(list.slice(i, i + 100))).wait();
  const region = eligibility(false, x, { price, funding: 0n }, Number(base));
  return Number(await harness.verify(region, { score, cell: last }));
}

/** All cells of the longs' index, from its words. */
async function readCells(bench: Bench, level: number, u0: number, v0: number): Promise<number[]> {
  const word = await bench.exchange.indexWordAt(MARKET, true, level, u0, v0);
  const cells: number[] = [];
  for (let i = 0; i < 256; i++) {
    if (((word >> BigInt(i)) & 1n) === 0n) continue;
    const { u, v } = childOf(level, u0, v0, i);
    if (level === 0) cells.push(cellOf(u, v));
    else cells.push(...(await readCells(bench, level - 1, u, v)));
  }
  return cells;
}
