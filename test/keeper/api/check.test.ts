/**
 * The recomputation of a past call, as the browser runs it: a true call is right, and each way of tampering is named.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plain } from "../../../keeper/api/plain.ts";
import { applyChange } from "../../../keeper/core/applyChange.ts";
import { deficit } from "../../../keeper/core/closing.ts";
import { eligibility } from "../../../keeper/core/eligibility.ts";
import { fillWater } from "../../../keeper/core/fillWater.ts";
import { createMarketState } from "../../../keeper/core/marketState.ts";
import { bankruptcyPriceAt, isBankrupt, settle } from "../../../keeper/core/position.ts";
import { rankByLeverage } from "../../../keeper/core/rankByLeverage.ts";
import type { Position } from "../../../keeper/core/types.ts";
import { checkCall, type Evidence, type StoredPosition } from "../../../keeper/page/check/checkCall.ts";
import { createRandom, type Random } from "../../utils/random.ts";
import { randomBook } from "../../utils/waterBooks.ts";
import { BASE, MARK } from "../helpers/market.ts";

/** As the chain stores it; entry and margin a lot, in atoms. */
function stored(account: number, lots: bigint, entry: bigint, margin: bigint): StoredPosition {
  const size = lots < 0n ? -lots : lots;
  const amounts = { lots, cost: size * entry, margin: size * margin, fundingIndex: 0n };
  const texts = Object.entries(amounts).map(([key, value]) => [key, value.toString()]);
  return { account, ...Object.fromEntries(texts) } as StoredPosition;
}

// The long entered at 70m with 2m margin: X = 68m, and the mark is 60m. The shorts entered at 70m; the more leverage, the better ranked.
const X = 68_000_000n << 16n;
const POSITIONS = [
  stored(1, 10n, 70_000_000n, 2_000_000n),
  stored(2, -4n, 70_000_000n, 3_000_000n),
  stored(3, -4n, 70_000_000n, 9_000_000n),
  stored(4, -4n, 70_000_000n, 30_000_000n),
];

/** gain = (e − P)·P/e·2^64, equity = b − P, at the representatives of the cells: entry 70m, b 73m, 79m and 100m rounded down to the grid. */
const floorTo = (price: bigint, mantissa: bigint) => {
  const exponent = BigInt(price.toString(2).length - 1);
  const unit = 1n << (exponent - mantissa);
  return (price / unit) * unit;
};
const scoreOf = (b: bigint) => {
  // a short's entry tick is that of 70m: its representative is the lower edge
  const e = floorTo(70_000_000n << 16n, 10n);
  return ((((e - MARK) * MARK) << 64n) / e / (floorTo(b << 16n, 9n) - MARK)).toString();
};

function evidence(): Evidence & { call: { closes: { counterparty: number }[] } } {
  const close = (counterparty: number, rank: number, b: bigint, lots: string) => ({
    stage: "ranked" as const,
    counterparty,
    rank,
    score: scoreOf(b),
    price: X.toString(),
    lots,
  });
  return {
    base: BASE,
    call: {
      account: 1,
      lots: "10",
      price: X.toString(),
      mark: MARK.toString(),
      funding: "0",
      rankPolicy: "pnlLeverage",
      cover: "0",
      closes: [close(2, 1, 73_000_000n, "4"), close(3, 2, 79_000_000n, "4"), close(4, 3, 100_000_000n, "2")],
    },
    before: { positions: POSITIONS },
    changes: [],
  };
}

describe("check of a deleveraging call", () => {
  it("a true call is right", () => {
    const verdict = checkCall(evidence());
    assert.deepEqual(verdict.findings, []);
    assert.equal(verdict.right, true);
    assert.deepEqual(verdict.wronged, []);
    assert.equal(verdict.eligible, 3);
    assert.deepEqual(
      verdict.expected.map(({ account, lots }) => [account, lots]),
      [
        [2, 4n],
        [3, 4n],
        [4, 2n],
      ],
    );
  });

  it("order within a cell: first in, first taken", () => {
    const [bankrupt, first] = POSITIONS as [StoredPosition, StoredPosition];
    const twin = { ...first, account: 9 };
    const base = evidence();
    const close = base.call.closes[0] as (typeof base.call.closes)[number] & { lots: string };
    const call = { ...base.call, lots: "4", closes: [close] } as Evidence["call"];
    assert.equal(checkCall({ ...base, call, before: { positions: [bankrupt, first, twin] } }).right, true);
    const late = checkCall({ ...base, call, before: { positions: [bankrupt, twin, first] } });
    assert.match(late.findings.join(), /account 2 was closed, it was account 9's turn/);
  });

  it("a better-ranked account left out: who was closed in its place is named, with what it lost", () => {
    const tampered = evidence();
    const [, second, third] = tampered.call.closes;
    Object.assign(tampered.call, { lots: "6", closes: [second, { ...third, lots: "2", rank: 2 }] });
    const verdict = checkCall(tampered);
    assert.equal(verdict.right, false);
    assert.match(verdict.findings[0] ?? "", /Place 1: account 3 was closed, it was account 2's turn/);
    // of 6 lots account 2 owed 4 and account 3 owed 2; each lot gives up X − P = 8m
    assert.deepEqual(verdict.wronged, [
      { account: 3, lots: 2n, amount: 16_000_000n },
      { account: 4, lots: 2n, amount: 16_000_000n },
    ]);
    assert.deepEqual(verdict.spared, [{ account: 2, lots: 4n, amount: 32_000_000n }]);
  });

  it("a size, a score, a rank or a price that is not what it should be", () => {
    for (const [field, value, pattern] of [
      ["lots", "3", /lost 3 lots, it should have been 4/],
      ["score", "1", /score 1, it is \d+/],
      ["rank", 2, /called rank 2, it is 1/],
      ["price", "5", /closed at 5/],
      ["stage", "principal", /closed in the principal stage, not the ranked/],
    ] as const) {
      const tampered = evidence();
      Object.assign(tampered.call.closes[0] as object, { [field]: value });
      assert.match(checkCall(tampered).findings.join(), pattern);
    }
  });

  it("a price that is not the bankruptcy price", () => {
    const tampered = evidence();
    Object.assign(tampered.call, { price: (X - 1n).toString() });
    assert.match(checkCall(tampered).findings[0] ?? "", new RegExp(`the bankruptcy price of account 1 was ${X}`));
  });

  it("somebody who was not bankrupt, and somebody who was not there", () => {
    const tampered = evidence();
    Object.assign(tampered.call, { mark: X.toString() });
    assert.match(checkCall(tampered).findings[0] ?? "", /Account 1 was not bankrupt/);
    Object.assign(tampered.call, { account: 77 });
    assert.deepEqual(checkCall(tampered).findings, ["Account 77 had no position before the call"]);
  });

  it("the principal stage: only when nobody is eligible any more, by bankruptcy price", () => {
    // shorts entered below X are not in profit at it: 5 has the nearer bankruptcy price
    const positions = [
      stored(1, 10n, 70_000_000n, 2_000_000n),
      stored(6, -6n, 50_000_000n, 40_000_000n),
      stored(5, -6n, 50_000_000n, 25_000_000n),
    ];
    const base = evidence();
    const close = (counterparty: number, lots: string) => ({
      stage: "principal" as const,
      counterparty,
      rank: 0,
      score: "0",
      price: X.toString(),
      lots,
    });
    const closes = [close(5, "6"), close(6, "4")];
    const right = checkCall({ ...base, before: { positions }, call: { ...base.call, closes } });
    assert.deepEqual(right.findings, []);
    assert.equal(right.eligible, 0);
    const wrong = checkCall({ ...base, before: { positions }, call: { ...base.call, closes: closes.toReversed() } });
    assert.equal(wrong.right, false);
  });

  it("what the book took before: the price follows from what is left", () => {
    // 4 of 10 lots at 66m with a cover of 2m a lot: K = 680m − 4 · 68m, and X stays 68m
    const base = evidence();
    const swept = { lots: "4", notional: "264000000", cover: "8000000" };
    const closes = [base.call.closes[0], { ...base.call.closes[1], lots: "2" }] as Evidence["call"]["closes"];
    const verdict = checkCall({ ...base, call: { ...base.call, lots: "6", swept, closes } });
    assert.deepEqual(verdict.findings, []);
  });

  it("positions that changed in the call's own block count", () => {
    const base = evidence();
    const changes = [stored(2, 0n, 0n, 0n)];
    assert.match(checkCall({ ...base, changes }).findings[0] ?? "", /it was account 3's turn/);
  });

  describe("under LeverageWaterfill", () => {
    /** A piece of the sequence as the keeper's core runs it; held to brute force in test/keeper/waterfill.test.ts. */
    function water(random: Random, budget: bigint): Evidence | undefined {
      const book = randomBook(random, random.pick(["scattered", "clustered", "one row"]));
      const state = createMarketState(book.prices.base);
      for (const p of book.seats) applyChange(state, p);
      const prices = { price: book.prices.mark, funding: book.prices.funding };
      const bankrupt = settle(book.bankrupt, prices.funding);
      const x = bankruptcyPriceAt(bankrupt, prices.funding);
      const region = eligibility(bankrupt.lots > 0n, x, prices, state.base);
      const funds = (deficit(bankrupt, prices) * budget) / 100n;
      const most = random.int(1, 160);
      const limits = { stopsAfter: (_: Position, __: bigint, steps: number) => steps === most };
      const { members, cover } = fillWater(rankByLeverage(state, region), region, prices, bankrupt, funds, limits);
      if (members.length < 2 || !isBankrupt(bankrupt, prices)) return undefined;
      const text = (p: Position) => {
        const { lots, cost, margin, fundingIndex } = p;
        return { account: p.account, ...plain({ lots, cost, margin, fundingIndex }) } as unknown as StoredPosition;
      };
      const closes = members.map(({ account, score, lots }, i) => ({
        ...{ stage: "ranked" as const, counterparty: account, rank: i + 1, price: x.toString() },
        ...{ score: score.toString(), lots: lots.toString() },
      }));
      const total = members.reduce((sum, { lots }) => sum + lots, 0n);
      const call = {
        ...{ account: bankrupt.account, lots: total.toString(), price: x.toString(), mark: prices.price.toString() },
        ...{ funding: prices.funding.toString(), rankPolicy: "leverageWaterfill" as const, cover: cover.toString() },
        closes,
      };
      return { base: state.base, call, before: { positions: book.seats.map(text) }, changes: [] };
    }

    for (const [name, budget] of [
      ["without the fund", 0n],
      ["with a part of the deficit", 37n],
      ["with all of it", 100n],
      ["with more than that", 1_000n],
    ] as const) {
      it(`a true call is right ${name}; lots moved from one to the other are named`, () => {
        const random = createRandom(31);
        let checked = 0;
        let named = 0;
        for (let n = 0; n < 40; n++) {
          const found = water(random, budget);
          if (found === undefined) continue;
          checked++;
          assert.deepEqual(checkCall(found).findings, []);
          const [first, second, ...others] = found.call.closes;
          if (!first || !second || first.lots === "1") continue;
          const moved = [
            { ...first, lots: (BigInt(first.lots) - 1n).toString() },
            { ...second, lots: (BigInt(second.lots) + 1n).toString() },
          ];
          const tampered = { ...found, call: { ...found.call, closes: [...moved, ...others] } };
          const verdict = checkCall(tampered);
          assert.deepEqual(
            [verdict.spared, verdict.wronged].map((list) => list.map(({ account, lots }) => [account, lots])),
            [[[first.counterparty, 1n]], [[second.counterparty, 1n]]],
          );
          named++;
        }
        assert.ok(checked > 15 && named > 8, `${checked} checked, ${named} named`);
      });
    }

    it("error: no amount in the fund explains what it paid", () => {
      const found = water(createRandom(32), 100n) ?? water(createRandom(33), 100n) ?? water(createRandom(34), 100n);
      assert.ok(found);
      const cover = (BigInt(found.call.cover) * 2n + 2n).toString();
      assert.throws(() => checkCall({ ...found, call: { ...found.call, cover } }), /what the fund could pay is not/);
    });
  });

  it("error: the funding index is not known", () => {
    const base = evidence();
    const { funding: _, ...call } = base.call;
    assert.throws(() => checkCall({ ...base, call }), /funding index/);
  });
});
