/**
 * LeverageWaterfill when the bankrupt position is larger than all that is eligible: each counterparty is brought down row by row until
 * nothing of it is left. One who holds many lots costs whoever clears the market many calls.
 */
import { expect } from "chai";
import { network } from "hardhat";
import type { RankedBook } from "../../types/ethers-contracts/mocks/RankedBook.ts";
import { type PositionState, X16 } from "../utils/model.ts";

const GAS = { gasLimit: 15_000_000_000n };

describe("Attack: a waterfill that takes everything", () => {
  let ranked: RankedBook;
  before(async () => {
    const { ethers } = await network.create({
      override: { blockGasLimit: 20_000_000_000n, transactionGasCap: false, allowUnlimitedContractSize: true },
    });
    const waterfill = await ethers.deployContract("Waterfill");
    ranked = await ethers.deployContract("RankedBook", [], { libraries: { Waterfill: await waterfill.getAddress() } });
  });

  for (const long of [false, true]) {
    it(`one ${long ? "long" : "short"} of 10x is closed in full for less than six million gas`, async () => {
      const entry = 100_000n; // quote atoms per lot
      const side = long ? 1n : -1n;
      const lots = 10_000n;
      const q = (lots * 101n) / 100n;
      const seats: PositionState[] = [
        { account: 1, lots: side * lots, cost: entry * lots, margin: (entry / 10n) * lots, fundingIndex: 0n },
        { account: 2, lots: -side * q, cost: entry * q, margin: (entry / 50n) * q, fundingIndex: 0n },
        // not in profit at X: for the principal stage
        { account: 3, lots: side * q, cost: (entry + (side * entry) / 25n) * q, margin: entry * q, fundingIndex: 0n },
      ];
      const price = (entry + (side * entry) / 20n) * X16;
      const base = (entry * X16).toString(2).length - 1 - 7;
      const terms = { policy: 1, price, funding: 0n, base, bankrupt: 2, budget: 0n };
      const pieces = Array.from({ length: 80 }, () => ({ list: [], limit: 40 }));
      const [result, gas] = await ranked.run.staticCall(terms, seats, pieces, GAS);
      expect(result.positions[1]?.lots).equal(0n);
      expect(gas < 6_000_000n, `${gas} gas for one counterparty`).equal(true);
    });
  }
});
