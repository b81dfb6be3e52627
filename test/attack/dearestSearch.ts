/** The search by leverage over an index that an adversary has laid out, with entries at every price that the grid knows: what one search costs. */
import { expect } from "chai";
import { network } from "hardhat";
import type { RankHarness } from "../../types/ethers-contracts/mocks/RankHarness.ts";

// words of the lowest level along either coordinate, and cells of a word
const [COLUMNS, ROWS, WIDTH, HEIGHT] = [512, 256, 8, 32];
const BITS = 13;
const cell = (u: number, v: number) => u * 2 ** BITS + v;

describe("Attack: the dearest search by leverage", () => {
  /** An index of its own, filled a few hundred cells at a time. */
  const build = async (cells: number[]): Promise<RankHarness> => {
    const { ethers } = await network.create({ override: { blockGasLimit: 2_000_000_000n, transactionGasCap: false } });
    const harness = await ethers.deployContract("RankHarness");
    for (let i = 0; i < cells.length; i += 400)
      await harness.fill(cells.slice(i, i + 400), { gasLimit: 1_000_000_000n });
    return harness;
  };
  const every = (length: number, make: (i: number) => number) => Array.from({ length }, (_, i) => make(i));
  const GAS = { gasLimit: 1_000_000_000n };

  /** Words in a row below the mark, words in a column out of profit, and the answer in the last row: all must be looked at. */
  const search = async (columns: number) => {
    const vMin = HEIGHT / 2;
    const uLimit = (columns - 1) * WIDTH + WIDTH / 2;
    const answer = (ROWS - 1) * HEIGHT + 1;
    const below = every(columns, (i) => cell(i * WIDTH, vMin - 1));
    const outOfProfit = every(ROWS, (i) => cell(uLimit, i * HEIGHT + 1)).slice(1);
    const last = every(columns - 1, (i) => cell(i * WIDTH, answer));
    const harness = await build([...below, ...outOfProfit, ...last]);
    const [gas, u, v] = await harness.lowest(uLimit, vMin, GAS);
    expect([u, v]).to.deep.equal([0n, BigInt(answer)]);
    return gas;
  };

  it("entries at every price of the grid, which nobody can have: still below the cap", async () => {
    const gas = await search(COLUMNS);
    expect(gas < 11_000_000n, `${gas} gas`).equal(true);
  });

  it("entries over an octave, margins up to the end of the grid", async () => {
    const gas = await search(32);
    expect(gas < 5_000_000n, `${gas} gas`).equal(true);
  });
});
