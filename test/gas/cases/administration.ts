/** Worst cases of the administrator, of retirement, and of the insurance fund with as many markets as there can be. */
import { expect } from "chai";
import { createScene, FULL, LOTS, type Scene, TICK, TIERS } from "../../utils/gasScene.ts";
import { countOf, type GasTable, largestThatFits, lastGas } from "../../utils/gasTable.ts";
import { marketConfig } from "../../utils/marketConfig.ts";
import { ask, bid, cross, requestOf } from "../../utils/orders.ts";
import { eventsOf, GAS, parametersOf, setTick, USD } from "../../utils/venue.ts";

const DAY = 86_400;
/** Accounts with 32 orders and a position: more than one transaction settles. */
const HOLDERS = 40;

export function administrationCases(table: GasTable): void {
  describe("administration", () => {
    let s: Scene;
    before(async () => {
      s = await createScene();
    });
    beforeEach(async () => {
      await s.restore();
    });

    it("markets with seven tiers above the first: listed, changed, stepped", async () => {
      const { v } = s;
      const { risk } = parametersOf(v);
      const [administrator] = await v.connection.ethers.getSigners();
      await v.deployed.collateral.mint(administrator?.address ?? "", USD);
      await v.deployed.collateral.approve(v.deployed.exchangeAddress, USD);
      const list = v.exchange.listMarket(marketConfig(v), risk, [...TIERS], GAS);
      await table.measure(v, "listMarket", "7 extra tiers", list, { MarketListed: 1 });
      // every word of the configuration changes, and the position on each side is accrued to
      await cross(v, s.victim, s.dealer, { tick: TICK, lots: LOTS, longLeverage: 5, shortLeverage: 1 });
      const tiers = TIERS.map((t) => ({ ...t, from: t.from + 1n, targetRate: t.targetRate + 1 }));
      const config = { ...marketConfig(v), targetRate: 200_001, minNotional: 1n, dailyCoverCap: 1n, bandRate: 400_000 };
      const update = v.exchange.updateMarket(1, config, { ...risk, calmPeriod: 2, stepCooldown: 16 }, tiers, GAS);
      await table.measure(v, "updateMarket", "7 extra tiers", update, { MarketConfigured: 1 });
      const level = v.exchange.setGuardianLevel(1, 2, GAS);
      await table.measure(v, "setGuardianLevel", "first", level, { GuardianLevelSet: 1 });
      const treasury = v.exchange.withdrawTreasury(1n, `0x${"77".repeat(20)}`, GAS);
      await table.measure(v, "withdrawTreasury", "to an address without tokens", treasury, { TreasuryWithdrawn: 1 });
    });

    it("setInsuranceFund, as the deployment called it", async () => {
      const { provider } = s.v.connection.ethers;
      const selector = s.v.exchange.interface.getFunction("setInsuranceFund").selector;
      for (let i = 1; ; i++) {
        const block = await provider.getBlock(i, true);
        if (!block) throw new Error("the deployment never named a fund");
        const sent = block.prefetchedTransactions.find((t) => t.data.startsWith(selector));
        const receipt = sent && (await provider.getTransactionReceipt(sent.hash));
        if (!receipt) continue;
        table.record("setInsuranceFund", "once", receipt.gasUsed);
        return;
      }
    });

    it("retireMarket, settleRetired with 32 orders and a position an account", async () => {
      const { v } = s;
      const first = await s.join(HOLDERS, 5_000n * USD);
      await s.dealer.exchange.placeOrder(requestOf(bid(TICK, HOLDERS * LOTS, { leverage: 1 })), GAS);
      const accounts: number[] = [];
      for (let i = 0; i < HOLDERS; i++) {
        accounts.push(await s.account(first + i));
        await s.rest(first + i, { isBid: false, tick: TICK, leverage: 5 });
        const extra = BigInt(Math.round(0.1 * TICK * 2 ** (i / 10))) * 10n * BigInt(LOTS);
        await s.run(first + i, v.exchange.interface.encodeFunctionData("addMargin", [1, extra]));
        const orders = Array.from({ length: 32 }, (_, j) => ({
          isBid: false,
          tick: TICK + 1_000 + 32 * i + 1_300 * j,
          lots: 10,
          leverage: 5,
        }));
        await s.restAll(first + i, orders);
      }
      await table.measure(v, "retireMarket", "solvent", v.exchange.retireMarket(1, GAS), { MarketEnded: 1 });
      const start = await v.connection.networkHelpers.takeSnapshot();
      const attempt = (n: number) => v.exchange.settleRetired.staticCall(1, accounts.slice(0, n), GAS);
      const n = await largestThatFits(attempt, HOLDERS, 5);
      const events = await eventsOf(v, v.exchange.settleRetired(1, accounts.slice(0, n), GAS));
      expect([countOf(events, "RetiredPositionSettled"), countOf(events, "OrderRemoved")]).to.deep.equal([n, 32 * n]);
      table.recordFull("settleRetired", `32 orders and a position each: ${n} accounts fit`, await lastGas(v));
      const rest = await eventsOf(v, v.exchange.settleRetired(1, accounts.slice(n), GAS));
      expect(countOf(rest, "RetiredPositionSettled")).equal(HOLDERS - n);
      await start.restore();
      const one = v.exchange.settleRetired(1, accounts.slice(0, 1), GAS);
      await table.measure(v, "settleRetired", "32 orders and a position: 1 account", one, { OrderRemoved: 32 });
    });
  });

  describe("the insurance fund of 16 markets", () => {
    it("deposit, and a redemption that brings all of them up to date", async () => {
      const markets = Array.from({ length: 16 }, () => ({ ...FULL, dailyCoverCap: 10n * USD }));
      const s = await createScene(markets);
      const { v, staker } = s;
      const fund = v.fund.connect(staker.signer);
      const depth = (market: number) =>
        [0, 1, 2, 3].flatMap((i) =>
          [bid(95_000 - 700 * i, 300), ask(130_000 + 700 * i, 260)].map((o) => ({ ...o, market, leverage: 1 })),
        );
      for (let market = 1; market <= 16; market++) {
        await cross(v, s.victim, s.dealer, { market, tick: TICK, lots: LOTS, longLeverage: 5, shortLeverage: 1 });
        const calls = depth(market).map((o) => v.exchange.interface.encodeFunctionData("placeOrder", [requestOf(o)]));
        await s.caller.exchange.multicall(calls, GAS);
      }
      await v.deployed.collateral.mint(staker.address, 100n * USD);
      await v.deployed.collateral.connect(staker.signer).approve(v.deployed.insuranceFundAddress, 100n * USD);
      const deposit = fund.deposit(100n * USD, staker.address, GAS);
      await table.measure(v, "depositInsurance", "by InsuranceFund.deposit", deposit, { InsuranceDeposited: 1 });
      await fund.requestRedeem(10n ** 12n, GAS);
      await v.connection.networkHelpers.time.increase(3 * DAY + 60);
      const start = await v.connection.networkHelpers.takeSnapshot();
      for (const insolvent of [0, 8, 16]) {
        await start.restore();
        for (let market = 1; market <= 16; market++) await setTick(v, market <= insolvent ? 60_000 : 88_000, market);
        const redeem = fund.redeemEarly(10n ** 12n, 0n, staker.address, staker.address, GAS);
        const counts = { InsuranceWithdrawn: 1, FundingAccrued: 16 - insolvent, LevelChanged: 16 };
        await table.measure(v, "withdrawInsurance", `redeemEarly, 16 markets, ${insolvent} insolvent`, redeem, counts);
      }
    });
  });
}
