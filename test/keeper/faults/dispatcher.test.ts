/**
 * The dispatcher's single faults, one by one, against a node in memory.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpRequestError } from "viem";
import type { CrashPoint } from "../../../keeper/exec/crashPoint.ts";
import { createFleet, type FleetOptions } from "./helpers/createFleet.ts";
import { createNode, type Fault, type NodeOptions } from "./helpers/createNode.ts";

function setUp(nodeOptions: NodeOptions = {}, fleetOptions: FleetOptions = {}) {
  const node = createNode(nodeOptions);
  const work = new Set<number>();
  const eligible = () => {
    const done = node.done();
    return [...work].filter((account) => !done.has(account));
  };
  const fleet = createFleet(node, eligible, fleetOptions);
  node.mine(3);
  const [keeper] = fleet.keepers;
  if (keeper === undefined) throw new Error("no keeper");
  const outcomes = () => keeper.events.flatMap((event) => (event.type === "attempt" ? [event.outcome.kind] : []));
  const said = () => keeper.events.flatMap((event) => (event.type === "tx" ? [event.what] : []));
  return { node, fleet, keeper, work, outcomes, said };
}

test("default: signs with the chain's nonce, pays twice the base fee, is final after its confirmations", async () => {
  const { node, fleet, keeper, work, outcomes, said } = setUp();
  work.add(5);
  await fleet.block();
  const [sent] = node.accepted;
  assert.deepEqual([sent?.nonce, sent?.maxFee, sent?.tip], [0, 2_100n, 100n]);
  await fleet.block();
  assert.deepEqual(outcomes(), ["effective"]);
  assert.deepEqual(said(), []);
  await fleet.block();
  await fleet.block();
  assert.deepEqual(said(), ["final"]);
  assert.deepEqual(keeper.journal().count(), { final: 1 });
  assert.equal(node.accepted.length, 1);
  fleet.check();
  fleet.close();
});

test("behavior: R12: what is not mined is replaced under the same nonce, an eighth more at least, up to the budget", async () => {
  const txBudget = 125_000n * 6_000n;
  const { node, fleet, work, said } = setUp({ ignores: () => true }, { txBudget });
  work.add(5);
  for (let i = 0; i < 40; i++) await fleet.block();
  const offers = node.accepted;
  assert.ok(offers.length > 3);
  for (const [i, { nonce, maxFee, tip }] of offers.entries()) {
    assert.equal(nonce, 0);
    assert.ok(maxFee * 125_000n <= txBudget);
    const before = offers[i - 1];
    if (before !== undefined)
      assert.ok(maxFee * 1_000n >= before.maxFee * 1_125n && tip * 1_000n >= before.tip * 1_125n);
  }
  assert.equal(said().filter((what) => what === "stuck").length, 1, "told once");
  fleet.check();
  fleet.close();
});

test("behavior: obsolete while it waits: a transfer to ourselves takes the nonce", async () => {
  let ignored = true;
  const { node, fleet, keeper, work, outcomes, said } = setUp({ ignores: () => ignored });
  work.add(5);
  await fleet.block();
  node.others.add(5);
  await fleet.block();
  ignored = false;
  await fleet.block();
  await fleet.block();
  assert.deepEqual(said().slice(0, 1), ["cancelling"]);
  assert.deepEqual(outcomes(), ["cancelled"]);
  const [mined] = node.minedTxs();
  assert.deepEqual([mined?.tx.to, mined?.tx.gas, mined?.tx.nonce], [keeper.address, 21_000n, 0]);
  fleet.check();
  fleet.close();
});

test("behavior: an operator's cancellation is carried out", async () => {
  let ignored = true;
  const { fleet, keeper, work, outcomes } = setUp({ ignores: () => ignored });
  work.add(5);
  await fleet.block();
  assert.ok(keeper.journal().requestCancel(1));
  work.delete(5);
  await fleet.block();
  ignored = false;
  await fleet.block();
  await fleet.block();
  assert.deepEqual(outcomes(), ["cancelled"]);
  assert.equal(keeper.journal().requestCancel(1), false, "it is not open any more");
  fleet.close();
});

test("behavior: R14: somebody else uses the key: told once, and the next nonce is the chain's", async () => {
  let swallowed = true;
  const { node, fleet, keeper, work, said } = setUp({
    fault: (method): Fault => (swallowed && method === "eth_sendRawTransaction" ? "swallow" : "none"),
  });
  work.add(5);
  await fleet.block();
  swallowed = false;
  // another program's transaction with nonce 0, which pays more than ours
  const { privateKeyToAccount } = await import("viem/accounts");
  const { keccak256, toHex } = await import("viem");
  const account = privateKeyToAccount(keccak256(toHex("fleet 0")));
  const fees = { maxFeePerGas: 10n ** 6n, maxPriorityFeePerGas: 10n ** 5n };
  await node.accept(
    await account.signTransaction({
      ...fees,
      type: "eip1559",
      chainId: 31337,
      nonce: 0,
      gas: 21_000n,
      to: account.address,
    }),
  );
  node.mine();
  for (let i = 0; i < 6; i++) await fleet.block();
  assert.equal(said().filter((what) => what === "external").length, 1);
  const ours = node.minedTxs().filter(({ tx }) => tx.data !== "0x");
  assert.deepEqual(
    ours.map(({ tx }) => tx.nonce),
    [1],
    "the work was done with the next nonce",
  );
  assert.deepEqual(
    keeper
      .journal()
      .list(9)
      .map(({ status }) => status)
      .toSorted(),
    ["external", "final"],
  );
  fleet.close();
});

test("behavior: R28: gas above the budget: nothing is signed, and it is done when gas is cheap again", async () => {
  let baseFee = 10n ** 12n;
  const { node, fleet, keeper, work, outcomes } = setUp({ baseFee: () => baseFee });
  work.add(5);
  await fleet.block();
  assert.deepEqual(keeper.journal().count(), {});
  assert.ok(outcomes().every((kind) => kind === "not-yet"));
  baseFee = 1_000n;
  for (let i = 0; i < 4; i++) await fleet.block();
  assert.deepEqual([...node.done()], [5]);
  fleet.close();
});

test("behavior: out of funds: nothing is signed", async () => {
  const { node, fleet, keeper, work, outcomes } = setUp();
  node.setBalance(1n);
  work.add(5);
  await fleet.block();
  assert.deepEqual(keeper.journal().count(), {});
  assert.ok(outcomes().length > 0 && outcomes().every((kind) => kind === "infra"));
  fleet.close();
});

test("behavior: R25: three ineffective transactions stop all sending; a restart does not change that", async () => {
  const { node, fleet, keeper, work } = setUp({ behaviour: () => "silent" }, { confirmations: 1 });
  for (let account = 1; account <= 8; account++) work.add(account);
  for (let i = 0; i < 8; i++) await fleet.block();
  assert.equal(node.accepted.length, 3);
  assert.match(keeper.executor().breakerReason() ?? "", /had no effect/);
  assert.equal(keeper.events.filter((event) => event.type === "breaker" && event.open).length, 1);
  keeper.restart();
  for (let i = 0; i < 4; i++) await fleet.block();
  assert.equal(node.accepted.length, 3);
  fleet.pass(700_000);
  for (let i = 0; i < 4; i++) await fleet.block();
  assert.equal(node.accepted.length, 4, "one is tried after a while, and no more");
  fleet.close();
});

test("behavior: gas spent without effect stops all sending at the budget", async () => {
  const { node, fleet, keeper, work } = setUp(
    { behaviour: () => "revert" },
    { wasteBudget: 60_000n * 1_100n * 4n, confirmations: 1 },
  );
  for (let account = 1; account <= 20; account++) work.add(account);
  for (let i = 0; i < 30; i++) await fleet.block();
  assert.equal(node.accepted.length, 4);
  assert.match(keeper.executor().breakerReason() ?? "", /WASTE_BUDGET/);
  fleet.close();
});

test("behavior: R26: a poison plan does not keep others waiting, and is tried less and less", async () => {
  const { node, fleet, work } = setUp({ behaviour: (account) => (account === 1 ? "revert" : "works") });
  work.add(1);
  for (let i = 0; i < 60; i++) {
    if (i % 6 === 0) work.add(10 + i);
    await fleet.block();
  }
  assert.equal(node.done().size, 10, "everybody else is served");
  const wasted = node.minedTxs().filter(({ ok }) => !ok).length;
  assert.ok(wasted <= 7, `${wasted} transactions for the poison plan`);
  fleet.check();
  fleet.close();
});

test("behavior: R18: dies at each point once; nothing is sent twice, no nonce is lost", async () => {
  for (const point of ["planned", "committed", "sent", "mined", "judged"] satisfies CrashPoint[]) {
    let died = false;
    const { node, fleet, keeper, work } = setUp(
      {},
      {
        crash: (_, at) => {
          if (died || at !== point) return false;
          died = true;
          return true;
        },
      },
    );
    work.add(5);
    for (let i = 0; i < 8; i++) await fleet.block();
    assert.ok(died, point);
    assert.deepEqual([...node.done()], [5], point);
    assert.equal(node.accepted.length, 1, `${point}: one transaction is enough`);
    assert.deepEqual(keeper.journal().watched(), [], point);
    fleet.check();
    fleet.close();
  }
});

test("behavior: died before sending what is obsolete now: it is never sent, and its nonce is used by the next", async () => {
  let died = false;
  const { node, fleet, keeper, work } = setUp(
    {},
    {
      crash: (_, at) => {
        if (died || at !== "committed") return false;
        died = true;
        return true;
      },
    },
  );
  work.add(5);
  await keeper.tick();
  node.others.add(5);
  work.add(6);
  for (let i = 0; i < 8; i++) await fleet.block();
  assert.deepEqual(
    node.accepted.map(({ nonce }) => nonce),
    [0],
  );
  assert.deepEqual(keeper.journal().count(), { final: 1, replaced: 1 });
  fleet.check();
  fleet.close();
});

test("behavior: R18: given up unsent, and due again at the same fees: the same bytes are no second intent (chaos seed 1047)", async () => {
  let died = false;
  const { node, fleet, keeper, work } = setUp(
    {},
    {
      crash: (_, at) => {
        if (died || at !== "committed") return false;
        died = true;
        return true;
      },
    },
  );
  work.add(5);
  await keeper.tick();
  node.others.add(5);
  for (let i = 0; i < 3; i++) await fleet.block();
  assert.deepEqual(keeper.journal().count(), { abandoned: 1 });
  // whoever did it is taken back by a reorganisation
  node.others.delete(5);
  for (let i = 0; i < 8; i++) await fleet.block();
  assert.deepEqual([...node.done()], [5]);
  assert.deepEqual(keeper.journal().count(), { final: 1 });
  assert.equal(node.accepted.length, 1);
  fleet.check();
  fleet.close();
});

test("behavior: R6: taken back by a reorganisation: the same bytes are mined again, and counted once", async () => {
  const { node, fleet, keeper, work, said } = setUp({}, { confirmations: 5 });
  work.add(5);
  await fleet.block();
  await fleet.block();
  node.reorg(2, true);
  for (let i = 0; i < 8; i++) await fleet.block();
  assert.deepEqual(said(), ["unmined", "final"]);
  assert.equal(new Set(node.accepted.map(({ hash }) => hash)).size, 1, "the same bytes");
  assert.deepEqual(keeper.journal().count(), { final: 1 });
  fleet.check();
  fleet.close();
});

test("behavior: R6 I3: taken back beyond its confirmations, mined again with another result: the journal says what the chain says", async () => {
  // found by the chaos test, seeds 1014 and 1039: the transaction was final and effective, and went on being so when its new block reverted it
  let ignored = false;
  const { node, fleet, keeper, work, outcomes } = setUp({ ignores: () => ignored });
  work.add(5);
  for (let i = 0; i < 5; i++) await fleet.block();
  assert.deepEqual(keeper.journal().count(), { final: 1 });
  const spent = keeper.executor().spending();
  assert.equal(spent.wasted, 0n);
  ignored = true;
  node.reorg(5);
  node.others.add(5);
  node.mine();
  ignored = false;
  node.mine();
  for (let i = 0; i < 8; i++) await fleet.block();
  const [intent] = keeper.journal().list(9);
  assert.deepEqual([intent?.status, intent?.outcome], ["final", "outcompeted"]);
  assert.deepEqual(outcomes(), ["effective", "outcompeted"]);
  assert.ok(keeper.executor().spending().wasted > 0n, "what it cost counts as wasted now");
  fleet.check();
  fleet.close();
});

test("behavior: R6 I3: taken back beyond its confirmations and forgotten by all: sent again, though nothing else is to be done", async () => {
  const { node, fleet, keeper, work, said } = setUp();
  work.add(5);
  for (let i = 0; i < 5; i++) await fleet.block();
  assert.deepEqual(said(), ["final"]);
  node.reorg(5, true);
  for (let i = 0; i < 8; i++) await fleet.block();
  assert.deepEqual(said(), ["final", "unmined", "bumped", "final"], "it was signed many blocks ago");
  assert.deepEqual([...node.done()], [5]);
  assert.deepEqual([...new Set(node.accepted.map(({ nonce }) => nonce))], [0]);
  assert.deepEqual(keeper.journal().count(), { final: 1 });
  fleet.check();
  fleet.close();
});

test("behavior: R36: a relay that takes everything and includes nothing: the public way after its blocks, and once", async () => {
  for (const behaviour of ["takes", "refuses", "is down"] as const) {
    const shown: string[] = [];
    const submit = async (raw: string) => {
      shown.push(raw);
      if (behaviour === "refuses") throw new Error("bundle rejected");
      if (behaviour === "is down") throw new HttpRequestError({ url: "http://relay" });
    };
    const { node, fleet, keeper, work } = setUp({}, { relay: { submit, blocks: 3 } });
    work.add(5);
    for (let i = 0; i < 3; i++) {
      await fleet.block();
      assert.equal(node.accepted.length, 0, `${behaviour}, block ${i}: everybody saw it`);
    }
    assert.ok(shown.length > 0);
    for (let i = 0; i < 6; i++) await fleet.block();
    assert.deepEqual([...node.done()], [5], behaviour);
    assert.equal(node.minedTxs().length, 1, behaviour);
    assert.deepEqual(keeper.journal().count(), { final: 1 }, behaviour);
    fleet.check();
    fleet.close();
  }
});

test("behavior: R36: a relay that includes: nobody else ever sees the transaction", async () => {
  const { node, fleet, keeper, work, outcomes } = setUp(
    {},
    { relay: { submit: (raw) => node.accept(raw), blocks: 3 } },
  );
  let seen = 0;
  const { request } = node.chain.client;
  node.chain.client.request = (async (args: { method: string }) => {
    if (args.method === "eth_sendRawTransaction") seen++;
    return request(args as never);
  }) as typeof request;
  work.add(5);
  for (let i = 0; i < 5; i++) await fleet.block();
  assert.deepEqual(outcomes(), ["effective"]);
  assert.equal(seen, 0);
  assert.deepEqual(keeper.journal().count(), { final: 1 });
  fleet.check();
  fleet.close();
});

test("behavior: R21: a call in the mempool is left to do the work, but not for ever: it may never be mined", async () => {
  const { node, fleet, work, outcomes } = setUp({ isPending: () => true }, { jitterMs: 500 });
  work.add(5);
  let blocks = 0;
  for (; node.accepted.length === 0 && blocks < 40; blocks++) await fleet.block();
  assert.deepEqual(
    outcomes(),
    Array.from({ length: 5 }, () => "outcompeted"),
  );
  assert.equal(node.accepted.length, 1);
  for (let i = 0; i < 6; i++) await fleet.block();
  assert.deepEqual([...node.done()], [5]);
  fleet.check();
  fleet.close();
});

test("behavior: R21: a block comes while the call is prepared: the turn is over, nothing is signed, and the next block decides", async () => {
  let comes = true;
  const { node, fleet, keeper, work } = setUp(
    {
      fault: (method) => {
        if (comes && work.size > 0 && method === "eth_getBlockByNumber") {
          comes = false;
          node.mine();
        }
        return "none";
      },
    },
    { jitterMs: 1 },
  );
  work.add(5);
  await keeper.tick();
  fleet.pass(10);
  assert.deepEqual(await keeper.tick(), { kind: "progress", staleLists: false });
  assert.equal(node.accepted.length, 0);
  for (let i = 0; i < 6; i++) await fleet.block();
  assert.deepEqual([...node.done()], [5]);
  fleet.check();
  fleet.close();
});

test("behavior: R21: blocks come faster than a call is prepared: it is sent out of turn all the same", async () => {
  let counts = false;
  const { node, fleet, keeper, work } = setUp(
    {
      fault: (method) => {
        if (counts && method === "eth_getBlockByNumber") node.mine();
        return "none";
      },
    },
    { jitterMs: 1 },
  );
  work.add(5);
  counts = true;
  for (let i = 0; i < 40 && node.accepted.length === 0; i++) {
    await keeper.tick();
    fleet.pass(10);
  }
  assert.equal(node.accepted.length, 1);
  counts = false;
  for (let i = 0; i < 6; i++) await fleet.block();
  assert.deepEqual([...node.done()], [5]);
  fleet.close();
});

test("behavior: thirty plans, one transaction a block, none twice (dedupe)", async () => {
  const { node, fleet, work } = setUp();
  for (let account = 1; account <= 30; account++) work.add(account);
  for (let i = 0; i < 40; i++) await fleet.block(3);
  assert.equal(node.accepted.length, 30);
  assert.equal(node.done().size, 30);
  fleet.check();
  fleet.close();
});
