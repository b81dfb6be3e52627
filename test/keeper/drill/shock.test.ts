import assert from "node:assert/strict";
import { test } from "node:test";
import { readDrillFlags } from "../../../keeper/cli/drillFlags.ts";
import { isBankrupt } from "../../../keeper/core/position.ts";
import { priceOfBankruptcies } from "../../../keeper/drill/priceOfBankruptcies.ts";
import { planShocks, type Shock, type ShockedMarket } from "../../../keeper/drill/shock.ts";
import { ConfigError } from "../../../keeper/errors.ts";
import { marketOf, PARAMETERS, PRICES, position } from "../helpers/market.ts";

const SOURCE = "0x00000000000000000000000000000000000000f1";
const PIPS = 1_000_000n;

function listed(change: Partial<ShockedMarket> & { id?: number; name?: string } = {}): ShockedMarket {
  const { id = 1, name = "BTC", ...rest } = change;
  // longs bankrupt below 54,000 and 57,000, the short above 120,000
  const positions = [
    position(1, 50n, 30_000_000n, 3_000_000n),
    position(2, 50n, 30_000_000n, 1_500_000n),
    position(3, -100n, 60_000_000n, 60_000_000n),
  ];
  const prices = { ok: true, accrued: 0n, ...PRICES } as const;
  return { parameters: { ...PARAMETERS, id, name }, source: SOURCE, state: marketOf(positions), prices, ...rest };
}

test("default: flags: a move, a factor or a price, of one market or of all", () => {
  const { shocks, rest } = readDrillFlags(["--shock", "-30%", "--json", "--shock", "ETH=x0.7", "--shock=BTC=65000.5"]);
  assert.deepEqual(shocks, [
    { market: undefined, move: -300_000n },
    { market: "ETH", move: -300_000n },
    { market: "BTC", price: 65_000_500_000_000_000_000_000n },
  ]);
  assert.deepEqual(rest, ["--json"]);
  const { bankrupt, maxBlocks, maxSeconds, blockSeconds, feedAge } = readDrillFlags([]);
  assert.deepEqual([bankrupt, maxBlocks, maxSeconds, blockSeconds, feedAge], [5, 500, 600, 12, 0]);
});

test("error: flags: each names what is wrong in one line", () => {
  const cases: [string[], RegExp][] = [
    [["--shock", "-100%"], /^--shock must lie above -100%/],
    [["--shock", "BTC=x0"], /^--shock must multiply by more than 0/],
    [["--shock", "65000"], /^--shock must be like -30%/], // of which market?
    [["--shock", "BTC=0"], /^--shock must be like -30%/],
    [["--shock", "-1%", "--bankrupt", "2"], /^--shock and --bankrupt exclude each other$/],
    [["--max-blocks", "0"], /^--max-blocks must be a whole number from 1 to 100000: 0$/],
    [["--max-blocks", "1", "--max-blocks", "2"], /^--max-blocks is given twice$/],
    [["--feed-age"], /^--feed-age needs a value$/],
  ];
  for (const [args, line] of cases) {
    assert.throws(
      () => readDrillFlags(args),
      (error) => error instanceof ConfigError && line.test(error.message),
      args.join(" "),
    );
  }
});

test("default: the source's answer is the one that the contract makes exactly this price of", () => {
  const scale = 10n ** 12n * PARAMETERS.lotsPerUnit;
  for (let pips = -999_999n; pips < 9_000_000n; pips += 123_457n) {
    const [shock] = planShocks([listed()], [{ market: "btc", move: pips }], 0);
    assert.ok(shock !== undefined);
    assert.equal(shock.after, (PRICES.price * (PIPS + pips)) / PIPS);
    assert.equal((shock.answer << 16n) / scale, shock.after, `${pips}`); // Mark._convert
  }
});

test("behavior: a market's own shock wins over the general one; one that is not shocked is left alone", () => {
  const other = { id: 2, name: "ETH", source: "0x00000000000000000000000000000000000000f2" } as const;
  const moves = (shocks: readonly Shock[]) =>
    planShocks([listed(), listed(other)], shocks, 1).map(({ market, after }) => [
      market,
      (after * PIPS) / PRICES.price,
    ]);
  assert.deepEqual(
    moves([
      { market: undefined, move: -100_000n },
      { market: "2", move: 100_000n },
    ]),
    [
      [1, 900_000n],
      [2, 1_100_000n],
    ],
  );
  assert.deepEqual(moves([{ market: "ETH", move: 100_000n }]), [[2, 1_100_000n]]);
});

test("behavior: without a shock, the nearest price that makes so many bankrupt, and not one step nearer", () => {
  for (const [count, bankrupt] of [
    [1, [2]],
    [2, [1, 2]],
    [9, [1, 2]], // there are no more longs, and fewer shorts
  ] as const) {
    const market = listed();
    const price = priceOfBankruptcies(market.state, PRICES, count);
    assert.ok(price !== undefined);
    const at = (p: bigint) =>
      [...market.state.positions.values()]
        .filter((one) => isBankrupt(one, { ...PRICES, price: p }))
        .map(({ account }) => account)
        .toSorted();
    assert.deepEqual(at(price), bankrupt);
    assert.equal(at(price + 1n).length, bankrupt.length - 1);
  }
  // nearer above than below: the short goes first
  const short = marketOf([position(1, 1n, 60_000_000n, 30_000_000n), position(3, -1n, 60_000_000n, 600_000n)]);
  assert.ok((priceOfBankruptcies(short, PRICES, 1) ?? 0n) > PRICES.price);
  assert.equal(priceOfBankruptcies(marketOf([]), PRICES, 1), undefined);
});

test("error: no price to start from, no such market, one source with two answers", () => {
  const stale = listed({ prices: { ok: false, reason: "StalePrice(1, 99, 60)" } });
  const cases: [() => unknown, RegExp][] = [
    [
      () => planShocks([stale], [{ market: undefined, move: -1n }], 1),
      /^BTC has no usable price to start from \(StalePrice/,
    ],
    [() => planShocks([listed()], [{ market: "X", move: -1n }], 1), /^--shock: there is no market X; there are BTC$/],
    [() => planShocks([listed({ state: marketOf([]) })], [], 1), /^No market has a position/],
    [
      () =>
        planShocks(
          [listed(), listed({ id: 2, name: "ETH" })],
          [
            { market: "BTC", move: -1_000n },
            { market: "ETH", move: 1_000n },
          ],
          1,
        ),
      /^BTC and ETH have one price source, and cannot be shocked differently$/,
    ],
  ];
  for (const [run, line] of cases) {
    assert.throws(run, (error) => error instanceof ConfigError && line.test(error.message));
  }
  const [named] = planShocks([stale], [{ market: "BTC", price: 10n ** 22n }], 1);
  assert.equal(named?.before, undefined, "a price that is named needs none before");
});
