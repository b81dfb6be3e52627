// The rank index by itself: what it costs to trade, and what the worst book that we know how to build costs to verify.
import type { NetworkConnection } from "hardhat/types/network";
import { BITS, bankruptcyTick, cellOf, coordinateU, coordinateV, entryTick, MAX } from "../../keeper/core/grid.ts";
import { equity, gain, type ScoreParameters } from "../../keeper/core/score.ts";
import { MARK } from "./crowd.ts";
import { createRandom } from "./random.ts";

const PRICE = (BigInt(MARK) * 10n) << 16n;
const BASE = PRICE.toString(2).length - 1 - 7;
const X = (PRICE * 97n) / 100n;
/** The whole queue of a bankrupt short at X, in a market of longs. */
const REGION: ScoreParameters = {
  isLong: true,
  base: BASE,
  price: PRICE,
  adjusted: PRICE,
  uLimit: coordinateU(true, entryTick(X, BASE)),
  vMin: coordinateV(true, bankruptcyTick(PRICE, BASE)) + 1,
};
const GAS = { gasLimit: 2_000_000_000n };

type Harness = Awaited<ReturnType<typeof deployHarness>>;

export async function measureIndex(connection: NetworkConnection, positions: number): Promise<Record<string, number>> {
  const book = randomCells(positions, 42 + positions);
  const index = await deployHarness(connection);
  await index.fill(book);
  return {
    ...(await measureTrading(index, book)),
    adlWorstCaseVerify70: await worstCase(connection, (PRICE * 7n) / 10n),
    adlWorstCaseVerifyGrid: await worstCase(connection, 1n),
  };
}

/** The index alone, and what its operations cost on cold storage. */
async function deployHarness({ ethers }: NetworkConnection) {
  const contract = await ethers.deployContract("RankHarness");
  const call = (name: string, ...args: unknown[]): Promise<bigint> =>
    contract.getFunction(name).staticCall(...args, GAS);
  return {
    fill: async (cells: readonly number[]) => {
      for (let i = 0; i < cells.length; i += 100)
        await (await contract.getFunction("fill")(cells.slice(i, i + 100), { gasLimit: 16_777_216n })).wait();
    },
    open: (cell: number) => call("open", cell),
    close: (id: number, cell: number) => call("close", id, cell),
    rekey: (id: number, from: number, to: number) => call("rekey", id, from, to),
    verify: (score: bigint, cell: number) => call("verify", REGION, { score, cell }),
  };
}

/** Means over positions of the book: into a cell that is empty, into another row with 15 % more margin, and out. */
async function measureTrading(index: Harness, book: readonly number[]): Promise<Record<string, number>> {
  const taken = new Set(book);
  const opened: number[] = [];
  for (const cell of randomCells(400, 7))
    if (!taken.has(cell) && opened.length < 200) opened.push(Number(await index.open(cell)));
  const closed: number[] = [];
  const moved: number[] = [];
  for (let i = 0; i < 200; i++) {
    const place = (i * 7_919) % book.length;
    const cell = book[place] ?? 0;
    closed.push(Number(await index.close(place + 1, cell)));
    moved.push(Number(await index.rekey(place + 1, cell, withMargin(cell))));
  }
  const means = { indexOpenNewCellMean: mean(opened), indexRekeyMean: mean(moved), indexCloseMean: mean(closed) };
  // a mean depends on how many others there are: the plain names are those of the full bench
  const suffix = book.length === 10_000 ? "" : `Of${book.length}`;
  return Object.fromEntries(Object.entries(means).map(([key, gas]) => [`${key}${suffix}`, gas]));
}

/** The cell after 15 % more margin. */
function withMargin(cell: number): number {
  const u = cell >> BITS;
  const v = cell & MAX;
  const entry = priceOf(u);
  const b = priceOfRow(v);
  return cellOf(u, coordinateV(true, bankruptcyTick(b - ((entry - b) * 15n) / 100n, BASE)));
}

function priceOf(u: number): bigint {
  return BigInt(256 | (u & 255)) << BigInt((u >> 8) + BASE - 8);
}

function priceOfRow(v: number): bigint {
  const tick = MAX - v - (1 << (BITS - 1));
  return tick < 0 ? 0n : BigInt(256 | (tick & 255)) << BigInt((tick >> 8) + BASE - 8);
}

/** Longs: entries lognormal ±10 % around the mark, leverage lognormal 2–50. */
function randomCells(count: number, seed: number): number[] {
  const random = createRandom(seed);
  const cells: number[] = [];
  while (cells.length < count) {
    const entry = BigInt(Math.round(Number(PRICE) * Math.exp(0.1 * random.normal())));
    const leverage = Math.min(50, Math.max(2, Math.exp(Math.log(8) + 0.8 * random.normal())));
    const b = entry - BigInt(Math.round(Number(entry) / leverage));
    if (b > (PRICE * 993n) / 1_000n) continue;
    cells.push(cellOf(entryTick(entry, BASE), coordinateV(true, bankruptcyTick(b, BASE))));
  }
  return cells;
}

/**
 * The dearest staircase found: along the boundary of several scores, one occupied cell just outside of it in each leaf word, as far down
 * as entries may go. What the walk then visits is every word that the boundary crosses.
 */
async function worstCase(connection: NetworkConnection, lowestEntry: bigint): Promise<number> {
  let worst = 0;
  for (const leverage of [0.05, 0.2, 0.5, 1, 2, 5, 20]) {
    const score = BigInt(Math.round(leverage * 1_000)) * ((1n << 64n) / 1_000n);
    for (const dense of [false, true]) {
      const cells = staircase(score, entryTick(lowestEntry, BASE), dense);
      if (cells.length === 0) continue;
      const index = await deployHarness(connection);
      await index.fill(cells);
      worst = Math.max(worst, Number(await index.verify(score, 0)));
    }
  }
  return worst;
}

/** Cells that score just below: for each column the first row, for each row the first column; one a leaf word unless dense. */
function staircase(score: bigint, uFrom: number, dense: boolean): number[] {
  const cells = new Set<number>();
  const leaves = new Set<string>();
  const below = (u: number, v: number) => gain(REGION, u) < score * equity(REGION, v);
  const add = (u: number, v: number) => {
    if (u < uFrom || u >= REGION.uLimit || v < REGION.vMin || v > MAX) return;
    const leaf = `${u >> 3}:${v >> 5}`;
    if (!dense && leaves.has(leaf)) return;
    leaves.add(leaf);
    cells.add(cellOf(u, v));
  };
  const first = (low: number, high: number, test: (x: number) => boolean) => {
    while (low < high) {
      const middle = (low + high) >> 1;
      if (test(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  for (let u = uFrom; u < REGION.uLimit; u++)
    add(
      u,
      first(REGION.vMin, MAX + 1, (v) => below(u, v)),
    );
  for (let v = REGION.vMin; v <= MAX; v++)
    add(
      first(uFrom, REGION.uLimit, (u) => below(u, v)),
      v,
    );
  return [...cells];
}

function mean(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}
