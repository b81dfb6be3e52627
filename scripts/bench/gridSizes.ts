// `node scripts/bench/gridSizes.ts`: words that a proof visits, by mantissa bits and by the shape of a leaf word. No chain needed.
//
// A walk visits every word that the boundary "score = s" crosses. Worst: the boundary is drawn for several scores, over the whole grid and from
// 0.7 of the mark up, and the words are counted, root included. Usual: the walks of RankVerifier over random books of 10,000 longs.
import { createRandom } from "./random.ts";

const PRICE = 1_000_000;
const OCTAVES = 16;

type Grid = { entryBits: number; rowBits: number; leafU: number; leafV: number };
type Cell = { u: number; v: number };
/** Children of a word, by level and place. */
type Words = Map<string, Cell[]>[];
type Visit = { words: number; tests: number };

const GRIDS: Grid[] = [
  [10, 9, 4, 4],
  [10, 9, 3, 5],
  [9, 8, 4, 4],
  [9, 8, 3, 5],
  [8, 8, 4, 4],
  [8, 8, 3, 5],
  [8, 8, 2, 6],
  [8, 8, 5, 3],
].map(([entryBits = 0, rowBits = 0, leafU = 0, leafV = 0]) => ({ entryBits, rowBits, leafU, leafV }));

for (const grid of GRIDS) {
  const worst = (lowest: number) => Math.max(...[0.05, 0.2, 0.5, 1, 2, 5, 20].map((s) => crossed(grid, s, lowest)));
  console.log(JSON.stringify({ ...grid, worstFrom70: worst(0.7), worstGrid: worst(0), ...usual(grid) }));
}

/** Words of all levels that the boundary of a score crosses, for longs with entries of at least `lowest` times the mark. */
function crossed(grid: Grid, score: number, lowest: number): number {
  const { entryBits, rowBits } = grid;
  const seen = new Set<string>();
  const limit = tick(0.97 * PRICE, entryBits);
  const rows = OCTAVES << rowBits;
  const boundary = (u: number): number => {
    const b = PRICE - gain(u, entryBits) / score; // the row of the b at which the score is s
    return b <= 0 ? rows + tick(-b, rowBits) : tick(PRICE, rowBits) - tick(b, rowBits);
  };
  let before: number | undefined;
  for (let u = tick(lowest * PRICE, entryBits); u < limit; u++) {
    const v = boundary(u);
    // a steep boundary crosses all rows between two columns
    for (let r = Math.min(v, before ?? v); r <= Math.max(v, before ?? v); r++) {
      for (let level = 0; level < 4; level++) seen.add(`${level}:${keyOf(grid, level + 1, { u, v: r })}`);
    }
    before = v;
  }
  return seen.size;
}

/** Means over eight random books: the proof that the first twenty are the first, and the search for the first. */
function usual(grid: Grid) {
  const sum = { proofWords: 0, proofTests: 0, searchWords: 0, searchTests: 0 };
  for (let seed = 1; seed <= 8; seed++) {
    const { cells, region } = randomBook(grid, seed);
    const scoreOf = (c: Cell) => gain(c.u, grid.entryBits) / equity(c.v, grid.rowBits);
    const ranked = cells.filter((c) => c.u < region.u && c.v >= region.v).sort((a, b) => scoreOf(b) - scoreOf(a));
    const last = ranked[19];
    if (!last) throw new Error("a book without twenty in profit");
    const listed = new Set(ranked.slice(0, 20));
    const proof = { words: 0, tests: 0 };
    const rest = wordsOf(
      grid,
      cells.filter((c) => !listed.has(c)),
    );
    walk(grid, rest, region, { score: scoreOf(last) }, false, 3, { u: 0, v: 0 }, proof);
    const all = wordsOf(grid, cells);
    const search = { words: 0, tests: 0 };
    walk(grid, all, region, { score: greedy(grid, all, region) }, true, 3, { u: 0, v: 0 }, search);
    sum.proofWords += proof.words / 8;
    sum.proofTests += proof.tests / 8;
    sum.searchWords += search.words / 8;
    sum.searchTests += search.tests / 8;
  }
  return Object.fromEntries(Object.entries(sum).map(([key, value]) => [key, Math.round(value)]));
}

/** RankVerifier's walk; `raises`: a better cell becomes the bound, as in a search. */
function walk(
  grid: Grid,
  words: Words,
  region: Cell,
  bound: { score: number },
  raises: boolean,
  level: number,
  at: Cell,
  visit: Visit,
): void {
  visit.words++;
  let children = eligibleChildren(grid, words, region, level, at);
  for (let first = children[0]; first !== undefined; first = children[0]) {
    visit.tests++;
    const score = cornerScore(grid, region, level, first);
    if (score > bound.score) {
      children = children.slice(1);
      if (level > 0) walk(grid, words, region, bound, raises, level - 1, first, visit);
      else if (raises) bound.score = score;
    } else {
      const row = first.v;
      children = children.filter((c) => c.v < row);
    }
  }
}

/** The score that one path down finds, always to the best corner. */
function greedy(grid: Grid, words: Words, region: Cell): number {
  let at: Cell = { u: 0, v: 0 };
  let score = 0;
  for (let level = 3; level >= 0; level--) {
    const best = eligibleChildren(grid, words, region, level, at)
      .map((child) => ({ child, score: cornerScore(grid, region, level, child) }))
      .sort((a, b) => b.score - a.score)[0];
    if (!best) return 0;
    ({ child: at, score } = best);
  }
  return score;
}

function eligibleChildren(grid: Grid, words: Words, region: Cell, level: number, { u, v }: Cell): Cell[] {
  const [shiftU, shiftV] = shifts(grid, level);
  return (words[level]?.get(`${u}:${v}`) ?? [])
    .filter((c) => c.u << shiftU < region.u && (c.v + 1) << shiftV > region.v)
    .sort((a, b) => a.u - b.u || a.v - b.v);
}

function cornerScore(grid: Grid, region: Cell, level: number, child: Cell): number {
  const [shiftU, shiftV] = shifts(grid, level);
  return gain(child.u << shiftU, grid.entryBits) / equity(Math.max(region.v, child.v << shiftV), grid.rowBits);
}

function wordsOf(grid: Grid, cells: readonly Cell[]): Words {
  return [0, 1, 2, 3].map((level) => {
    const children = new Map<string, Map<string, Cell>>();
    for (const cell of cells) {
      const key = keyOf(grid, level + 1, cell);
      const [shiftU, shiftV] = shifts(grid, level);
      const inside = children.get(key) ?? new Map<string, Cell>();
      children.set(key, inside.set(keyOf(grid, level, cell), { u: cell.u >> shiftU, v: cell.v >> shiftV }));
    }
    return new Map([...children].map(([key, inside]) => [key, [...inside.values()]]));
  });
}

/** From a cell's coordinates to its child's on a level: leaves first, then words of 16 × 16. */
function shifts({ leafU, leafV }: Grid, level: number): [number, number] {
  return level === 0 ? [0, 0] : [leafU + 4 * (level - 1), leafV + 4 * (level - 1)];
}

function keyOf(grid: Grid, level: number, { u, v }: Cell): string {
  const [shiftU, shiftV] = shifts(grid, level);
  return `${u >> shiftU}:${v >> shiftV}`;
}

/** Longs: entries lognormal ±10 % around the mark, leverage lognormal 2–50; eligible against a short bankrupt at 0.97 of the mark. */
function randomBook({ entryBits, rowBits }: Grid, seed: number) {
  const random = createRandom(seed);
  const rowOf = (b: number) => (OCTAVES << rowBits) - 1 - tick(b, rowBits);
  const cells = new Map<string, Cell>();
  for (let count = 0; count < 10_000; ) {
    const entry = PRICE * Math.exp(0.1 * random.normal());
    const leverage = Math.min(50, Math.max(2, Math.exp(Math.log(8) + 0.8 * random.normal())));
    const b = entry - entry / leverage;
    if (b > 0.993 * PRICE) continue;
    count++;
    const cell = { u: tick(entry, entryBits), v: rowOf(b) };
    cells.set(`${cell.u}:${cell.v}`, cell);
  }
  return { cells: [...cells.values()], region: { u: tick(0.97 * PRICE, entryBits), v: rowOf(PRICE) + 1 } };
}

function gain(u: number, bits: number): number {
  const entry = price(u, bits);
  return entry >= PRICE ? 0 : ((PRICE - entry) / entry) * PRICE;
}

function equity(v: number, bits: number): number {
  const t = (OCTAVES << bits) - 1 - v;
  return PRICE - (t >= 0 ? price(t, bits) : -price(-1 - t, bits));
}

/** Sixteen octaves, the price in the eighth. */
function tick(x: number, bits: number): number {
  const octaves = Math.log2(x / PRICE) + 7;
  if (octaves < 0) return 0;
  const whole = Math.floor(octaves);
  return Math.min((OCTAVES << bits) - 1, (whole << bits) + Math.floor((2 ** (octaves - whole) - 1) * 2 ** bits));
}

function price(t: number, bits: number): number {
  return PRICE * 2 ** ((t >> bits) - 7) * (1 + (t & (2 ** bits - 1)) / 2 ** bits);
}
