/**
 * The order book: whole transactions, both positions existing, on accounts and a market that have been in use.
 *
 * "In use" is meant literally, for every word a transaction writes that outlives what it was written for: each account has had as many
 * orders as it is going to have (a seat's slot keeps its generation number and is never zero again), has one resting elsewhere, and what
 * is measured has happened before at these prices, so the index words around them have been written. What words cost that nothing has
 * written before is shown by `placeFirst` and `liquidate1MakerNewCells`.
 */
import type { NetworkConnection } from "hardhat/types/network";
import type { ContractTransactionResponse } from "ethers";
import { createMembers } from "./createMembers.ts";
import { deployBench, MARK, MARKET } from "./crowd.ts";
import type { Tracer } from "./trace/createTracer.ts";

/** For what needs no preparation. */
const nothing = async (): Promise<void> => undefined;

export async function measureBook(
  connection: NetworkConnection,
  _positions: number,
  trace: Tracer,
): Promise<Record<string, number>> {
  const bench = await deployBench(connection);
  const members = await createMembers(bench, 24);
  const results: Record<string, number> = {};
  const measure = async (
    key: string,
    prepare: () => Promise<unknown>,
    act: () => Promise<ContractTransactionResponse>,
  ) => {
    const snapshot = await bench.networkHelpers.takeSnapshot();
    await prepare();
    const receipt = await (await act()).wait();
    if (!receipt) throw new Error(`${key}: no receipt`);
    results[key] = Number(receipt.gasUsed);
    await trace(key, receipt.hash);
    await snapshot.restore();
  };
  const taker = bench.exchange.connect(bench.keeper);
  const rest = async (i: number, tick: number, lots = 100n) =>
    members.place(i, { isBid: false, tick, lots, leverage: 10 });
  const takerAccount = await bench.exchange.accountOf(bench.keeper.address);
  const ask = MARK + 1_000;

  // everybody has a position, and a level to come back to
  await members.openAll();
  await rest(0, ask);
  await rest(1, ask + 10);
  const place = (tick: number) => taker.placeOrder(bench.order({ isBid: false, tick, lots: 100n }));

  await measure("placeFirst", nothing, () => place(ask));
  // from here on the account has had orders, all of its seats, and has one far away
  await place(ask + 500);
  for (let seat = 1; seat < 32; seat++) await place(ask + 600);
  for (const id of (await bench.exchange.orderMarginAt(MARKET, takerAccount)).orderIds.slice(1))
    await taker.cancelOrder(MARKET, id);

  await measure("placeExistingLevel", nothing, () => place(ask));
  await measure("placeNewLevel", nothing, () => place(ask + 20));
  // both sides worth more than the impact notional, 10,000 dollars, on several levels
  const deepen = async () => {
    for (let i = 0; i < 4; i++) {
      await members.place(i + 2, { isBid: false, tick: ask - 100 + i, lots: 400n, leverage: 10 });
      await members.place(i + 8, { isBid: true, tick: MARK - 100 - i, lots: 400n, leverage: 10 });
    }
  };
  await measure("placeInDeepBook", deepen, () => place(ask - 100));
  await measure("placeMovingImpact", deepen, () =>
    taker.placeOrder(bench.order({ isBid: false, tick: ask - 100, lots: 2_000n })),
  );
  const resting = async () => {
    const result = await taker.placeOrder.staticCallResult(bench.order({ isBid: false, tick: ask, lots: 100n }));
    await taker.placeOrder(bench.order({ isBid: false, tick: ask, lots: 100n }));
    return result[0].orderId;
  };
  let id = 0n;
  await measure(
    "cancel",
    async () => {
      id = await resting();
    },
    () => taker.cancelOrder(MARKET, id),
  );

  const take = (makers: number) =>
    taker.placeOrder(bench.order({ isBid: true, tick: ask, lots: 100n * BigInt(makers), ioc: true }));
  await measure("take1Maker", nothing, () => take(1));
  await measure(
    "take20Makers",
    async () => {
      for (let i = 2; i <= 20; i++) await rest(i, ask);
    },
    () => take(20),
  );
  results.takePerExtraMaker = Math.round(((results.take20Makers ?? 0) - (results.take1Maker ?? 0)) / 19);
  delete results.take20Makers;

  const expired = async (count: number) => {
    const expiry = (await bench.networkHelpers.time.latest()) + 100;
    for (let i = 0; i < count; i++)
      await members.place(i + 2, { isBid: false, tick: ask - 10, lots: 100n, leverage: 10, expiry });
    await bench.networkHelpers.time.increase(200);
    await bench.setMark(MARK);
  };
  await measure(
    "takeAfter1Expired",
    () => expired(1),
    () => take(1),
  );
  await measure(
    "takeAfter20Expired",
    () => expired(20),
    () => take(1),
  );
  results.takePerExtraExpiredOrder = Math.round(
    ((results.takeAfter20Expired ?? 0) - (results.takeAfter1Expired ?? 0)) / 19,
  );
  delete results.takeAfter1Expired;
  delete results.takeAfter20Expired;

  await measure(
    "cancelAll32",
    async () => {
      for (let i = 1; i < 32; i++)
        await taker.placeOrder(bench.order({ isBid: false, tick: ask + 50 + i, lots: 100n }));
    },
    () => taker.cancelAll(MARKET),
  );

  /** A 50x long, the mark down by 1.2 %, and one bid at the mark: `i` is to be liquidated into the order of `j`. */
  const crash = async (i: number, j: number) => {
    const tick = Math.round(MARK * 0.988);
    await bench.setMark(MARK);
    await members.place(i, { isBid: true, tick: MARK, lots: 2_000n, leverage: 50 });
    await bench.exchange
      .connect(bench.maker)
      .placeOrder(bench.order({ isBid: false, tick: MARK, lots: 2_000n, ioc: true }));
    await bench.setMark(tick);
    await members.place(j, { isBid: true, tick, lots: 2_000n, leverage: 10 });
  };
  const liquidate = async (i: number) => taker.liquidate(MARKET, await members.account(i), 8);
  const clear = async () => {
    await taker.cancelAll(MARKET);
    await members.cancelAll(0);
    await members.cancelAll(1);
  };
  await measure(
    "liquidate1MakerNewCells",
    async () => {
      await clear();
      await crash(22, 3);
    },
    () => liquidate(22),
  );
  await measure(
    "liquidate1Maker",
    async () => {
      await clear();
      await crash(23, 2);
      await liquidate(23);
      await members.cancelAll(2); // what the smaller close left of it
      await crash(22, 3);
    },
    () => liquidate(22),
  );
  return results;
}
