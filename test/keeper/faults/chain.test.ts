/**
 * An armed keeper on a real node, with the contracts: orders that it executes for their owners, targets that change under its hands, and feeds that go
 * wrong. After each scenario the exchange's money adds up (I6).
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { encodeFunctionData, getAddress, parseAbi, parseEventLogs } from "viem";
import { exchangeAbi } from "../../../keeper/chain/abi.ts";
import { checkPrices } from "../../../keeper/oracle/checkPrices.ts";
import { planWorld } from "../../../keeper/planWorld.ts";
import { createFollower } from "../../../keeper/state/createFollower.ts";
import { tipOf } from "../../../keeper/state/world.ts";
import { killChildren } from "../../../scripts/demo/chain/children.ts";
import { feedAnswer, tickOf } from "../../../scripts/demo/market/market.ts";
import { createRandom } from "../helpers/random.ts";
import { closeArenas, createArena } from "./helpers/createArena.ts";

after(async () => {
  await closeArenas();
  killChildren();
});

const ALL_LOTS = 2n ** 40n - 1n;
const feedAbi = parseAbi([
  "function setRound(int256 answer, uint256 updatedAt)",
  "function setAnswer(int256 answer)",
  "function setFailing(bool fails)",
]);

test("behavior: a trader's stop-loss: the mark moves, the keeper executes it, is paid its tip, and the position is closed", async () => {
  const arena = await createArena(4);
  const { scene, keeper, call, said } = arena;
  const { market, start } = scene;
  const owner = scene.longs[3] ?? assert.fail();
  const account = await arena.accountOf(owner);
  const tip = 1_000_000;
  const [triggerTick, limitTick] = [0.985, 0.95].map((share) => tickOf(market, start * share));
  await scene.submit([
    call(owner, "placeTrigger", [{ market: market.id, kind: 0, triggerTick, limitTick, lots: ALL_LOTS, tip }]),
  ]);
  await scene.mine();
  // not there yet: nothing happens
  await scene.move(start * 0.99, true);
  assert.equal(await arena.block(), "idle");
  const freeOf = async (id: number) =>
    (
      await scene.chain.client.readContract({
        address: scene.addresses.exchange,
        abi: exchangeAbi,
        functionName: "accountAt",
        args: [BigInt(id)],
      })
    ).free;
  const keeperAccount = await arena.accountOf(keeper);
  const before = await freeOf(keeperAccount);
  assert.ok((await arena.positionOf(account)).lots > 0n);

  await scene.move(start * 0.984, true);
  assert.equal(await arena.block(), "sent");
  await scene.mine();
  await arena.until("executed", () =>
    arena.outcomes().some(({ plan, kind }) => plan?.kind === "trigger" && kind === "effective"),
  );
  const { hash } = arena.outcomes().find(({ plan }) => plan?.kind === "trigger") ?? assert.fail();
  const receipt = await scene.chain.client.getTransactionReceipt({ hash: hash ?? "0x" });
  const [event] = parseEventLogs({ abi: exchangeAbi, eventName: "TriggerExecuted", logs: receipt.logs });
  assert.deepEqual(
    [event?.args.account, event?.args.caller, event?.args.lotsLeft, event?.args.tip],
    [BigInt(account), getAddress(keeper), 0n, BigInt(tip)],
  );
  assert.equal((await arena.positionOf(account)).lots, 0n);
  assert.equal(await freeOf(keeperAccount), before + BigInt(tip), "the tip");
  await arena.settled();
  assert.equal(arena.outcomes().filter(({ plan }) => plan?.kind === "trigger").length, 1, "once");
  assert.ok(!said.some(({ type }) => type === "anomaly"));
  await arena.conserves("after a stop-loss");
  await arena.close();
});

test("behavior: R22: the target adds margin, reduces by a lot, or closes between simulation and inclusion", async () => {
  const arena = await createArena(12);
  const { scene, call } = arena;
  const { market } = scene;
  let price = scene.start;
  /** Falls until the keeper has a call in the mempool, and tells whose position it is about. */
  async function untilSent() {
    for (let step = 0; step < 40; step++) {
      price *= 0.996;
      await scene.move(price, true);
      if ((await arena.block()) === "idle") continue;
      const { world } = await createFollower(arena.chain, { pageSize: 500, logRange: 10_000 }).advance();
      const { markets } = await planWorld(arena.chain, world, () => ({}));
      const [plan] = markets.flatMap(({ plans }) => plans);
      assert.ok(plan?.kind === "liquidate");
      const ids = await Promise.all(scene.longs.map(arena.accountOf));
      return { account: plan.account, owner: scene.longs[ids.indexOf(plan.account)] ?? assert.fail(), lots: plan.lots };
    }
    throw new Error("nobody is below maintenance");
  }
  const bid = () => tickOf(market, price * 0.99);
  const cases = {
    "adds margin": (owner: `0x${string}`) => call(owner, "addMargin", [market.id, 2_000_000_000n]),
    "reduces by a lot": (owner: `0x${string}`) =>
      scene.calls.place(owner, {
        market,
        isBid: false,
        tick: bid(),
        lots: 1n,
        leverage: 2,
        rests: false,
        reduceOnly: true,
      }),
    closes: (owner: `0x${string}`) => call(owner, "closePosition", [market.id, bid(), 64n]),
  };
  const expected = { "adds margin": "outcompeted", "reduces by a lot": "effective", closes: "outcompeted" };
  for (const [name, change] of Object.entries(cases)) {
    const { account, owner } = await untilSent();
    const from = arena.said.length;
    const nonce = await arena.nonce("latest");
    await scene.submit([change(owner)]);
    await scene.mine();
    await arena.until(name, () => arena.outcomes(from).some(({ hash }) => hash !== undefined));
    const [outcome] = arena.outcomes(from).filter(({ hash }) => hash !== undefined);
    assert.equal(outcome?.kind, expected[name as keyof typeof expected], `${name}: ${outcome?.reason}`);
    for (let i = 0; i < 3; i++) await arena.block();
    const about = arena.outcomes(from).filter(({ plan, hash }) => hash !== undefined && plan?.account === account);
    assert.ok(about.length <= 2, `${name}: ${about.length} transactions about one position`);
    assert.ok((await arena.nonce("latest")) - nonce <= 5, name);
    await arena.conserves(name);
  }
  assert.ok(!arena.outcomes().some(({ kind }) => kind === "unexpected" || kind === "ineffective"));
  await arena.close();
});

test("behavior: R22: a listed counterparty changes before the deleveraging call is mined: it goes on all the same", async () => {
  const arena = await createArena(6);
  const { scene, call } = arena;
  // a gap beyond everybody's margin, and nobody to sell to
  await scene.move(scene.start * 0.8, false);
  assert.equal(await arena.block(), "sent");
  for (let round = 0; round < 30; round++) {
    const { world } = await createFollower(arena.chain, { pageSize: 500, logRange: 10_000 }).advance();
    const { markets } = await planWorld(arena.chain, world, () => ({}));
    const plan = markets.flatMap(({ plans }) => plans).find(({ kind }) => kind === "deleverage");
    if (plan === undefined) break;
    assert.ok(plan.kind === "deleverage");
    // the first in the queue, and another one: their rank changes with their margin
    const ids = await Promise.all(scene.shorts.map(arena.accountOf));
    const owner = scene.shorts[ids.indexOf(plan.counterparties[0] ?? 0)];
    if (owner !== undefined && round < 4)
      await scene.submit([
        round % 2 === 0
          ? call(owner, "addMargin", [scene.market.id, 500_000_000n])
          : call(owner, "removeMargin", [scene.market.id, 300_000_000n]),
      ]);
    await arena.block();
  }
  const { world } = await createFollower(arena.chain, { pageSize: 500, logRange: 10_000 }).advance();
  const { markets } = await planWorld(arena.chain, world, () => ({}));
  assert.ok(
    !markets.some(({ plans }) => plans.some(({ kind }) => kind === "deleverage")),
    "everybody bankrupt is resolved",
  );
  const mined = arena.outcomes().filter(({ hash }) => hash !== undefined);
  assert.ok(mined.some(({ plan, kind }) => plan?.kind === "deleverage" && kind === "effective"));
  assert.ok(!mined.some(({ kind }) => kind === "unexpected" || kind === "ineffective"), JSON.stringify(mined));
  await arena.conserves("after deleveraging");
  await arena.close();
});

test("behavior: R23: feeds fail, stand still, jump, answer nothing, less than nothing, and from the future: the contract's decision, and no call on a bad price", async () => {
  const arena = await createArena(10);
  const { scene, said } = arena;
  const { client } = scene.chain;
  const random = createRandom(23);
  const onFeed = (functionName: "setRound" | "setAnswer" | "setFailing", args: readonly unknown[]) => ({
    from: scene.administrator,
    to: scene.market.feed,
    data: encodeFunctionData({ abi: feedAbi, functionName, args } as never),
    gas: 300_000,
  });
  let price = scene.start;
  const HOURS = 3_600n * 24n * 30n;
  const states: Record<string, (now: bigint) => readonly ReturnType<typeof onFeed>[]> = {
    failing: () => [onFeed("setFailing", [true])],
    zero: () => [onFeed("setAnswer", [0n])],
    negative: () => [onFeed("setAnswer", [-5n])],
    stale: (now) => [onFeed("setRound", [feedAnswer(price * 0.97), now - HOURS])],
    "from the future": (now) => [onFeed("setRound", [feedAnswer(price * 0.97), now + HOURS])],
    "back in time": (now) => [onFeed("setRound", [feedAnswer(price * 0.999), now - 60n])],
    "a jump down and back in the same block": () => [
      onFeed("setAnswer", [feedAnswer(price * 0.5)]),
      onFeed("setAnswer", [feedAnswer(price)]),
    ],
    "nothing and back in the same block": () => [onFeed("setAnswer", [0n]), onFeed("setAnswer", [feedAnswer(price)])],
  };
  const bad = new Set(["failing", "zero", "negative", "stale", "from the future"]);
  const follower = createFollower(arena.chain, { pageSize: 500, logRange: 10_000 });
  for (let round = 0; round < 3; round++) {
    for (const name of Object.keys(states).toSorted(() => random.below(3) - 1)) {
      const { timestamp } = await client.getBlock();
      // somebody falls below maintenance in the very block in which the feed goes wrong
      price *= 0.994;
      const from = said.length;
      await scene.move(price, true);
      await scene.submit(states[name]?.(timestamp) ?? []);
      await scene.mine();
      const nonce = await arena.nonce("latest");
      const end = await arena.settled();
      const { world } = await follower.advance();
      assert.deepEqual(
        await checkPrices(arena.chain, tipOf(world), world.feeds),
        [],
        `${name}: the contract decides otherwise`,
      );
      const { markets } = await planWorld(arena.chain, world, () => ({}));
      const mine = markets.find(({ view }) => view.parameters.id === scene.market.id) ?? assert.fail();
      assert.equal(mine.view.prices.ok, !bad.has(name), name);
      if (bad.has(name)) {
        assert.equal(end, "idle", `${name}: something was sent`);
        assert.equal(await arena.nonce("pending"), nonce, `${name}: something was sent`);
        assert.deepEqual(
          mine.skips.map(({ reason }) => reason),
          ["price unavailable"],
          name,
        );
        assert.ok(
          said.slice(from).some(({ type, skip }) => type === "skip" && skip?.reason === "price unavailable"),
          `${name}: not said`,
        );
      }
      // and well again: what is due is done
      await scene.submit([onFeed("setFailing", [false]), onFeed("setAnswer", [feedAnswer(price)])]);
      for (let i = 0; i < 4 && (await arena.block()) === "sent"; i++);
    }
  }
  const done = arena.outcomes().filter(({ kind, hash }) => hash !== undefined && kind === "effective");
  assert.ok(done.length > 0, "nothing was ever due: the test tests nothing");
  assert.ok(!arena.outcomes().some(({ kind }) => kind === "unexpected" || kind === "ineffective"));
  await arena.conserves("after a day of bad feeds");
  await arena.close();
});
