/** How long an order lives: what each TimeInForce fills, rests and refuses. */
import { expect } from "chai";
import { ask, bid, cross, FOK, GTC, IOC, POST_ONLY, place, Reason, requestOf, submit } from "../utils/orders.ts";
import { readPositions } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, trader, USD } from "../utils/venue.ts";

const TICK = 10_000;

describe("Fill or kill", () => {
  const venue = useVenue({ traders: 5, deposit: 10_000n * USD });

  it("fills all lots over several makers, or reverts and says how many it would have filled", async () => {
    const v = venue();
    const taker = trader(v, 2);
    await place(v, trader(v, 0), ask(TICK, 400));
    await place(v, trader(v, 1), ask(10_001, 600));
    await expect(submit(taker, bid(10_001, 1_001, { timeInForce: FOK })))
      .to.be.revertedWithCustomError(v.exchange, "FillOrKillFailed")
      .withArgs(taker.account, 1_000, 1_001);
    expect((await readPositions(v)).size).equal(0);
    const { filled, orderId } = await place(v, taker, bid(10_001, 1_000, { timeInForce: FOK }));
    expect([filled, orderId]).to.deep.equal([1_000n, 0n]);
  });

  it("nothing in reach: reverts with nothing filled", async () => {
    const v = venue();
    const taker = trader(v, 2);
    await expect(submit(taker, bid(TICK, 500, { timeInForce: FOK })))
      .to.be.revertedWithCustomError(v.exchange, "FillOrKillFailed")
      .withArgs(taker.account, 0, 500);
    await place(v, trader(v, 0), ask(10_001, 500));
    await expect(submit(taker, bid(TICK, 500, { timeInForce: FOK }))).to.be.revertedWithCustomError(
      v.exchange,
      "FillOrKillFailed",
    );
  });

  it("the step budget counts: orders that cannot fill use it up, and stay when it reverts", async () => {
    const v = venue();
    const [maker, taker] = [trader(v, 0), trader(v, 2)];
    const { time } = v.connection.networkHelpers;
    const expiry = (await time.latest()) + 20;
    for (let i = 0; i < 3; i++) await place(v, maker, ask(TICK, 200, { expiry }));
    await place(v, trader(v, 1), ask(TICK, 500));
    await time.increase(30);
    await expect(submit(taker, bid(TICK, 500, { timeInForce: FOK, maxSteps: 3 })))
      .to.be.revertedWithCustomError(v.exchange, "FillOrKillFailed")
      .withArgs(taker.account, 0, 500);
    expect((await v.exchange.levelAt(1, false, TICK))[1]).equal(4n);
    const { filled, events } = await place(v, taker, bid(TICK, 500, { timeInForce: FOK, maxSteps: 4 }));
    expect(filled).equal(500n);
    expect(named(events, "OrderRemoved").map((e) => e["reason"])).to.deep.equal(Array(3).fill(Reason.Expired));
  });

  it("a fill that the taker's margin does not cover kills it, whole", async () => {
    const v = venue();
    const taker = trader(v, 2);
    await place(v, trader(v, 0), ask(TICK, 1_000));
    await place(v, trader(v, 1), ask(TICK, 1_000));
    await taker.exchange.withdraw(10_000n * USD - 15n * USD, taker.address, GAS); // a fill of 1,000 takes 10
    await expect(submit(taker, bid(TICK, 2_000, { timeInForce: FOK })))
      .to.be.revertedWithCustomError(v.exchange, "FillOrKillFailed")
      .withArgs(taker.account, 1_000, 2_000);
    // the first fill already: the reason says more
    await expect(submit(taker, bid(TICK, 1_000, { timeInForce: FOK, leverage: 5 })))
      .to.be.revertedWithCustomError(v.exchange, "FillRefused")
      .withArgs(taker.account, 2);
    expect((await v.exchange.accountAt(taker.account)).free).equal(15n * USD);
  });

  it("reduce-only: all of what it may reduce, dust included", async () => {
    const v = venue();
    const [a, b, c] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await cross(v, a, b, { tick: TICK, lots: 1_000 });
    await place(v, c, bid(TICK, 999));
    const whole = ask(TICK, 5_000, { timeInForce: FOK, reduceOnly: true });
    await expect(submit(a, whole))
      .to.be.revertedWithCustomError(v.exchange, "FillOrKillFailed")
      .withArgs(a.account, 999, 1_000);
    expect((await place(v, a, ask(TICK, 950, { timeInForce: FOK, reduceOnly: true }))).filled).equal(950n);
    await expect(submit(a, ask(TICK, 50, { reduceOnly: true }))).to.be.revertedWithCustomError(
      v.exchange,
      "NotionalTooSmall",
    );
    expect((await place(v, c, bid(TICK, 200))).orderId).not.equal(0n);
    expect((await place(v, a, whole)).filled).equal(50n);
    expect((await readPositions(v)).get(a.account)).equal(undefined);
  });
});

describe("Post-only", () => {
  const venue = useVenue({ traders: 4, deposit: 10_000n * USD });

  it("rests when it does not cross, reverts at the touch and beyond it", async () => {
    const v = venue();
    const [maker, quoter] = [trader(v, 0), trader(v, 1)];
    await place(v, maker, ask(TICK, 500));
    for (const tick of [TICK, 10_100]) {
      await expect(submit(quoter, bid(tick, 500, { timeInForce: POST_ONLY })))
        .to.be.revertedWithCustomError(v.exchange, "PostOnlyWouldCross")
        .withArgs(1, tick, TICK);
    }
    const { orderId, filled } = await place(v, quoter, bid(9_999, 500, { timeInForce: POST_ONLY }));
    expect([orderId !== 0n, filled]).to.deep.equal([true, 0n]);
    await expect(submit(maker, ask(9_999, 500, { timeInForce: POST_ONLY })))
      .to.be.revertedWithCustomError(v.exchange, "PostOnlyWouldCross")
      .withArgs(1, 9_999, 9_999);
  });

  it("never takes and never clears: an order in the way that could not fill stops it, too, and stays", async () => {
    const v = venue();
    const { time } = v.connection.networkHelpers;
    await place(v, trader(v, 0), ask(TICK, 500, { expiry: (await time.latest()) + 10 }));
    await time.increase(20);
    await expect(submit(trader(v, 1), bid(TICK, 500, { timeInForce: POST_ONLY }))).to.be.revertedWithCustomError(
      v.exchange,
      "PostOnlyWouldCross",
    );
    expect((await v.exchange.levelAt(1, false, TICK))[1]).equal(1n);
    // its own order is in the way as well
    await place(v, trader(v, 1), bid(9_990, 500));
    await expect(submit(trader(v, 1), ask(9_990, 500, { timeInForce: POST_ONLY }))).to.be.revertedWithCustomError(
      v.exchange,
      "PostOnlyWouldCross",
    );
  });

  it("fills as a maker like any order, and its reserve is the same", async () => {
    const v = venue();
    const [quoter, other, taker] = [trader(v, 0), trader(v, 1), trader(v, 2)];
    await place(v, quoter, bid(9_999, 700, { timeInForce: POST_ONLY, leverage: 7 }));
    await place(v, other, bid(9_999, 700, { leverage: 7 }));
    const held = async (account: number) => (await v.exchange.orderMarginAt(1, account)).bidReserve;
    expect(await held(quoter.account)).equal(await held(other.account));
    const { events } = await place(v, taker, ask(9_999, 700, { ioc: true }));
    expect(named(events, "Trade").map((e) => Number(e["maker"]))).to.deep.equal([quoter.account]);
  });
});

describe("Time in force, compared", () => {
  const venue = useVenue({ traders: 4, deposit: 10_000n * USD });

  for (const [timeInForce, name, expected] of [
    [GTC, "good till cancelled", { filled: 400n, rests: true }],
    [IOC, "immediate or cancel", { filled: 400n, rests: false }],
    [FOK, "fill or kill", "FillOrKillFailed"],
    [POST_ONLY, "post-only", "PostOnlyWouldCross"],
  ] as const) {
    it(`${name}: 1,000 lots against 400`, async () => {
      const v = venue();
      await place(v, trader(v, 0), ask(TICK, 400));
      const o = bid(TICK, 1_000, { timeInForce });
      if (typeof expected === "string") {
        await expect(submit(trader(v, 1), o)).to.be.revertedWithCustomError(v.exchange, expected);
        return;
      }
      const { filled, orderId } = await place(v, trader(v, 1), o);
      expect({ filled, rests: orderId !== 0n }).to.deep.equal(expected);
    });
  }

  it("a value that is none of them is refused", async () => {
    const v = venue();
    const data = v.exchange.interface.encodeFunctionData("placeOrder", [requestOf(bid(TICK, 500))]);
    const word = 4 * 64; // timeInForce is the fifth word
    const bad = `${data.slice(0, 10 + word)}${"4".padStart(64, "0")}${data.slice(10 + word + 64)}`;
    const call = trader(v, 0).signer.sendTransaction({ to: v.deployed.exchangeAddress, data: bad, ...GAS });
    await expect(call).to.be.revertedWithoutReason(v.connection.ethers);
  });

  it("an expired limit on the mark's other side: IOC past the band fills nothing and rests nothing", async () => {
    const v = venue();
    await place(v, trader(v, 0), ask(TICK, 400));
    await setTick(v, 9_000); // the band ends at 9,450
    const events = await eventsOf(v, submit(trader(v, 1), bid(TICK, 500, { timeInForce: IOC })));
    expect(named(events, "Trade").length + named(events, "OrderPlaced").length).equal(0);
    await expect(submit(trader(v, 1), bid(TICK, 500, { timeInForce: FOK }))).to.be.revertedWithCustomError(
      v.exchange,
      "FillOrKillFailed",
    );
  });
});
