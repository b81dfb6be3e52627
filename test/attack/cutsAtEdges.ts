/**
 * A deleveraging is cut where the bankruptcy price X lies within an atom of an edge: of an index cell, or of a tick of the book. A close moves X
 * outward by its rounding; what a call judges by X must not depend on how many closes came before in the same call.
 */
import { expect } from "chai";
import { network } from "hardhat";
import type { RankedBook } from "../../types/ethers-contracts/mocks/RankedBook.ts";
import { type Crash, deleverage, openCrash } from "../utils/crash.ts";
import { entryPrice, entryTick, type PositionState, X16 } from "../utils/model.ts";
import { place } from "../utils/orders.ts";
import { fingerprint } from "../utils/scenarios.ts";
import { useVenue } from "../utils/useVenue.ts";
import { parametersOf, setTick, trader, type Venue } from "../utils/venue.ts";

describe("Attack: cuts where X lies an atom from an edge", () => {
  let ranked: RankedBook;
  before(async () => {
    const { ethers } = await network.create({
      override: { blockGasLimit: 2_000_000_000n, transactionGasCap: false, allowUnlimitedContractSize: true },
    });
    const waterfill = await ethers.deployContract("Waterfill");
    ranked = await ethers.deployContract("RankedBook", [], { libraries: { Waterfill: await waterfill.getAddress() } });
  });

  for (const policy of [0, 1]) {
    it(`policy ${policy}: a short whose X is a seventh of an atom below an entry tick: the same counterparties, whole or cut`, async () => {
      const atoms = 100_000n;
      const base = (atoms * X16).toString(2).length - 1 - 7;
      const tick = entryTick(atoms * X16, base);
      const edge = entryPrice(tick, base) / X16; // an integer number of atoms per lot
      const mark = (edge * 105n) / 100n;
      const seat = (account: number, lots: bigint, entry: bigint, b: bigint): PositionState => ({
        account,
        lots,
        cost: entry * lots,
        margin: (entry - b) * lots,
        fundingIndex: 0n,
      });
      const q = 7n;
      const seats = [
        seat(1, 1n, (edge * 70n) / 100n, (edge * 97n) / 100n), // first of either order
        seat(2, 6n, edge - 1n, (edge * 96n) / 100n), // just below the edge: in profit by less than a cell
        seat(3, 6n, (edge * 80n) / 100n, (edge * 40n) / 100n),
        { account: 4, lots: -q, cost: edge * q, margin: -1n, fundingIndex: 0n }, // K = 7·edge − 1
      ];
      const run = async (pieces: { list: number[]; limit: number }[]) => {
        const terms = { policy, price: mark * X16, funding: 0n, base, bankrupt: 4, budget: 0n };
        const [r] = await ranked.run.staticCall(terms, seats, pieces, { gasLimit: 1_000_000_000n });
        return r.positions.slice(1).map((p) => p.lots);
      };
      // a call ends where X moves over the edge; what follows looks anew, as the next piece does
      const whole = await run(Array.from({ length: 9 }, () => ({ list: [], limit: 9 })));
      const cut = await run(Array.from({ length: 2_000 }, () => ({ list: [], limit: 1 })));
      expect(cut, "ADL-4").to.deep.equal(whole);
    });
  }

  for (const policy of [0, 1]) {
    it(`policy ${policy}: a long that rounding lifts over the mark in mid-call: no more of it is closed, whole or cut`, async () => {
      const price = 60_000_003n * X16 + X16 / 4n;
      const base = price.toString(2).length - 1 - 7;
      const short = (account: number): PositionState => ({
        account,
        lots: -1n,
        cost: 66_000_000n,
        margin: 6_000_000n,
        fundingIndex: 0n,
      });
      const seats = [
        ...Array.from({ length: 12 }, (_, i) => short(i + 1)),
        { account: 13, lots: 12n, cost: 720_000_040n, margin: 0n, fundingIndex: 0n }, // equity −1 atom
      ];
      const run = async (limit: number) => {
        const terms = { policy, price, funding: 0n, base, bankrupt: 13, budget: 0n };
        const pieces = Array.from({ length: 20 }, () => ({ list: [], limit }));
        const [r] = await ranked.run.staticCall(terms, seats, pieces, { gasLimit: 1_000_000_000n });
        return r.positions.map((p) => p.lots);
      };
      const whole = await run(12);
      expect(whole[13], "what is solvent stays open").greaterThan(0n);
      expect(await run(1), "ADL-4").to.deep.equal(whole);
    });
  }

  describe("of the book", () => {
    let crash: Crash;
    const venue = useVenue({ traders: 12, markets: [{ maturity: 0 }] }, async (v) => {
      crash = await openCrash(v, "long");
    });
    it("a long whose X is a ten-thousandth of an atom above a tick with a bid: swept by a second call, or not at all", async () => {
      const v = venue();
      const tv = BigInt(parametersOf(v).tickValue);
      // K = 10,000 · 9,799 ticks and one atom
      await crash.victim.exchange.addMargin(1, 10_000n * tv - 1n);
      await place(v, trader(v, 7), { isBid: true, tick: 9_799, lots: 8_000, leverage: 2 });
      await setTick(v, crash.crashed);
      const start = await v.connection.networkHelpers.takeSnapshot();
      await closeAll(v);
      const whole = await fingerprint(v);
      await start.restore();
      await deleverage(v, [], { maxCounterparties: 1 });
      // now the limit is the bid's tick, for a call that went on as for the next one
      await closeAll(v);
      expect(await fingerprint(v), "ADL-4").to.deep.equal(whole);
    });
  });
});

/** Calls until nobody is bankrupt. */
async function closeAll(v: Venue): Promise<void> {
  while ((await v.exchange.bankruptAccount(1, 0)).account !== 0n) await deleverage(v, []);
}
