/**
 * Steps of the price: predicted from the block before, against what the events then say.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "@hono/zod-openapi";
import type { HistoryLimits } from "../../../keeper/api/createHistory.ts";
import { stepSchema } from "../../../keeper/api/stepSchema.ts";
import { position } from "../helpers/market.ts";
import { createFakeMarket } from "./helpers/fakeMarket.ts";

type Step = z.output<typeof stepSchema>;

// account 1 is bankrupt below 55m a lot; 3 gains more for its margin than 2, so it ranks first
const LONG = position(1, 10n, 60_000_000n, 5_000_000n);
const SHORTS = [position(2, -6n, 60_000_000n, 150_000_000n), position(3, -4n, 60_000_000n, 7_500_000n)];
const X = 55_000_000n << 16n;
const LOW = 50_000_000n << 16n;
const CALLER = `0x${"11".repeat(20)}`;

async function start(limits?: HistoryLimits) {
  const fake = await createFakeMarket([LONG, ...SHORTS], limits && { limits });
  const steps = async (query = ""): Promise<Step[]> => {
    const { response, body } = await fake.get(`/api/markets/BTC/steps${query}`);
    assert.equal(response.status, 200, JSON.stringify(body));
    return (body as { data: unknown[] }).data.map((step) => stepSchema.parse(step));
  };
  const moveTo = (price: bigint) => {
    fake.setPrices({ price, funding: 0n });
    return fake.mine([]);
  };
  return { fake, steps, moveTo };
}

test("default: no step while the price stands", async (t) => {
  const { fake, steps } = await start();
  t.after(() => fake.server.stop());
  await fake.mine([]);
  assert.deepEqual(await steps(), []);
});

test("behavior: a step is predicted from the block before, at exactly the price that came, and keeps it when the book has changed", async (t) => {
  const { fake, steps, moveTo } = await start();
  t.after(() => fake.server.stop());
  const from = fake.head();
  await moveTo(LOW);
  const to = fake.head();
  const counterparty = (account: number, rank: number, lots: bigint) => ({
    ...{
      bankrupt: 1n,
      counterparty: BigInt(account),
      rank: BigInt(rank),
      price: X,
      lots,
      score: 1n,
      pnl: 1n,
      payout: 1n,
      left: 0n,
    },
    sequence: fake.next(),
  });
  const change = (account: number) => ({
    ...{ account: BigInt(account), lots: 0n, cost: 0n, margin: 0n, fundingIndex: 0n },
    sequence: fake.next(),
  });
  await fake.mine([
    { eventName: "AutoDeleveraged", args: counterparty(3, 1, 4n) },
    { eventName: "AutoDeleveraged", args: counterparty(2, 2, 6n) },
    {
      eventName: "DeleverageCall",
      args: {
        ...{ bankrupt: 1n, caller: CALLER, lots: 10n, price: X, mark: LOW, cover: 7n, reward: 0n },
        sequence: fake.next(),
      },
    },
    { eventName: "PositionChanged", args: change(1) },
  ]);
  const [step, ...others] = await steps();
  assert.ok(step !== undefined && others.length === 0);
  assert.deepEqual(
    [step.from.hash, step.to.hash, step.until, step.priceBefore, step.price, step.move],
    [from.hash, to.hash, undefined, (60_000_000n << 16n).toString(), LOW.toString(), "-166666"],
  );
  const [predicted, ...more] = step.prediction?.deleverages ?? [];
  assert.ok(predicted !== undefined && more.length === 0);
  // the deficit is 5m a lot, the fund can pay 49m; the bids above the mark's band are nobody's any more
  assert.deepEqual(
    [predicted.account, predicted.price, predicted.cover, predicted.sweptLots],
    [1, X.toString(), "49000000", "0"],
  );
  assert.deepEqual(
    predicted.counterparties.map(({ account, rank, lots }) => [account, rank, lots]),
    [
      [3, 1, "4"],
      [2, 2, "6"],
    ],
  );
  assert.deepEqual(step.happened, {
    bankrupt: [{ account: 1, lots: "10" }],
    deleveraged: [
      { account: 3, lots: "4" },
      { account: 2, lots: "6" },
    ],
    liquidated: [],
    preventiveLots: "0",
    cover: "7",
  });
});

test("behavior: what happens belongs to one step; steps that reach nobody can be left out, the newest never is", async (t) => {
  const { fake, steps, moveTo } = await start();
  t.after(() => fake.server.stop());
  const liquidated = (lots: bigint) => ({
    eventName: "Liquidated",
    args: {
      ...{ account: 1n, lots, notional: 1n, fee: 0n, price: 1n, caller: CALLER },
      sequence: fake.next(),
    },
  });
  await moveTo(59_000_000n << 16n);
  await moveTo(58_000_000n << 16n);
  await fake.mine([liquidated(2n)]);
  const until = fake.head();
  fake.setPrices({ price: 59_500_000n << 16n, funding: 0n });
  await fake.mine([liquidated(3n)]);
  await fake.mine([liquidated(4n)]);
  const all = await steps();
  assert.deepEqual(
    all.map(({ move, until, happened }) => [move, until?.number, happened.liquidated]),
    [
      ["25862", undefined, [{ account: 1, lots: "7" }]],
      ["-16949", Number(until.number), [{ account: 1, lots: "2" }]],
      ["-16666", Number(until.number) - 2, []],
    ],
  );
  for (const { prediction } of all) assert.deepEqual([prediction?.deleverages, prediction?.liquidations], [[], []]);
  assert.deepEqual(
    (await steps("?limit=1")).map(({ move }) => move),
    ["25862"],
  );
  await moveTo(60_000_000n << 16n);
  assert.deepEqual(
    (await steps("?eventful=true")).map(({ move }) => move),
    ["8403", "25862", "-16949"],
  );
});

test("behavior: a reorganisation forgets the steps: their blocks may be gone", async (t) => {
  const { fake, steps, moveTo } = await start();
  t.after(() => fake.server.stop());
  await moveTo(LOW);
  assert.equal((await steps()).length, 1);
  await fake.reorganise([]);
  assert.deepEqual(await steps(), []);
  await moveTo(60_000_000n << 16n);
  assert.deepEqual(
    (await steps()).map(({ move }) => move),
    ["200000"],
  );
});

test("behavior: a step whose events are no longer all kept is left out", async (t) => {
  const { fake, steps, moveTo } = await start({ records: 10, prices: 20, changes: 10 });
  t.after(() => fake.server.stop());
  const liquidated = () => ({
    eventName: "Liquidated",
    args: { ...{ account: 1n, lots: 1n, notional: 1n, fee: 0n, price: 1n, caller: CALLER }, sequence: fake.next() },
  });
  await moveTo(59_000_000n << 16n);
  for (let i = 0; i < 11; i++) await fake.mine([liquidated()]);
  assert.equal((await steps())[0]?.happened.liquidated[0]?.lots, "11");
  await fake.mine([liquidated()]);
  assert.deepEqual(await steps(), []);
});

test("error: a filter that is neither true nor false", async (t) => {
  const { fake } = await start();
  t.after(() => fake.server.stop());
  const { response, body } = await fake.get("/api/markets/BTC/steps?eventful=maybe");
  assert.equal(response.status, 400);
  assert.deepEqual(body, { error: "eventful: must be true or false" });
});
