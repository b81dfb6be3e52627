// The order book: whole transactions, warm accounts, both positions existing.
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
  const ask = MARK + 1_000;

  // everybody has a position, an order id and a level to come back to
  await members.openAll();
  await rest(0, ask);
  await rest(1, ask + 10);

  await measure("placeExistingLevel", nothing, () =>
    taker.placeOrder(bench.order({ isBid: false, tick: ask, lots: 100n })),
  );
  await measure("placeNewLevel", nothing, () =>
    taker.placeOrder(bench.order({ isBid: false, tick: ask + 20, lots: 100n })),
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
      for (let i = 0; i < 32; i++)
        await taker.placeOrder(bench.order({ isBid: false, tick: ask + 50 + i, lots: 100n }));
    },
    () => taker.cancelAll(MARKET),
  );

  await measure(
    "liquidate1Maker",
    async () => {
      // a 50x long, the mark down by 1.2 %, and one bid at the mark
      const tick = Math.round(MARK * 0.988);
      await taker.cancelAll(MARKET);
      await members.place(22, { isBid: true, tick: MARK, lots: 2_000n, leverage: 50 });
      await bench.exchange
        .connect(bench.maker)
        .placeOrder(bench.order({ isBid: false, tick: MARK, lots: 2_000n, ioc: true }));
      await bench.setMark(tick);
      await members.place(3, { isBid: true, tick, lots: 2_000n, leverage: 10 });
    },
    async () => taker.liquidate(MARKET, await members.account(22), 8),
  );
  return results;
}
