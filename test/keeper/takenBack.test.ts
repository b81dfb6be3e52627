import assert from "node:assert/strict";
import { test } from "node:test";
import { readBlock } from "../../keeper/chain/readBlock.ts";
import { orTakenBack, TakenBackError } from "../../keeper/cli/orTakenBack.ts";
import { takeSnapshot } from "../../keeper/state/takeSnapshot.ts";
import { createFakeChain } from "./helpers/fakeChain.ts";
import { position } from "./helpers/market.ts";

const SETTINGS = { pageSize: 10, logRange: 1000 };

async function start() {
  const fake = createFakeChain();
  fake.mine([position(1, 1n, 60_000_000n, 6_000_000n)]);
  fake.mine();
  const block = await readBlock(fake.chain);
  const snapshot = () => orTakenBack(fake.chain, block, () => takeSnapshot(fake.chain, block, SETTINGS));
  const message = `Block 2 (${block.hash}) was taken back by a reorganisation while it was read: try again`;
  return { fake, block, snapshot, message };
}

test("default: what was read", async () => {
  const { snapshot } = await start();
  assert.equal((await snapshot()).markets.get(1)?.state.positions.size, 1);
});

test("behavior: another block in its place is told in one line", async () => {
  const { fake, snapshot, message } = await start();
  fake.drop(1);
  fake.mine();
  await assert.rejects(snapshot(), (error) => error instanceof TakenBackError && error.message === message);
});

test("behavior: so is a chain that became shorter", async () => {
  const { fake, snapshot, message } = await start();
  fake.drop(1);
  await assert.rejects(snapshot(), (error) => error instanceof TakenBackError && error.message === message);
});

test("error: any other stays what it is", async () => {
  const { fake, block } = await start();
  const fault = new Error("out of pens");
  const read = () => orTakenBack(fake.chain, block, () => Promise.reject(fault));
  await assert.rejects(read(), fault);
});
