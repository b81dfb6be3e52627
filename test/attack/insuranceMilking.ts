/**
 * Milking the insurance fund, and what an attacker's accounts have in sum before and after; inflating its shares.
 *
 * A pair of own accounts, one long and one short, owns an option on a gap: what one loses beyond its margin, the fund pays to the other.
 * It is no trick but what insurance is; here is what it costs and what bounds it.
 */
import { expect } from "chai";
import { deleverage } from "../utils/crash.ts";
import { bid, cross, place } from "../utils/orders.ts";
import { resolveAll } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { eventsOf, GAS, named, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";
import { wealthX16 } from "../utils/wealth.ts";

const DAY = 86_400;
const FEES = { takerFeeRate: 450, makerFeeRate: 150 };
const CAP = 100n * USD;
const LOTS = 10_000; // 1,000 quote units at tick 10,000

async function stake(v: Venue, t: Trader, amount: bigint): Promise<bigint> {
  const before = await v.fund.balanceOf(t.address);
  await v.deployed.collateral.mint(t.address, amount);
  await v.deployed.collateral.connect(t.signer).approve(v.deployed.insuranceFundAddress, amount);
  await v.fund.connect(t.signer).deposit(amount, t.address);
  return (await v.fund.balanceOf(t.address)) - before;
}

describe("Attack: milking the fund", () => {
  const venue = useVenue(
    { traders: 6, markets: [{ ...FEES, insuranceShare: 1_000_000, dailyCoverCap: CAP, maturity: 30 }] },
    async (v) => {
      await stake(v, trader(v, 5), 1_000n * USD);
    },
  );
  const a = () => trader(venue(), 0);
  const b = () => trader(venue(), 1);
  const claim = () => venue().exchange.insuranceBalance();
  const openPair = (leverage: number) =>
    cross(venue(), a(), b(), { tick: 10_000, lots: LOTS, longLeverage: leverage, shortLeverage: leverage });
  /** 0.06 % of 1,000 quote units. */
  const OPENING_FEES = 600_000n;

  describe("a pair's own bankruptcy, mature, against jumps down and up", () => {
    for (const leverage of [50, 20, 10]) {
      for (const jump of [0, 50, 190, 250, 450, 700, 1_500, -190, -250, -700, -1_500]) {
        it(`${leverage}x, ${-jump / 100} %`, async () => {
          const v = venue();
          const before = await wealthX16(v, [a(), b()]);
          const fund = await claim();
          await openPair(leverage);
          await v.connection.networkHelpers.time.increase(3_600);
          await setTick(v, 10_000 - jump);
          await resolveAll(v);
          const gain = (await wealthX16(v, [a(), b()])) - before;
          const size = Math.abs(jump);
          // the fee comes out of the margin, down to initial margin (2 %); the long took, the short made
          const paid = leverage === 50 ? 0n : jump > 0 ? 450_000n : 150_000n;
          const margin = (1_000n * USD) / BigInt(leverage) - paid;
          // what the jump on 10,000 lots of 10 atoms a tick is beyond the margin
          const loss = BigInt(size) * BigInt(LOTS) * 10n;
          const deficit = loss > margin ? loss - margin : 0n;
          const cover = deficit < CAP ? deficit : CAP;
          expect(fund + OPENING_FEES - (await claim())).equal(cover);
          // exactly what the fund paid less the fees: nothing comes from anybody else
          expect(gain).equal((cover - OPENING_FEES) * 65_536n);
          // a jump that ordinary liquidation catches, or up to 0.06 % beyond the margin, is a loss
          if (deficit < OPENING_FEES) expect(gain < 0n).equal(true);
        });
      }
    }
  });

  it("when anybody liquidates on the way, the pair only pays", async () => {
    const v = venue();
    const [pair, keeper] = [[a(), b()], trader(v, 2)];
    const before = await wealthX16(v, pair);
    const fund = await claim();
    await openPair(50);
    await v.connection.networkHelpers.time.increase(3_600);
    await setTick(v, 9_890);
    await place(v, keeper, bid(9_880, LOTS, { leverage: 2 }));
    await keeper.exchange.liquidate(1, a().account, 64, GAS);
    await setTick(v, 9_880);
    await resolveAll(v);
    expect((await wealthX16(v, pair)) < before).equal(true);
    expect((await claim()) >= fund).equal(true);
  });

  it("young: no cover at any jump, and the clock starts again with every lot that it grows", async () => {
    const v = venue();
    const before = await wealthX16(v, [a(), b()]);
    await openPair(50);
    await v.connection.networkHelpers.time.increase(3_600);
    await setTick(v, 10_000);
    await cross(v, a(), b(), { tick: 10_000, lots: 100, longLeverage: 50, shortLeverage: 50 });
    const fund = await claim();
    await setTick(v, 9_000);
    await resolveAll(v);
    expect(await claim()).equal(fund);
    expect((await wealthX16(v, [a(), b()])) - before).equal(-(OPENING_FEES + 6_000n) * 65_536n);
  });

  it("at maturity exactly it is covered, a second before not", async () => {
    const v = venue();
    await openPair(50);
    const { grownAt } = await v.exchange.positionAt(1, a().account);
    const { time } = v.connection.networkHelpers;
    await setTick(v, 9_700); // a deficit of 10
    const fund = await claim();
    for (const [age, cover] of [
      [29, 0n],
      [30, 10n * USD],
    ] as const) {
      const snapshot = await v.connection.networkHelpers.takeSnapshot();
      await time.setNextBlockTimestamp(Number(grownAt) + age);
      await deleverage(v, []);
      expect(fund - (await claim())).equal(cover);
      await snapshot.restore();
    }
  });

  it("a lone bid at the band's edge gets at most the deficit, and at most the slippage on what it fills", async () => {
    const v = venue();
    const attacker = trader(v, 2);
    for (const [mark, quote] of [
      [9_790, 9_750],
      [9_700, 9_655],
      [9_700, 9_652],
      [9_600, 9_560],
    ] as const) {
      const snapshot = await v.connection.networkHelpers.takeSnapshot();
      await openPair(50);
      await place(v, attacker, bid(quote, LOTS, { leverage: 5 }));
      await v.connection.networkHelpers.time.increase(3_600);
      await setTick(v, mark);
      const [fund, before] = [await claim(), await wealthX16(v, [attacker])];
      const events = await eventsOf(v, deleverage(v, [], { nominee: a().account }));
      const filled = named(events, "Trade").reduce((sum, e) => sum + (e["lots"] as bigint), 0n);
      const drawn = fund - (await claim()) + (filled * BigInt(quote) * 10n * 150n) / 1_000_000n; // its maker fee came in
      const deficit = BigInt(9_800 - mark) * BigInt(LOTS) * 10n;
      expect(drawn <= deficit + 2n, `${drawn} drawn for ${deficit}`).equal(true);
      // what the bid gains at the mark
      const slippage = (filled * BigInt(mark) * 10n * 5_000n) / 1_000_000n;
      const gain = (await wealthX16(v, [attacker])) - before;
      expect(gain <= slippage * 65_536n, `${gain / 65_536n} gained, ${slippage} of slippage`).equal(true);
      await snapshot.restore();
    }
  });

  it("the day's cap across midnight: two caps within a minute, and not an atom more", async () => {
    const v = venue();
    const { time } = v.connection.networkHelpers;
    const midnight = (Math.floor((await time.latest()) / DAY) + 2) * DAY;
    // three pairs, each with a deficit of 300 at 9,500
    const others = [
      [trader(v, 0), trader(v, 1)],
      [trader(v, 2), trader(v, 3)],
    ] as const;
    for (const [long, short] of others)
      await cross(v, long, short, { tick: 10_000, lots: 50_000, longLeverage: 50, shortLeverage: 2 });
    await time.increaseTo(midnight - 30);
    await setTick(v, 9_500);
    const fund = await claim();
    await deleverage(v, []);
    expect(fund - (await claim())).equal(CAP);
    expect(await v.exchange.bankruptAccount(1, 0).then(([account]) => account)).not.equal(0n);
    const snapshot = await v.connection.networkHelpers.takeSnapshot();
    // the rest of the same day gets nothing
    await deleverage(v, []);
    expect(fund - (await claim())).equal(CAP);
    await snapshot.restore();
    await time.increaseTo(midnight);
    await resolveAll(v);
    expect(fund - (await claim())).equal(2n * CAP);
  });
});

describe("Attack: the fund's share price", () => {
  // every fee to the fund: the dearest way in is the only way to move the claim without shares
  const venue = useVenue({
    traders: 4,
    deposit: 100_000_000n * USD,
    markets: [{ takerFeeRate: 10_000, makerFeeRate: 10_000, insuranceShare: 1_000_000, maxOpenInterest: 2n ** 40n }],
  });

  it("first depositor: one atom, 20,000 of donated fees, and the victim loses half a cent; the attacker loses 10,000", async () => {
    const v = venue();
    const [attacker, victim] = [trader(v, 0), trader(v, 1)];
    expect(await stake(v, attacker, 1n)).equal(1_000_000n);
    // 1,000,000 of notional at 1 % from each side
    await cross(v, attacker, trader(v, 2), { tick: 10_000, lots: 10_000_000, longLeverage: 1, shortLeverage: 1 });
    const claim = await v.exchange.insuranceBalance();
    expect(claim).equal(20_000n * USD + 1n);
    const amount = 100n * USD;
    const shares = await stake(v, victim, amount);
    expect(shares).equal((amount * 2_000_000n) / (claim + 1n));
    const worth = await v.fund.convertToAssets(shares);
    // at most one share's price: claim / (2 · 10^6)
    expect(amount - worth <= claim / 2_000_000n + 1n, `${amount - worth} lost`).equal(true);
    const own = await v.fund.convertToAssets(1_000_000n);
    // half of what was given belongs to the virtual shares, that is, to nobody
    expect(own <= 10_000n * USD + 10_000n).equal(true);
  });

  it("tokens sent to the fund or to the exchange move no price", async () => {
    const v = venue();
    await stake(v, trader(v, 0), 1n);
    await v.deployed.collateral.mint(v.deployed.insuranceFundAddress, 1_000_000n * USD);
    await v.deployed.collateral.mint(v.deployed.exchangeAddress, 1_000_000n * USD);
    venue.donated = 1_000_000n * USD;
    expect(await v.fund.convertToAssets(1_000_000n)).equal(1n);
    expect(await stake(v, trader(v, 1), 100n * USD)).equal(100n * USD * 1_000_000n);
  });

  it("in and out again earns nothing: a stake in the block of a fee waits for the cooldown like any other", async () => {
    const v = venue();
    await stake(v, trader(v, 1), 1_000n * USD);
    const shares = await stake(v, trader(v, 0), 1_000n * USD);
    await cross(v, trader(v, 2), trader(v, 3), { tick: 10_000, lots: 1_000, longLeverage: 1, shortLeverage: 1 });
    expect(await v.fund.maxRedeem(trader(v, 0).address)).equal(0n);
    await expect(
      v.fund.connect(trader(v, 0).signer).redeem(shares, trader(v, 0).address, trader(v, 0).address),
    ).to.be.revertedWithCustomError(v.fund, "ERC4626ExceededMaxRedeem");
    const worth = await v.fund.convertToAssets(shares);
    expect(worth).equal((shares * (2_002n * USD + 1n)) / (2n * shares + 1_000_000n));
  });
});
