/** Plans made from the keeper's own reading of the chain, and what the contract makes of them. */
import { expect } from "chai";
import { readBlock } from "../../keeper/chain/readBlock.ts";
import { prepareCall } from "../../keeper/exec/prepareCall.ts";
import { verifyEffect } from "../../keeper/exec/verifyEffect.ts";
import { planWorld } from "../../keeper/planWorld.ts";
import { takeSnapshot } from "../../keeper/state/takeSnapshot.ts";
import { keeperChain } from "../utils/keeperChain.ts";
import { bid, cross, place } from "../utils/orders.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const LIMITS = { maxSteps: 64, maxCounterparties: 40 };

async function planNow(v: Venue) {
  const chain = await keeperChain(v);
  const world = await takeSnapshot(chain, await readBlock(chain), { pageSize: 10, logRange: 10_000 });
  return { chain, plan: await planWorld(chain, world, () => ({ warnMove: 20_000n })) };
}

describe("Plans from the keeper's reading", () => {
  const venue = useVenue({ traders: 8, deposit: 1_000n * USD, markets: [{}, {}] }, async (v) => {
    await setTick(v, TICK);
  });

  it("say beforehand how much of two liquidations the book fills, the worse position first", async () => {
    const v = venue();
    for (const [i, lots, leverage] of [
      [0, 5_000, 50],
      [1, 5_000, 48],
    ] as const) {
      await cross(v, trader(v, i), trader(v, 7), { tick: TICK, lots, longLeverage: leverage });
    }
    const mark = 9_880;
    await setTick(v, mark);
    // not enough for both
    await place(v, trader(v, 5), bid(mark - 1, 1_500, { leverage: 5 }));
    await place(v, trader(v, 6), bid(mark - 3, 900, { leverage: 5 }));
    const { chain, plan } = await planNow(v);
    expect(plan.missed).to.deep.equal([]);
    const liquidations = (plan.markets[0]?.plans ?? []).flatMap((item) => (item.kind === "liquidate" ? [item] : []));
    expect(liquidations.length).greaterThan(0);
    expect(liquidations[0]?.account).equal(trader(v, 0).account);
    const planned = liquidations.reduce((sum, { fillLots = 0n }) => sum + fillLots, 0n);
    expect(planned <= 2_400n && planned > 0n).equal(true);
    for (const item of liquidations) {
      const call = prepareCall(chain.deployment.exchange, item, LIMITS);
      const sent = await trader(v, 4).signer.sendTransaction({ to: call.to, data: call.data, ...GAS });
      const receipt = await chain.client.getTransactionReceipt({ hash: sent.hash as `0x${string}` });
      const effect = verifyEffect(item, chain.deployment.exchange, receipt);
      expect(effect?.lots, `account ${item.account}`).equal(item.fillLots);
    }
  });

  it("warn of the account that the next move makes bankrupt, and a move by so much does", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 7), { tick: TICK, lots: 5_000, longLeverage: 50 });
    await setTick(v, 9_990);
    const { plan } = await planNow(v);
    const warning = plan.markets[0]?.warning;
    expect(warning?.accounts).equal(1);
    const first = warning?.nearest[0];
    expect(first?.account).equal(trader(v, 0).account);
    expect(plan.markets[0]?.plans).to.deep.equal([]);
    // one tick is worth 10^... the price at which it is bankrupt lies between two ticks
    const { tickValue } = plan.markets[0]?.view.parameters ?? { tickValue: 1n };
    const tick = Number((first?.bankruptcyPrice ?? 0n) / (tickValue << 16n));
    await setTick(v, tick + 1);
    expect((await v.exchange.bankruptAccount(1, first?.account ?? 0))[0]).equal(0n);
    await setTick(v, tick);
    expect((await v.exchange.bankruptAccount(1, first?.account ?? 0))[0]).equal(BigInt(first?.account ?? 0));
  });

  it("pay out a market that has ended, while the other goes on", async () => {
    const v = venue();
    await cross(v, trader(v, 0), trader(v, 1), { tick: TICK, lots: 1_000, longLeverage: 5 });
    await cross(v, trader(v, 2), trader(v, 3), { tick: TICK, lots: 1_000, longLeverage: 5, market: 2 });
    await setTick(v, TICK);
    await v.exchange.retireMarket(1, GAS);
    const { chain, plan } = await planNow(v);
    const [item] = plan.markets[0]?.plans ?? [];
    expect(item?.kind).equal("settle");
    expect(plan.markets[1]?.plans).to.deep.equal([]);
    if (item?.kind !== "settle") throw new Error("no settlement was planned");
    const call = prepareCall(chain.deployment.exchange, item, LIMITS);
    const send = async () => {
      const sent = await trader(v, 4).signer.sendTransaction({ to: call.to, data: call.data, ...GAS });
      return chain.client.getTransactionReceipt({ hash: sent.hash as `0x${string}` });
    };
    expect(verifyEffect(item, chain.deployment.exchange, await send())?.settled).equal(2);
    expect(verifyEffect(item, chain.deployment.exchange, await send()), "nothing is left to do").equal(undefined);
    const after = await planNow(v);
    expect(after.plan.markets[0]?.skips).to.deep.equal([{ market: 1, reason: "no positions" }]);
  });
});
