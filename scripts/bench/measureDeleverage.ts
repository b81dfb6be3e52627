// Auto-deleveraging of a bankrupt short against the head of a queue of thousands of longs, ranking verified.
import type { NetworkConnection } from "hardhat/types/network";
import { type Bench, deployBench, MARK, MARKET, openLongs } from "./crowd.ts";
import { measureVerify } from "./measureVerify.ts";
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
const PRICE = ((BigInt(MARK) * 10n * 97n) << 16n) / 100n;

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
    if (k !== 20) continue;
    const ids = (await bench.exchange.adlQueue(MARKET, false, PRICE, k)).map((entry) => entry.account);
    const verify = await measureVerify(connection, bench, ids, PRICE, (BigInt(MARK) * 10n) << 16n);
    results[`adlVerifyShare20${positions === 10_000 ? "" : `Of${positions}`}`] =
      Math.round((1_000 * verify) / gas) / 1_000;
  }
  const selfPicked = `adlSelfPicked1of${positions}`;
  results[selfPicked] = await deleverageTop(bench, 1, false, (hash) => trace(selfPicked, hash));
  results[`waterfillCallOf${positions}PerCounterparty`] = Math.round(await fillTop(bench, 20));
  return results;
}

/** Gas, by counterparty touched, of one waterfill call that lists the first `k`. A call makes a bounded number of steps, so it may end before the last. */
async function fillTop(bench: Bench, k: number): Promise<number> {
  const snapshot = await bench.networkHelpers.takeSnapshot();
  const [market] = bench.markets;
  if (!market) throw new Error("no market");
  const { risk, tiers, ...config } = market.parameters;
  await bench.setMark(MARK);
  const waterfill = { source: market.source, extraTiers: tiers.length, ...config, rankPolicy: 1 };
  await bench.exchange.updateMarket(MARKET, waterfill, risk, [...tiers]);
  const queue = await bench.exchange.adlQueue(MARKET, false, PRICE, k + 1);
  const ids = queue.slice(0, k).map((entry) => entry.account);
  const all = queue.slice(0, k).reduce((sum, entry) => sum + entry.lots, 0n);
  const { gas, counterparties } = await closeBankrupt(bench, ids, all);
  await snapshot.restore();
  return gas / counterparties;
}

/** Gas used by closing a bankrupt short in full against the first `k` of the queue. The chain is put back afterwards. */
async function deleverageTop(
  bench: Bench,
  k: number,
  listed: boolean,
  trace: (hash: string) => Promise<void>,
): Promise<number> {
  const snapshot = await bench.networkHelpers.takeSnapshot();
  const queue = await bench.exchange.adlQueue(MARKET, false, PRICE, k + 1);
  const lots = queue.slice(0, k).reduce((sum, entry) => sum + entry.lots, 0n);
  const ids = listed ? queue.slice(0, k).map((entry) => entry.account) : [];
  const { gas, left, hash } = await closeBankrupt(bench, ids, lots);
  await trace(hash);
  if (left !== 0n) throw new Error(`the bankrupt position was not closed in full: ${left} lots left`);
  await snapshot.restore();
  return gas;
}

/** Opens a short of `lots` that is bankrupt at the mark, and deleverages it in one call. */
async function closeBankrupt(bench: Bench, ids: bigint[], lots: bigint) {
  await bench.setMark(ENTRY);
  await bench.exchange.connect(bench.maker).placeOrder(bench.order({ isBid: true, tick: ENTRY, lots }));
  await bench.exchange
    .connect(bench.keeper)
    .placeOrder(bench.order({ isBid: false, tick: ENTRY, lots, leverage: 50, ioc: true }));
  await bench.setMark(MARK);
  const [deployer] = await bench.ethers.getSigners();
  if (!deployer) throw new Error("no signer");
  const response = await bench.exchange.connect(deployer).autoDeleverage(MARKET, ids, LIMITS);
  const receipt = await response.wait();
  if (!receipt) throw new Error("no receipt");
  const count = (name: "DeleverageCall" | "AutoDeleveraged") =>
    receipt.logs.filter((log) => log.topics[0] === bench.exchange.interface.getEvent(name)?.topicHash).length;
  if (count("DeleverageCall") !== 1) throw new Error("the call closed nothing");
  const account = await bench.exchange.accountOf(bench.keeper.address);
  const { lots: open } = await bench.exchange.positionAt(MARKET, account);
  const left = open < 0n ? -open : open;
  return { gas: Number(receipt.gasUsed), hash: receipt.hash, left, counterparties: count("AutoDeleveraged") };
}
