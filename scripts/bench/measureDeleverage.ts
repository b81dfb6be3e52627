// Auto-deleveraging of a bankrupt short against the head of a queue of thousands of longs, ranking verified.
import type { NetworkConnection } from "hardhat/types/network";
import { type Bench, deployBench, MARK, MARKET, openLongs } from "./crowd.ts";
import type { Tracer } from "./trace/createTracer.ts";

const LIMITS = {
  maxSteps: 1,
  maxCounterparties: 1,
  nominee: 0,
  deadline: 0,
  minPrice: -(2n ** 127n),
  maxPrice: 2n ** 127n - 1n,
};
/** Where the bankrupt short is opened, at 50x: its bankruptcy price is then 0.97 of the mark. */
const ENTRY = Math.round(0.951 * MARK);

/** @returns gas per counterparty for k = 20 and 50, and of a single self-picked close. */
export async function measureDeleverage(
  connection: NetworkConnection,
  positions: number,
  trace: Tracer,
): Promise<Record<string, number>> {
  const bench = await deployBench(connection);
  await openLongs(bench, positions);
  const results: Record<string, number> = {};
  for (const k of [20, 50]) {
    const key = `adl${k}of${positions}PerCounterparty`;
    const gas = await deleverageTop(bench, k, true, (hash) => trace(key, hash));
    results[key] = Math.round(gas / k);
  }
  const selfPicked = `adlSelfPicked1of${positions}`;
  results[selfPicked] = await deleverageTop(bench, 1, false, (hash) => trace(selfPicked, hash));
  return results;
}

/** Gas used by closing a bankrupt short in full against the first `k` of the queue. The chain is put back afterwards. */
async function deleverageTop(
  bench: Bench,
  k: number,
  listed: boolean,
  trace: (hash: string) => Promise<void>,
): Promise<number> {
  const snapshot = await bench.networkHelpers.takeSnapshot();
  const price = ((BigInt(MARK) * 10n * 97n) << 16n) / 100n;
  const queue = await bench.exchange.adlQueue(MARKET, false, price, k + 1);
  const lots = queue.slice(0, k).reduce((sum, entry) => sum + entry.lots, 0n);

  await bench.setMark(ENTRY);
  await bench.exchange.connect(bench.maker).placeOrder(bench.order({ isBid: true, tick: ENTRY, lots }));
  await bench.exchange
    .connect(bench.keeper)
    .placeOrder(bench.order({ isBid: false, tick: ENTRY, lots, leverage: 50, ioc: true }));
  await bench.setMark(MARK);

  const ids = listed ? queue.slice(0, k).map((entry) => entry.account) : [];
  const [deployer] = await bench.ethers.getSigners();
  if (!deployer) throw new Error("no signer");
  const response = await bench.exchange.connect(deployer).autoDeleverage(MARKET, ids, LIMITS);
  const receipt = await response.wait();
  if (!receipt) throw new Error("no receipt");
  const closed = receipt.logs.filter(
    (log) => log.topics[0] === bench.exchange.interface.getEvent("DeleverageCall")?.topicHash,
  ).length;
  const left = (await bench.exchange.positionAt(MARKET, await bench.exchange.accountOf(bench.keeper.address))).lots;
  if (closed !== 1 || left !== 0n) throw new Error(`the bankrupt position was not closed in full: ${left} lots left`);
  await trace(receipt.hash);
  await snapshot.restore();
  return Number(receipt.gasUsed);
}
