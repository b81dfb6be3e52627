/** Ten thousand expired orders at the best price: what they cost whoever comes next, and how many calls take them away. */
import { expect } from "chai";
import { ask, bid, FOK, place, requestOf, submit } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const TICK = 10_000;
const EXPIRED = 10_000;

describe("Attack: ten thousand expired orders in front", () => {
  const venue = useVenue({ traders: 4, deposit: 100_000n * USD }, clog, false);

  it("each call takes away as many as its budget says, whoever calls; then the market is as before", async () => {
    const v = venue();
    const taker = trader(v, 1);
    await place(v, trader(v, 2), ask(TICK + 5, 1_000));
    const o = bid(TICK + 5, 1_000, { ioc: true, leverage: 1 });
    expect(await count(v)).equal(EXPIRED);
    await expect(submit(taker, { ...o, ioc: false, timeInForce: FOK })).to.be.revertedWithCustomError(
      v.exchange,
      "FillOrKillFailed",
    );
    const gas: bigint[] = [];
    let calls = 0;
    for (;;) {
      const receipt = await (await submit(taker, o)).wait();
      gas.push(receipt?.gasUsed ?? 0n);
      calls++;
      if ((await readPositions(v)).size !== 0) break;
    }
    expect(calls).equal(Math.ceil((EXPIRED + 1) / 64));
    expect(gas.every((g) => g < 16_777_216n)).equal(true);
    expect((await readPositions(v)).get(taker.account)?.lots).equal(1_000n);
    expect((await v.exchange.marketAt(1)).bestAsk).equal(0n);
  }).timeout(900_000);

  it("who rests behind them, cancels or quotes on the other side is not in their way", async () => {
    const v = venue();
    const [a, b] = [trader(v, 1), trader(v, 2)];
    const { orderId } = await place(v, a, bid(TICK - 10, 500));
    await a.exchange.amendOrder(1, orderId, TICK - 10, 400, GAS);
    await place(v, b, ask(TICK - 10, 400, { ioc: true }));
    expect((await readPositions(v)).size).equal(2);
  });
});

/** 313 members with 32 orders each, all of which expire. */
async function clog(v: Venue): Promise<void> {
  const crowd = await v.connection.ethers.deployContract("Crowd", [v.deployed.exchangeAddress]);
  const expiry = (await v.connection.networkHelpers.time.latest()) + 50_000;
  const order = v.exchange.interface.encodeFunctionData("placeOrders", [
    Array(32).fill(requestOf(ask(TICK, 100, { leverage: 50, expiry }))),
  ]);
  const rest = v.exchange.interface.encodeFunctionData("placeOrders", [
    Array(EXPIRED % 32).fill(requestOf(ask(TICK, 100, { leverage: 50, expiry }))),
  ]);
  const members = Math.ceil(EXPIRED / 32);
  for (let i = 0; i < members; i++) {
    await crowd.join(10n * USD, GAS);
    await crowd.run(i, i === members - 1 && EXPIRED % 32 !== 0 ? rest : order, GAS);
  }
  await v.connection.networkHelpers.time.increase(60_000);
  await setTick(v, TICK);
}

async function count(v: Venue): Promise<number> {
  return Number((await v.exchange.levelAt(1, false, TICK))[1]);
}
