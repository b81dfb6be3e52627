/**
 * Leaving the insurance fund ahead of a loss, and being locked in it. Two stakers of 100 quote units each, both announced and in their
 * window; market 1 may draw 30 a day, market 2 may draw 50. In market 1 a long of 1,000 quote units at 50x, bankrupt below 9,800.
 */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { cross } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { answerAt, GAS, parametersOf, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const DAY = 86_400;
const MAX_AGE = 3_600;
const SHARE = 1_000_000n;
const STAKE = 100n * USD * SHARE;
const SUPPLY = 2n * STAKE;

describe("Attack: leaving the fund ahead of a loss", () => {
  const base = { maxAge: MAX_AGE, tradeAge: MAX_AGE, maturity: 0 };
  const venue = useVenue(
    {
      traders: 6,
      markets: [
        { ...base, dailyCoverCap: 30n * USD },
        { ...base, dailyCoverCap: 50n * USD },
      ],
    },
    async (v) => {
      for (const i of [0, 1]) await stakeAndAnnounce(v, i);
      await v.connection.networkHelpers.time.increase(3 * DAY);
      await setTick(v, 10_000);
      await open(v, 1);
    },
  );
  const fundOf = (i: number) => venue().fund.connect(trader(venue(), i).signer);
  const address = (i: number) => trader(venue(), i).address;
  const time = () => venue().connection.networkHelpers.time;
  const tokens = (i: number) => venue().deployed.collateral.balanceOf(address(i));
  const held = async () =>
    (await venue().exchange.insuranceBalance()) - (await venue().exchange.withdrawableInsurance());

  async function stakeAndAnnounce(v: Venue, i: number) {
    const t = trader(v, i);
    await v.deployed.collateral.mint(t.address, 100n * USD);
    await v.deployed.collateral.connect(t.signer).approve(v.deployed.insuranceFundAddress, 100n * USD);
    await v.fund.connect(t.signer).deposit(100n * USD, t.address);
    await v.fund.connect(t.signer).requestRedeem(STAKE);
  }

  function open(v: Venue, market: number, longLeverage = 50, lots = 10_000) {
    return cross(v, trader(v, 4), trader(v, 5), { market, tick: 10_000, lots, longLeverage, shortLeverage: 2 });
  }

  /** Whether the ERC-4626 limit says what a redemption in the next block does: everything announced, or nothing. */
  async function agrees(i: number, closed: boolean) {
    const snapshot = await venue().connection.networkHelpers.takeSnapshot();
    // the pending block is the one that a call sees
    const max = await fundOf(i).maxRedeem(address(i), { blockTag: "pending" });
    expect(max).equal(closed ? 0n : STAKE);
    if (closed) {
      await expect(fundOf(i).redeem(1, address(i), address(i))).to.be.revertedWithCustomError(
        venue().fund,
        "ERC4626ExceededMaxRedeem",
      );
    } else {
      const before = await tokens(i);
      await fundOf(i).redeem(max, address(i), address(i));
      expect((await tokens(i)) - before).equal((STAKE * (200n * USD + 1n)) / (SUPPLY + SHARE));
    }
    await snapshot.restore();
  }

  /** Whether the fund holds back in a block at `when`. */
  async function closedAt(when: number, closed: boolean) {
    const snapshot = await venue().connection.networkHelpers.takeSnapshot();
    await time().setNextBlockTimestamp(when);
    const call = fundOf(0).redeem(STAKE, address(0), address(0));
    if (closed) await expect(call).to.be.revertedWithCustomError(venue().fund, "ERC4626ExceededMaxRedeem");
    else await (await call).wait();
    await snapshot.restore();
  }

  it("a solvent market with a price holds nothing back", async () => {
    expect(await held()).equal(0n);
    await agrees(0, false);
  });

  it("in the block of the crash, before anybody poked: who leaves early leaves his part of the loss behind", async () => {
    const v = venue();
    await setTick(v, 9_600); // a deficit of 20
    await agrees(0, true);
    const early = (STAKE * (170n * USD + 1n)) / (SUPPLY + SHARE); // 85 of 100
    await fundOf(0).redeemEarly(STAKE, early, address(0), address(0));
    expect(await tokens(0)).equal(early);
    await deleverage(v, []);
    const left = 200n * USD - early - 20n * USD;
    expect(await v.exchange.insuranceBalance()).equal(left);
    // who stayed has more than the 90 that he would have with both staying
    await fundOf(1).redeem(STAKE, address(1), address(1));
    expect(await tokens(1)).equal((STAKE * (left + 1n)) / (STAKE + SHARE));
    expect((await tokens(1)) > 94n * USD).equal(true);
  });

  it("split in parts it pays the same: the early price does not move", async () => {
    const v = venue();
    await setTick(v, 9_600);
    const whole = await fundOf(0).previewRedeemEarly(STAKE);
    for (let i = 0; i < 10; i++) await fundOf(0).redeemEarly(STAKE / 10n, 0, address(0), address(0));
    const parts = await tokens(0);
    expect(parts <= whole && parts > whole - 10n, `${parts} against ${whole}`).equal(true);
    expect(await held()).equal(30n * USD);
    expect(await v.fund.redeemableShares(address(0))).equal(0n);
  });

  it("both leave early: what may be drawn stays, whatever the order and the sizes", async () => {
    const v = venue();
    await setTick(v, 9_600);
    await fundOf(1).redeemEarly(STAKE / 3n, 0, address(1), address(1));
    await fundOf(0).redeemEarly(STAKE, 0, address(0), address(0));
    await fundOf(1).redeemEarly(STAKE - STAKE / 3n, 0, address(1), address(1));
    expect([await v.fund.totalSupply(), (await v.exchange.insuranceBalance()) >= 30n * USD]).to.deep.equal([0n, true]);
    const claim = await v.exchange.insuranceBalance();
    await deleverage(v, []);
    expect(claim - (await v.exchange.insuranceBalance())).equal(20n * USD);
  });

  it("while the price is stale, whatever it was: closed for a day after somebody found it so, then open until a call sees a price again", async () => {
    const v = venue();
    for (const last of [10_000, 9_600]) {
      const snapshot = await v.connection.networkHelpers.takeSnapshot();
      await setTick(v, last);
      await time().increase(MAX_AGE + 10);
      await agrees(0, true);
      expect(await held()).equal(30n * USD);
      await fundOf(2).poke(); // anybody
      const at = await time().latest();
      await closedAt(at + DAY, true);
      await closedAt(at + DAY + 1, false);
      await time().increaseTo(at + DAY - 10);
      await fundOf(2).poke(); // moves no clock
      await closedAt(at + DAY + 1, false);
      // a feed that has died locks nobody in again
      await time().increaseTo(at + 9 * DAY);
      await fundOf(2).poke();
      expect(await held()).equal(0n);
      await setTick(v, last);
      await v.exchange.poke(1, GAS);
      await time().increase(MAX_AGE + 10);
      expect(await held()).equal(30n * USD);
      await snapshot.restore();
    }
  });

  it("a clock of an earlier outage excuses nothing: a price that a call saw ends it", async () => {
    const v = venue();
    await time().increase(MAX_AGE + 10);
    await fundOf(2).poke();
    const first = await time().latest();
    const snapshot = await v.connection.networkHelpers.takeSnapshot();
    await time().increaseTo(first + DAY - MAX_AGE);
    await setTick(v, 10_000);
    await v.exchange.poke(1, GAS);
    await closedAt(first + DAY + 1_000, true); // stale again, and a day after the first outage
    await snapshot.restore();
    await closedAt(first + DAY + 1_000, false);
  });

  it("known insolvent, then stale: a day from when the gate closed; a redemption closes it as a poke does", async () => {
    const v = venue();
    for (const see of [
      () => v.exchange.poke(1, GAS),
      () => fundOf(1).redeemEarly(1_000_000n, 0, address(1), address(1)),
    ]) {
      const snapshot = await v.connection.networkHelpers.takeSnapshot();
      await setTick(v, 9_600);
      await see();
      const at = await time().latest();
      // a later answer of the feed, unseen by anybody, moves nothing
      await time().increaseTo(at + 600);
      await setTick(v, 9_590);
      await closedAt(at + DAY, true);
      await closedAt(at + DAY + 1, false);
      await snapshot.restore();
    }
  });

  it("a feed that fails, or answers what is refused, is no price either", async () => {
    const v = venue();
    const feed = v.aggregators[0];
    const now = await time().latest();
    const breaks = [
      () => feed?.setFailing(true, GAS),
      () => feed?.setRound(answerAt(parametersOf(v), 10_000), now + 30 * DAY, GAS), // from the future
      () => feed?.setRound(0n, now, GAS), // not positive
    ];
    for (const fail of breaks) {
      const snapshot = await v.connection.networkHelpers.takeSnapshot();
      await fail();
      await agrees(0, true);
      await fundOf(0).redeemEarly(0, 0, address(0), address(0)); // finds it
      const at = await time().latest();
      await closedAt(at + DAY, true);
      await closedAt(at + DAY + 1, false);
      await snapshot.restore();
    }
  });

  it("a market that stays insolvent with a live price lets go a day after the gate closed", async () => {
    const v = venue();
    await setTick(v, 9_600);
    await v.exchange.poke(1, GAS);
    const at = await time().latest();
    await time().increaseTo(at + DAY - 100);
    await setTick(v, 9_600);
    await closedAt(at + DAY, true);
    await closedAt(at + DAY + 1, false);
    expect(await v.exchange.poke.staticCall(1, GAS)).equal(true);
  });

  it("the clock starts again for the next insolvency, though no call came between", async () => {
    const v = venue();
    await cross(v, trader(v, 3), trader(v, 5), { tick: 10_000, lots: 10_000, longLeverage: 20, shortLeverage: 2 });
    await setTick(v, 9_700);
    await deleverage(v, []); // the first is resolved, and nobody calls for two days
    expect(await held()).equal(0n);
    await time().increase(DAY + 1_000);
    await setTick(v, 9_300); // the second is bankrupt below 9,500
    expect(await held()).equal(30n * USD);
    await expect(fundOf(0).redeem(1, address(0), address(0))).to.be.revertedWithCustomError(
      v.fund,
      "ERC4626ExceededMaxRedeem",
    );
  });

  it("nobody is locked in: the staker clears the market himself, and redeems at the full price", async () => {
    const v = venue();
    await setTick(v, 9_600);
    await agrees(0, true);
    await trader(v, 0).exchange.autoDeleverage(1, [], LIMITS, GAS);
    await fundOf(0).redeem(STAKE, address(0), address(0));
    expect(await tokens(0)).equal((STAKE * (180n * USD + 1n)) / (SUPPLY + SHARE));
  });

  it("two insolvent markets hold both caps; one that has drawn its cap holds nothing", async () => {
    const v = venue();
    await setTick(v, 10_000, 2);
    await open(v, 2);
    await setTick(v, 9_000);
    expect(await held()).equal(30n * USD);
    await setTick(v, 9_000, 2);
    expect(await held()).equal(80n * USD);
    const early = (STAKE * (120n * USD + 1n)) / (SUPPLY + SHARE);
    await fundOf(0).redeemEarly(STAKE, early, address(0), address(0));
    expect(await tokens(0)).equal(early);
    await deleverage(v, [], {}, 1); // a deficit of 80 takes the cap of 30
    expect(await held()).equal(50n * USD);
    await deleverage(v, [], {}, 2);
    expect(await held()).equal(0n);
  });

  it("a market without open interest holds nothing, though its feed is dead", async () => {
    await time().increase(10 * MAX_AGE);
    await setTick(venue(), 10_000);
    await expect(venue().exchange.markPrice(2)).to.be.revertedWithCustomError(venue().exchange, "StalePrice");
    expect(await held()).equal(0n);
    await agrees(0, false);
  });

  it("a feed of another market that fails does not stop a redemption", async () => {
    const v = venue();
    await v.aggregators[1]?.setFailing(true, GAS);
    await agrees(0, false);
  });

  it("a loss during the cooldown is borne by those who announced", async () => {
    const v = venue();
    await fundOf(0).requestRedeem(STAKE);
    await setTick(v, 9_600);
    await deleverage(v, []);
    await time().increase(3 * DAY);
    await setTick(v, 9_600);
    await fundOf(0).redeem(STAKE, address(0), address(0));
    expect(await tokens(0)).equal((STAKE * (180n * USD + 1n)) / (SUPPLY + SHARE));
  });

  it("an announcement is not for other shares: passed on to an accomplice, borrowed to announce, or moved to oneself", async () => {
    const v = venue();
    // shares of an accomplice that announced: none come along
    await fundOf(0).transfer(address(2), STAKE);
    expect(await v.fund.redeemableShares(address(2))).equal(0n);
    expect(await v.fund.redeemableShares(address(0))).equal(0n);
    await fundOf(2).transfer(address(0), STAKE);
    expect(await v.fund.redeemableShares(address(0))).equal(0n);
    // borrowed to announce double, and given back: what is left is what was held throughout
    await fundOf(1).transfer(address(0), STAKE);
    await fundOf(0).requestRedeem(2n * STAKE);
    await fundOf(0).transfer(address(1), STAKE);
    await time().increase(3 * DAY);
    expect(await v.fund.redeemableShares(address(0))).equal(STAKE);
    await fundOf(1).transfer(address(0), STAKE);
    expect(await v.fund.redeemableShares(address(0))).equal(STAKE);
    // to oneself: nothing has left
    await fundOf(0).transfer(address(0), 2n * STAKE);
    expect(await v.fund.redeemableShares(address(0))).equal(STAKE);
  });

  it("announcing again does not add up, and does not keep the old window", async () => {
    const v = venue();
    await fundOf(0).requestRedeem(STAKE / 4n);
    expect(await v.fund.redeemableShares(address(0))).equal(0n);
    await fundOf(0).requestRedeem(STAKE / 4n);
    await time().increase(3 * DAY);
    expect(await v.fund.redeemableShares(address(0))).equal(STAKE / 4n);
  });
});
