/** Published rankings, and the size of a partial liquidation, recomputed by our own functions. */
import { expect } from "chai";
import { network } from "hardhat";
import { closeSize } from "../../keeper/core/closeSize.ts";
import { bankruptcyTick, cellOf, entryTick, type PositionState, rankAll, scoreOf, X16 } from "../utils/model.ts";

// help.zubr.io, ADL: score = profit percent × leverage, highest first
const ZUBR = [
  { client: 1, percent: 10, leverage: 4, score: 0.4, order: 5 },
  { client: 2, percent: 5, leverage: 0.5, score: 0.025, order: 10 },
  { client: 3, percent: 20, leverage: 1.2, score: 0.24, order: 7 },
  { client: 4, percent: 5, leverage: 10, score: 0.5, order: 3 },
  { client: 5, percent: 15, leverage: 2, score: 0.3, order: 6 },
  { client: 6, percent: 3, leverage: 4, score: 0.12, order: 8 },
  { client: 7, percent: 12, leverage: 5, score: 0.6, order: 2 },
  { client: 8, percent: 6, leverage: 0.8, score: 0.048, order: 9 },
  { client: 9, percent: 11, leverage: 11, score: 1.21, order: 1 },
  { client: 10, percent: 7, leverage: 6, score: 0.42, order: 4 },
];

const MARK = 100_000_000n; // quote atoms a lot
const BASE = 35; // of a market listed at this price
const LOTS = 100n;

/** A position with that profit on its entry and that leverage (notional over equity) at the mark. */
function positionAt(account: number, percent: number, leverage: number, isLong: boolean): PositionState {
  const side = isLong ? 1 : -1;
  const entry = BigInt(Math.round(Number(MARK) / (1 + (side * percent) / 100)));
  const equity = BigInt(Math.round(Number(MARK * LOTS) / leverage));
  const cost = entry * LOTS;
  const profit = isLong ? MARK * LOTS - cost : cost - MARK * LOTS;
  return { account, lots: isLong ? LOTS : -LOTS, cost, margin: equity - profit, fundingIndex: 0n };
}

describe("Published examples: ranking", () => {
  for (const isLong of [true, false]) {
    const prices = { mark: MARK * X16, funding: 0n, base: BASE };
    const positions = ZUBR.map((row) => positionAt(row.client, row.percent, row.leverage, isLong));
    const inOrder = [...ZUBR].sort((a, b) => a.order - b.order).map((row) => row.client);

    it(`zubr-10 as ${isLong ? "longs" : "shorts"}: the same order`, () => {
      const ranked = rankAll(positions, !isLong, isLong ? MARK * X16 : MARK * X16, prices);
      expect(ranked.map((r) => r.position.account)).to.deep.equal(inOrder);
    });

    it(`zubr-10 as ${isLong ? "longs" : "shorts"}: scores within the width of a tick, on chain and here`, async () => {
      const { ethers } = await network.create();
      const harness = await ethers.deployContract("MathHarness");
      const cells = positions.map((p) => cellOf(p, BASE));
      const at = { entry: entryTick(MARK * X16, BASE), b: bankruptcyTick(MARK * X16, BASE) };
      const params = {
        isLong,
        base: BASE,
        price: MARK * X16,
        adjusted: MARK * X16,
        uLimit: isLong ? at.entry : 4_095 - at.entry,
        vMin: (isLong ? 8_191 - at.b : at.b) + 1,
      };
      const [, , scores] = await harness.scores(
        params,
        cells.map((c) => c.u),
        cells.map((c) => c.v),
      );
      ZUBR.forEach((row, i) => {
        const cell = cells[i];
        if (!cell) throw new Error("no cell");
        expect(scores[i]).equal(scoreOf(cell, isLong, prices));
        const score = Number(scores[i] ?? 0n) / 2 ** 64;
        // a tick is 0.1 % of the entry and 0.2 % of b: what it is of the profit and of the equity grows as these get small
        const tolerance = 0.004 * (100 / row.percent + row.leverage);
        expect(
          Math.abs(score / row.score - 1) <= tolerance,
          `client ${row.client}: ${score}, published ${row.score}`,
        ).equal(true);
      });
    });
  }
});

describe("Published examples: partial liquidation", () => {
  const parameters = {
    id: 1,
    name: "example",
    base: 17,
    lotsPerUnit: 1n,
    maintenanceRate: 100_000n,
    targetRate: 100_000n,
    slippageRate: 9_091n, // 5.55 against 5.5
    liquidationFeeRate: 3_000n,
    minNotional: 1n,
    maxSteps: 64,
    rankPolicy: "pnlLeverage" as const,
    tickValue: 1n,
    initialRate: 200_000n,
    bandRate: 50_000n,
    minMargin: 1n,
    fundingCap: 0n,
    tiers: [],
    largeNotional: 1n << 60n,
    stepRate: 1_000_000n,
    stepCooldown: 0n,
  };
  const prices = { price: 5_500_000n * X16, funding: 0n };

  it("p1-slice: 10.24 would restore the ratio, so everything is closed", () => {
    // equity −4.399 on one unit at 5.5; here in lots of a hundredth
    const p = { account: 1, lots: -100n, cost: 550_000_000n, margin: -4_399_000n * 100n, fundingIndex: 0n };
    expect(closeSize(p, prices, parameters, 0)).equal(100n);
  });

  it("the same market with equity of 7 %: x* = (m·q·P − E) / (P·(m − s − f)), rounded up", () => {
    const notional = 100n * 5_500_000n;
    const equity = (notional * 7n) / 100n;
    const p = { account: 1, lots: -100n, cost: notional, margin: equity, fundingIndex: 0n };
    // (0.1 − 0.07) / (0.1 − 0.009091 − 0.003) = 0.3412…
    expect(closeSize(p, prices, parameters, 0)).equal(35n);
  });
});
