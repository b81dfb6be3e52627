/** Grid and score, bit for bit: the contracts, the definitions (test/utils/model.ts), and the keeper's core. */
import { expect } from "chai";
import { network } from "hardhat";
import * as keeper from "../../keeper/core/grid.ts";
import { equity as keeperEquity, gain as keeperGain, score as keeperScore } from "../../keeper/core/score.ts";
import * as model from "../utils/model.ts";
import { createRandom } from "../utils/random.ts";

const SAMPLES = 400;
const BASES = [10, 17, 25, 32, 40, 47];
const MAX = 8_191;
const MAX_U = 4_095;

describe("Grid", () => {
  const random = createRandom(31);
  const setup = async () => {
    const { ethers } = await network.create();
    return ethers.deployContract("MathHarness");
  };
  let harness: Awaited<ReturnType<typeof setup>>;
  before(async () => {
    harness = await setup();
  });

  /** Random prices over the whole range, and both sides of every kind of edge. */
  function prices(base: number): bigint[] {
    const list = [0n, 1n, 2n];
    for (let i = 0; i < SAMPLES; i++) list.push(random.bits(80));
    for (let octave = -1; octave <= 17; octave++) {
      const edge = 1n << BigInt(base + octave);
      const step = edge / 1_024n || 1n;
      for (const p of [edge, edge + step, edge + 511n * step, 2n * edge - step]) list.push(p - 1n, p, p + 1n);
    }
    return list.filter((p) => p >= 0n);
  }

  for (const base of BASES) {
    it(`ticks of prices, base ${base}: contract = definition = keeper`, async () => {
      const list = prices(base);
      const entries = (await harness.entryTicks(list, base)).map(Number);
      expect(entries).to.deep.equal(list.map((p) => model.entryTick(p, base)));
      expect(entries).to.deep.equal(list.map((p) => keeper.entryTick(p, base)));
      const signed = list.flatMap((p) => [p, -p]);
      const bankruptcies = (await harness.bankruptcyTicks(signed, base)).map(Number);
      expect(bankruptcies).to.deep.equal(signed.map((p) => model.bankruptcyTick(p, base)));
      expect(bankruptcies).to.deep.equal(signed.map((p) => keeper.bankruptcyTick(p, base)));
    });

    it(`prices of ticks, base ${base}: contract = definition = keeper, and back`, async () => {
      const ticks = Array.from({ length: SAMPLES }, () => random.int(0, MAX)).concat([0, 1, 4_095, 4_096, 4_097, MAX]);
      const entryTicks = ticks.filter((t) => t <= MAX_U);
      const entries = await harness.entryPrices(entryTicks, base);
      expect([...entries]).to.deep.equal(entryTicks.map((t) => model.entryPrice(t, base)));
      expect([...entries]).to.deep.equal(entryTicks.map((t) => keeper.entryPrice(t, base)));
      expect((await harness.entryTicks([...entries], base)).map(Number)).to.deep.equal(entryTicks);
      const bankruptcies = await harness.bankruptcyPrices(ticks, base);
      expect([...bankruptcies]).to.deep.equal(ticks.map((t) => model.bankruptcyPriceOf(t, base)));
      expect([...bankruptcies]).to.deep.equal(ticks.map((t) => keeper.bankruptcyPrice(t, base)));
    });

    it(`monotone, finer than 0.5 %, over a 1000-fold range, base ${base}`, async () => {
      const list = prices(base).sort((a, b) => (a < b ? -1 : 1));
      const entries = (await harness.entryTicks(list, base)).map(Number);
      for (let i = 1; i < entries.length; i++) expect((entries[i] ?? 0) >= (entries[i - 1] ?? 0)).equal(true);
      const signed = [...list.map((p) => -p).reverse(), ...list];
      const bankruptcies = (await harness.bankruptcyTicks(signed, base)).map(Number);
      for (let i = 1; i < bankruptcies.length; i++)
        expect((bankruptcies[i] ?? 0) >= (bankruptcies[i - 1] ?? 0)).equal(true);
      for (const tick of [8_193, 9_000, 12_345, 16_000]) {
        const [low, high] = [model.bankruptcyPriceOf(tick, base), model.bankruptcyPriceOf(tick + 1, base)];
        expect((high - low) * 200n <= low, `tick ${tick} is coarser than 0.5 %`).equal(true);
      }
      const range = model.entryPrice(MAX_U, base) / model.entryPrice(0, base);
      expect(range > 1_000n).equal(true);
    });

    it(`the width of a bankruptcy tick covers its cell, base ${base}`, async () => {
      const list = prices(base).filter((p) => p > 0n);
      const widths = await harness.tickWidths(list, base);
      list.forEach((p, i) => {
        const tick = model.bankruptcyTick(p, base);
        if (tick === MAX) expect((widths[i] ?? 0n) > 1n << 90n, "the last cell has no end").equal(true);
        else {
          const low = tick === 4_096 ? 0n : model.bankruptcyPriceOf(tick, base);
          const width = model.bankruptcyPriceOf(tick + 1, base) - low;
          expect((widths[i] ?? 0n) >= width, `cell of ${p}: ${widths[i]} < ${width}`).equal(true);
        }
      });
    });
  }

  it("the base leaves seven octaves below the listing price", async () => {
    for (let i = 0; i < 100; i++) {
      const price = (1n << 17n) + random.bits(62);
      const base = Number(await harness.baseFor(price));
      expect(base).equal(keeper.baseFor(price));
      expect(price >= 1n << BigInt(base + 7) && price < 1n << BigInt(base + 8)).equal(true);
    }
  });

  it("score: contract = definition = keeper, and never grows with u or v", async () => {
    for (let round = 0; round < 60; round++) {
      const base = random.pick([17, 25, 32, 40]);
      const mark = (1n << BigInt(base + random.int(0, 14))) + random.bits(base);
      const isLong = random.chance(0.5);
      const markEntry = model.entryTick(mark, base);
      const markB = model.bankruptcyTick(mark, base);
      const uLimit = isLong ? markEntry : MAX_U - markEntry;
      const vMin = (isLong ? MAX - markB : markB) + 1;
      if (uLimit < 2 || vMin > MAX - 1) continue;
      const params = { isLong, base, price: mark, adjusted: mark, uLimit, vMin };
      const us = Array.from({ length: 60 }, () => random.int(0, uLimit - 1)).sort((a, b) => a - b);
      const vs = Array.from({ length: 60 }, () => random.int(vMin, MAX)).sort((a, b) => a - b);
      const prices = { mark, funding: 0n, base };
      const [gains, equities, scores] = await harness.scores(params, us, vs);
      us.forEach((u, i) => {
        const v = vs[i] ?? 0;
        expect(scores[i]).equal(model.scoreOf({ u, v, id: 0 }, isLong, prices));
        expect(scores[i]).equal(keeperScore(params, u, v));
        expect([gains[i], equities[i]]).to.deep.equal([keeperGain(params, u), keeperEquity(params, v)]);
        if (i > 0) expect((scores[i] ?? 0n) <= (scores[i - 1] ?? 0n)).equal(true);
        expect((equities[i] ?? 0n) > 0n).equal(true);
      });
    }
  });
});
