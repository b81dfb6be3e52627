/**
 * A hostile administrator: every call that the role has, tried against money that is not its own. What it can reach is the treasury; what
 * it can do to a market is bounded in code and, in production, public for days before it happens (docs/security.md, "Trust").
 */
import { expect } from "chai";
import { ask, bid, cross, place } from "../utils/orders.ts";
import { readExchange } from "../utils/state.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, noLimits, parametersOf, setTick, trader, USD, type Venue } from "../utils/venue.ts";

const NOBODY = `0x${"00".repeat(20)}`;

describe("Attack: the administrator", () => {
  const fees = {
    takerFeeRate: 1_000,
    makerFeeRate: 1_000,
    insuranceShare: 500_000,
    treasuryShare: 300_000,
    rewardRate: 0,
  };
  const venue = useVenue({ traders: 6, markets: [{ ...fees, maturity: 0 }, {}] }, async (v) => {
    await cross(v, trader(v, 0), trader(v, 1), { tick: 10_000, lots: 10_000, longLeverage: 50, shortLeverage: 2 });
    await place(v, trader(v, 2), bid(9_900, 1_000));
    await place(v, trader(v, 3), ask(10_100, 1_000));
    const staker = trader(v, 4);
    await v.deployed.collateral.mint(staker.address, 100n * USD);
    await v.deployed.collateral.connect(staker.signer).approve(v.deployed.insuranceFundAddress, 100n * USD);
    await v.fund.connect(staker.signer).deposit(100n * USD, staker.address);
  });
  const own = async () => {
    const [signer] = await venue().connection.ethers.getSigners();
    if (!signer) throw new Error("no administrator");
    return signer.address;
  };
  const config = () => {
    const { risk: _, tiers, ...rest } = parametersOf(venue());
    return { ...rest, extraTiers: tiers.length, source: venue().deployed.markets[0]?.source ?? "" };
  };
  /** What belongs to users: free collateral, reserves, pots, the fund's claim, the keeper reserve. */
  async function ofUsers(v: Venue) {
    const { free, markets, insurance, keeperReserve } = await readExchange(v);
    return {
      free: [...free],
      insurance,
      keeperReserve,
      pots: markets.map((m) => m.pot),
      positions: markets.map((m) => [...m.positions.values()]),
      reserved: markets.map((m) => [...m.reserved]),
    };
  }

  it("every call of the role leaves all that belongs to users as it is; only the treasury is within reach", async () => {
    const v = venue();
    const x = v.exchange;
    const [to, admin] = [await own(), await x.DEFAULT_ADMIN_ROLE()];
    const before = await ofUsers(v);
    const treasury = await x.treasury();
    expect(treasury).equal(600_000n); // 30 % of fees of 2
    await v.deployed.collateral.mint(to, USD);
    await v.deployed.collateral.approve(v.deployed.exchangeAddress, USD);
    const calls: [string, () => Promise<unknown>][] = [
      ["setInsuranceFund", () => x.setInsuranceFund(to, GAS)],
      ["depositInsurance", () => x.depositInsurance(1, GAS)],
      ["withdrawInsurance", () => x.withdrawInsurance(1, to, GAS)],
      ["withdraw", () => x.withdraw(1, to, GAS)],
      ["withdrawTreasury beyond it", () => x.withdrawTreasury(treasury + 1n, to, GAS)],
      ["withdrawTreasury of nothing", () => x.withdrawTreasury(0, to, GAS)],
      ["withdrawTreasury to the exchange", () => x.withdrawTreasury(1, v.deployed.exchangeAddress, GAS)],
      ["cancelOrder", () => x.cancelOrder(1, 1, GAS)],
      ["removeMargin", () => x.removeMargin(1, 1, GAS)],
      ["tradeFor", () => x.tradeFor(1, [x.interface.encodeFunctionData("removeMargin", [1, 1])], GAS)],
      ["settleRetired", () => x.settleRetired(1, [1, 2], GAS)],
      ["liquidate", () => x.liquidate(1, 1, 64, GAS)],
      ["topUp", () => x.topUp(1, 1, GAS)],
    ];
    for (const [name, call] of calls) {
      const failed = await call().then(
        () => null,
        (error: Error) => error,
      );
      expect(failed?.message, name).to.match(/reverted with custom error/);
    }
    // and what does not revert
    await x.setGuardianLevel(1, 2, GAS);
    await x.setGuardianLevel(1, 0, GAS);
    await x.updateMarket(1, config(), noLimits, [], GAS);
    await x.listMarket(config(), noLimits, [], GAS);
    venue.donated = USD; // the third market's seed: the books below are those of the first two
    await x.grantRole(await x.GUARDIAN_ROLE(), to, GAS);
    await x.withdrawTreasury(treasury, to, GAS);
    expect(await ofUsers(v)).to.deep.equal(before);
    expect(await v.deployed.collateral.balanceOf(to)).equal(treasury);
    await x.retireMarket(1, GAS);
    expect(await ofUsers(v)).to.deep.equal({ ...before, positions: before.positions });
    await x.grantRole(admin, trader(v, 5).address, GAS);
    await expect(trader(v, 5).exchange.setInsuranceFund(to, GAS)).to.be.revertedWithCustomError(
      x,
      "InsuranceFundAlreadySet",
    );
  });

  it("the treasury is its share of fees, at most 30 % of them, whatever the rates", async () => {
    const v = venue();
    await expect(
      v.exchange.updateMarket(1, { ...config(), insuranceShare: 0, treasuryShare: 300_001 }, noLimits, [], GAS),
    )
      .to.be.revertedWithCustomError(v.exchange, "InvalidMarketConfig")
      .withArgs("treasuryShare");
    const dearest = {
      ...config(),
      takerFeeRate: 10_000,
      makerFeeRate: 10_000,
      insuranceShare: 0,
      treasuryShare: 300_000,
    };
    await v.exchange.updateMarket(1, dearest, noLimits, [], GAS);
    const before = await v.exchange.treasury();
    await cross(v, trader(v, 4), trader(v, 5), { tick: 10_000, lots: 1_000 });
    // 1 % of 100 from each side, 30 % of it
    expect((await v.exchange.treasury()) - before).equal(600_000n);
  });

  it("the harshest parameters: nobody is trapped, nobody with initial margin is liquidated", async () => {
    const v = venue();
    const harshest = {
      ...config(),
      maxAge: 65_535,
      tradeAge: 1,
      initialRate: 1_000_000,
      maintenanceRate: 20_000, // the old initial rate: more is refused
      targetRate: 1_000_000,
      takerFeeRate: 10_000,
      makerFeeRate: 10_000,
      liquidationFeeRate: 50_000,
      minNotional: 10_000n * USD,
      minMargin: 1_000n * USD,
      maxOpenInterest: 1n,
      insuranceShare: 0,
      treasuryShare: 300_000,
      dailyCoverCap: 0n,
      maturity: 86_400,
      fundingCap: 20_000,
      impactNotional: 1n,
    };
    const risk = {
      ...noLimits,
      cautiousRatio: 1_000_000,
      reduceOnlyRatio: 1_000_000,
      cautiousFactor: 10_000_000,
      growthLots: 2n ** 24n - 1n,
      growthPeriod: 2 ** 24 - 1,
      largeNotional: 2n ** 64n - 1n,
    };
    await v.exchange.updateMarket(1, harshest, risk, [], GAS);
    await v.exchange.setGuardianLevel(1, 2, GAS);
    const [long, short] = [trader(v, 0), trader(v, 1)];
    await expect(trader(v, 5).exchange.liquidate(1, long.account, 64, GAS)).to.be.revertedWithCustomError(
      v.exchange,
      "NotLiquidatable",
    );
    // orders of before can be cancelled, and fill what closes
    await trader(v, 3).exchange.cancelAll(1, GAS);
    await trader(v, 2).exchange.cancelAll(1, GAS);
    await setTick(v, 10_000);
    await place(v, trader(v, 2), bid(9_900, 102_000, { leverage: 1 }));
    await long.exchange.addMargin(1, 100n * USD, GAS);
    await setTick(v, 10_000);
    await long.exchange.closePosition(1, 9_900, 64, GAS);
    expect((await v.exchange.positionAt(1, long.account)).lots).equal(0n);
    // and what stays open is paid in full when the market ends
    await setTick(v, 10_000);
    await v.exchange.retireMarket(1, GAS);
    await v.exchange.settleRetired(1, [long.account, short.account, trader(v, 2).account], GAS);
    expect((await v.exchange.marketAt(1)).openInterest).equal(0n);
    for (const t of v.traders) {
      const { free } = await v.exchange.accountAt(t.account);
      await t.exchange.withdraw(free, t.address, GAS);
    }
  });

  it("a hostile source is what is left to trust: inside the band at the swap, anything later", async () => {
    const v = venue();
    const { ethers } = v.connection;
    const answer = (tick: number) => BigInt(tick) * 10n * config().lotsPerUnit * 100n;
    const feed = await ethers.deployContract("MockAggregator", [8, answer(9_499)]);
    const source = await (
      await ethers.deployContract("ChainlinkSource", [await feed.getAddress(), 7 * 86_400, NOBODY, 0])
    ).getAddress();
    const swap = () => v.exchange.updateMarket(1, { ...config(), source }, noLimits, [], GAS);
    await expect(swap()).to.be.revertedWithCustomError(v.exchange, "InvalidMarketConfig").withArgs("source");
    // inside, but so that somebody would be bankrupt: the gate closes, and the waterfall decides, not the administrator
    await feed.setAnswer(answer(9_600));
    await swap();
    expect(await v.exchange.poke.staticCall(1, GAS)).equal(true);
    await expect(v.exchange.retireMarket(1, GAS)).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
    await expect(swap()).to.be.revertedWithCustomError(v.exchange, "MarketInsolvent");
    // whatever it says, free collateral and the other market are out of its reach
    for (const tick of [1_000, 90_000]) {
      await feed.setAnswer(answer(tick));
      const t = trader(v, 0);
      const { free } = await v.exchange.accountAt(t.account);
      await t.exchange.withdraw(1n, t.address, GAS);
      expect((await v.exchange.accountAt(t.account)).free).equal(free - 1n);
      expect((await v.exchange.marketAt(2)).pot).equal(USD);
    }
  });

  it("an account made the administrator's has no other rights over accounts than any other", async () => {
    const v = venue();
    const t = trader(v, 5);
    await v.exchange.grantRole(await v.exchange.DEFAULT_ADMIN_ROLE(), t.address, GAS);
    await expect(
      t.exchange.tradeFor(trader(v, 0).account, [v.exchange.interface.encodeFunctionData("cancelAll", [1])], GAS),
    ).to.be.revertedWithCustomError(v.exchange, "NotDelegate");
    const order = (await v.exchange.orderMarginAt(1, trader(v, 2).account)).orderIds[0] ?? 0n;
    await expect(t.exchange.cancelOrder(1, order, GAS)).to.be.revertedWithCustomError(v.exchange, "NotOrderOwner");
  });
});
