// `node scripts/bench/gridSizes.ts`: words that the worst verification visits, by mantissa bits and by the shape of a word. No chain needed.
//
// A walk visits every word that the boundary "score = s" crosses; here the boundary is drawn for several scores over the whole grid and
// the words are counted, root included.
const PRICE = 1_000_000;

type Grid = { entryBits: number; rowBits: number; wordU: number; wordV: number };

const GRIDS: Grid[] = [
  { entryBits: 8, rowBits: 7, wordU: 4, wordV: 4 },
  { entryBits: 9, rowBits: 8, wordU: 4, wordV: 4 },
  { entryBits: 10, rowBits: 9, wordU: 4, wordV: 4 },
  { entryBits: 11, rowBits: 10, wordU: 4, wordV: 4 },
  { entryBits: 10, rowBits: 9, wordU: 3, wordV: 5 },
  { entryBits: 10, rowBits: 9, wordU: 2, wordV: 6 },
  { entryBits: 10, rowBits: 9, wordU: 5, wordV: 3 },
  { entryBits: 10, rowBits: 9, wordU: 8, wordV: 0 },
  { entryBits: 10, rowBits: 9, wordU: 0, wordV: 8 },
];

for (const lowest of [0.7, 0]) {
  for (const grid of GRIDS) {
    const counts = [0.05, 0.2, 0.5, 1, 2, 5, 20].map((score) => words(grid, score, lowest));
    console.log(JSON.stringify({ entriesFrom: lowest, ...grid, words: Math.max(...counts) }));
  }
}

/** Words of all levels that the boundary of a score crosses, for longs with entries of at least `lowest` times the mark. */
function words({ entryBits, rowBits, wordU, wordV }: Grid, score: number, lowest: number): number {
  const seen = new Set<string>();
  const limit = tick(0.97 * PRICE, entryBits);
  const mark = tick(PRICE, rowBits);
  const rows = 16 << rowBits;
  const boundary = (u: number): number => {
    const entry = price(u, entryBits);
    const gain = ((PRICE - entry) / entry) * PRICE;
    // score = gain / (P − b): the row of the b at which it is s
    const b = PRICE - gain / score;
    return b <= 0 ? rows + tick(-b, rowBits) : mark - tick(b, rowBits);
  };
  let before: number | undefined;
  for (let u = tick(lowest * PRICE, entryBits); u < limit; u++) {
    const v = boundary(u);
    // a steep boundary crosses all rows between two columns
    for (let r = Math.min(v, before ?? v); r <= Math.max(v, before ?? v); r++) {
      let [cu, cv] = [u, r];
      for (let level = 0; level < 7; level++) {
        [cu, cv] = [cu >> wordU, cv >> wordV];
        seen.add(`${level}:${cu}:${cv}`);
      }
    }
    before = v;
  }
  return seen.size;
}

/** Sixteen octaves, the price in the eighth. */
function tick(x: number, bits: number): number {
  const octaves = Math.log2(x / PRICE) + 7;
  if (octaves < 0) return 0;
  const whole = Math.floor(octaves);
  return Math.min((16 << bits) - 1, (whole << bits) + Math.floor((2 ** (octaves - whole) - 1) * 2 ** bits));
}

function price(t: number, bits: number): number {
  return PRICE * 2 ** ((t >> bits) - 7) * (1 + (t & (2 ** bits - 1)) / 2 ** bits);
}
