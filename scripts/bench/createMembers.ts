// Members of the crowd with deposits; each call goes through the crowd's own contract, so only what is measured is a plain transaction.
import { type Bench, MARK, MARKET, USD } from "./crowd.ts";

export type MemberOrder = {
  isBid: boolean;
  tick: number;
  lots: bigint;
  leverage: number;
  expiry?: number;
  ioc?: boolean;
};

export async function createMembers(bench: Bench, count: number) {
  for (let i = 0; i < count; i++) await bench.crowd.join(1_000_000n * USD);
  const run = (i: number, data: string) => bench.crowd.run(i, data);
  const place = (i: number, fields: MemberOrder) =>
    run(
      i,
      bench.exchange.interface.encodeFunctionData("placeOrder", [
        { ...bench.order(fields), expiry: fields.expiry ?? 0 },
      ]),
    );
  const setTopUp = (i: number, triggerRate: bigint, most: bigint) =>
    run(i, bench.exchange.interface.encodeFunctionData("setTopUp", [MARKET, triggerRate, most]));
  const cancelAll = (i: number) => run(i, bench.exchange.interface.encodeFunctionData("cancelAll", [MARKET]));
  /** The makers become shorts and the taker long, at the mark. */
  const openAll = async () => {
    for (let i = 0; i < count - 2; i++) {
      await place(i, { isBid: false, tick: MARK, lots: 500n, leverage: 10 });
      await bench.exchange
        .connect(bench.keeper)
        .placeOrder(bench.order({ isBid: true, tick: MARK, lots: 500n, ioc: true }));
    }
  };
  const account = async (i: number) => bench.exchange.accountOf(await bench.crowd.members(i));
  return { place, cancelAll, setTopUp, openAll, account };
}
