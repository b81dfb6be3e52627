// The other stages of clearing, one position and one counterparty each: whole transactions of a caller who has an account.
import type { ContractTransactionResponse } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { createMembers } from "./createMembers.ts";
import { type Bench, deployBench, MARK, MARKET, USD } from "./crowd.ts";
import type { Tracer } from "./trace/createTracer.ts";

const LOTS = 2_000n; // 20,000 dollars
const LIMITS = {
  maxSteps: 8,
  maxCounterparties: 1,
  nominee: 0,
  deadline: 0,
  minPrice: -(2n ** 127n),
  maxPrice: 2n ** 127n - 1n,
};
const at = (share: number) => Math.round(share * MARK);

export async function measureClearing(
  connection: NetworkConnection,
  _positions: number,
  trace: Tracer,
): Promise<Record<string, number>> {
  const bench = await deployBench(connection);
  const { exchange, networkHelpers } = bench;
  const members = await createMembers(bench, 6);
  const caller = exchange.connect(bench.keeper);
  const maker = exchange.connect(bench.maker);
  const results: Record<string, number> = {};

  /** @param event That the call must emit, and how often. */
  const measure = async (
    key: string,
    event: string,
    prepare: () => Promise<unknown>,
    act: () => Promise<ContractTransactionResponse>,
  ) => {
    const snapshot = await networkHelpers.takeSnapshot();
    await prepare();
    const receipt = await (await act()).wait();
    const topic = exchange.interface.getEvent(event as "Trade")?.topicHash;
    const count = receipt?.logs.filter((log) => log.topics[0] === topic).length;
    if (count !== 1) throw new Error(`${key}: ${count} times ${event}`);
    results[key] = Number(receipt?.gasUsed ?? 0n);
    if (receipt) await trace(key, receipt.hash);
    await snapshot.restore();
  };
  /** Member 0 goes long at 50x at the mark, the maker short: the long is bankrupt below 0.98 of the mark. */
  const openLong = async () => {
    await maker.placeOrder(bench.order({ isBid: false, tick: MARK, lots: LOTS }));
    await members.place(0, { isBid: true, tick: MARK, lots: LOTS, leverage: 50, ioc: true });
  };
  const deleverage = () => caller.autoDeleverage(MARKET, [], LIMITS);
  const account = await members.account(0);
  await stake(bench);

  await measure(
    "sweepWithCover1Maker",
    "BankruptcySwept",
    async () => {
      await openLong();
      await members.place(1, { isBid: true, tick: at(0.976), lots: LOTS, leverage: 10 });
      await bench.setMark(at(0.975));
    },
    deleverage,
  );
  await measure(
    "principal1",
    "PrincipalClosed",
    async () => {
      await openLong();
      // the maker hands its short over at a price below the long's bankruptcy price; the market is reduce-only, and it reduces
      await bench.setMark(at(0.985));
      await members.place(1, { isBid: false, tick: at(0.975), lots: LOTS, leverage: 5 });
      await maker.placeOrder(bench.order({ isBid: true, tick: at(0.975), lots: LOTS, ioc: true }));
      await bench.setMark(at(0.97));
    },
    deleverage,
  );
  await measure(
    "preventive1",
    "PreventivelyDeleveraged",
    async () => {
      await openLong();
      const [market] = bench.markets;
      if (!market) throw new Error("no market");
      const { risk, tiers, ...config } = market.parameters;
      await exchange.updateMarket(
        MARKET,
        { source: market.source, extraTiers: tiers.length, ...config },
        { ...risk, cautiousRatio: 1_000_000, reduceOnlyRatio: 1_000_000, hysteresis: 0, maxInitialRate: 1_000_000 },
        [...tiers],
      );
      await bench.setMark(at(0.988));
    },
    () => caller.preventiveDeleverage(MARKET, account, 8, 1),
  );
  await measure(
    "topUp",
    "ToppedUp",
    async () => {
      await openLong();
      await members.setTopUp(0, 15_000n, 1_000n * USD);
      await bench.setMark(at(0.99));
    },
    () => caller.topUp(MARKET, account),
  );
  await measure(
    "pokeAccruing",
    "FundingAccrued",
    async () => {
      await openLong();
      await members.place(1, { isBid: true, tick: MARK + 20, lots: LOTS, leverage: 10 });
      await members.place(2, { isBid: false, tick: MARK + 30, lots: LOTS, leverage: 10 });
      await networkHelpers.time.increase(30);
    },
    () => caller.poke(MARKET),
  );
  await measure(
    "settleRetired1",
    "RetiredPositionSettled",
    async () => {
      await openLong();
      await exchange.retireMarket(MARKET);
    },
    () => caller.settleRetired(MARKET, [account]),
  );
  return results;
}

/** The insurance fund has something to pay with. */
async function stake({ ethers, collateral, insuranceFundAddress }: Bench): Promise<void> {
  const [deployer] = await ethers.getSigners();
  if (!deployer) throw new Error("no signer");
  const fund = await ethers.getContractAt("InsuranceFund", insuranceFundAddress);
  await collateral.mint(deployer.address, 10_000n * USD);
  await collateral.approve(insuranceFundAddress, 10_000n * USD);
  await fund.deposit(10_000n * USD, deployer.address);
}
