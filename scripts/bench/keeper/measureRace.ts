/**
 * Keepers race for the work of a falling market. Measures, in blocks, how long work is due until it is done, and how many of the keepers'
 * transactions did nothing.
 */
import { join } from "node:path";
import { zeroAddress } from "viem";
import { connect } from "../../../keeper/chain/connect.ts";
import { readDeployment } from "../../../keeper/config/readDeployment.ts";
import { readSettings } from "../../../keeper/config/readSettings.ts";
import { workOf } from "../../../keeper/core/plan.ts";
import { prepareCall } from "../../../keeper/exec/prepareCall.ts";
import { simulate } from "../../../keeper/exec/simulate.ts";
import { planWorld } from "../../../keeper/planWorld.ts";
import { runKeeper } from "../../../keeper/runKeeper.ts";
import { createFollower } from "../../../keeper/state/createFollower.ts";
import { tipOf } from "../../../keeper/state/world.ts";
import { createFaultProxy, type ProxyFault } from "../../lib/createFaultProxy.ts";
import { createRandom } from "../random.ts";
import { createScene } from "./createScene.ts";
import { type Loser, readLosers } from "./readLosers.ts";

export type RaceOptions = {
  readonly keepers: number;
  readonly pairs: number;
  /** Out of a thousand requests of the keepers, how many go wrong. */
  readonly faultPerMille: number;
  readonly faults?: readonly ProxyFault[];
  readonly seed: number;
  readonly blockMs: number;
  /** Of the price, where there are no bids. */
  readonly gap: number;
  /** From a keeper to its endpoint, milliseconds; up to twice as long. */
  readonly wayMs: number;
};

export type RaceResult = {
  readonly works: number;
  readonly deleverages: number;
  readonly blocksToResolve: { readonly p50: number; readonly p99: number; readonly most: number };
  /** Most pieces of work due in the same block: a keeper does one a block, so that more than there are keepers take longer. */
  readonly mostAtOnce: number;
  /** What took more than two blocks. */
  readonly slow: readonly string[];
  /** Still due at the end. */
  readonly unresolved: number;
  readonly transactions: number;
  readonly wasted: number;
  readonly wastedTxRatio: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Attempts by how they ended, and where that was seen. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Outcomes that no keeper should report. */
  readonly troubles: readonly string[];
  readonly losers: readonly Loser[];
};

/** Blocks between two prices. */
const STEP_BLOCKS = 3;
/** A step down, and a gap without bids every so many steps. */
const STEP = 0.004;
const GAP_EVERY = 8;
const LAST_BLOCKS = 12;
const WARM_UP_MS = 20_000;

export async function measureRace(options: RaceOptions): Promise<RaceResult> {
  const scene = await createScene(options);
  const proxies = await Promise.all(scene.keys.map((_, i) => createFaultProxy(scene.url, options.seed + i)));
  const stop = new AbortController();
  // the keys are everybody's: a bench beside another one must not hold the other's locks
  const { TMPDIR: before } = process.env;
  process.env["TMPDIR"] = scene.folder;
  const random = createRandom(options.seed).uniform;
  const troubles: string[] = [];
  const outcomes: Record<string, number> = {};
  const journals = scene.keys.map((_, i) => join(scene.folder, `${i}.sqlite`));
  /** When each block was made. */
  const made: number[] = [];
  let started = 0;
  const running = scene.keys.map((key, i) => {
    const env = { RPC_URL: proxies[i]?.url, KEEPER_PRIVATE_KEY: key, DEPLOYMENT: scene.deployment };
    const jitter = String(Math.round(options.blockMs * 0.6));
    const args = [
      "--mode",
      "armed",
      "--json",
      "--journal",
      journals[i] ?? "",
      "--jitter-ms",
      jitter,
      "--poll-ms",
      "40",
      "--poke-seconds",
      "0",
    ];
    const { values: settings } = readSettings(args, env);
    const write = (line: string) => {
      const event = JSON.parse(line) as { type: string; outcome?: { kind: string; reason?: string; hash?: string } };
      if (event.type === "idle" || event.type === "snapshot") started |= 1 << i;
      const { kind = "", reason = "", hash } = event.outcome ?? {};
      if (event.type === "attempt") {
        const where =
          hash !== undefined ? "in a block" : reason.startsWith("in the mempool") ? "in the mempool" : "simulated";
        outcomes[`${kind}, ${where}`] = (outcomes[`${kind}, ${where}`] ?? 0) + 1;
      }
      if (kind === "unexpected" || kind === "ineffective") troubles.push(`${kind}: ${reason}`);
    };
    return runKeeper({ settings, deployment: readDeployment(scene.deployment, 31337), signal: stop.signal, write });
  });
  const failed = Promise.race(running.map((one) => one.then(() => undefined)));
  try {
    await scene.byClock();
    const deadline = Date.now() + WARM_UP_MS;
    while (started !== (1 << options.keepers) - 1) {
      if (Date.now() > deadline) throw new Error("the keepers did not start");
      await Promise.race([sleep(50), failed]);
    }
    for (const proxy of proxies) {
      proxy.set(options.faultPerMille, options.faults);
      proxy.slow(options.wayMs);
    }
    return await walk();
  } finally {
    for (const proxy of proxies) proxy.set(0);
    stop.abort();
    await Promise.allSettled(running);
    await Promise.all(proxies.map((proxy) => proxy.close()));
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
    scene.remove();
  }

  async function walk(): Promise<RaceResult> {
    const chain = await connect({
      rpcUrl: scene.url,
      chainId: 31337,
      deployment: readDeployment(scene.deployment, 31337),
    });
    const [keeper = zeroAddress] = scene.keeperAddresses;
    const follower = createFollower(chain, { pageSize: 500, logRange: 10_000 });
    const due = new Map<string, bigint>();
    const times: number[] = [];
    const slow: string[] = [];
    let [deleverages, mostAtOnce] = [0, 0];
    const first = await chain.client.getBlockNumber();

    async function block(): Promise<void> {
      await sleep(options.blockMs);
      await scene.mine();
      made.push(Date.now());
      const { world } = await follower.advance();
      const { number } = tipOf(world);
      const { markets } = await planWorld(chain, world, () => ({}));
      const works = new Set<string>();
      for (const plan of markets.flatMap(({ plans }) => plans)) {
        if (plan.kind === "poke") continue;
        const work = workOf(plan);
        // due is what could be done in the next block: a book without bids absorbs nothing, whoever calls
        const call = prepareCall(chain.deployment.exchange, plan, { maxSteps: 64, maxCounterparties: 40 });
        const isDue = due.has(work) || (await simulate({ chain, from: keeper, plan, call, at: number })) === undefined;
        if (isDue) works.add(work);
      }
      for (const [work, since] of due) {
        if (works.has(work)) continue;
        due.delete(work);
        times.push(Number(number - since));
        if (work.includes("deleverage")) deleverages++;
        if (number - since > 2n) slow.push(`${work}: blocks ${since} to ${number}`);
      }
      for (const work of works) if (!due.has(work)) due.set(work, number);
      mostAtOnce = Math.max(mostAtOnce, due.size);
    }

    let price = scene.start;
    for (let step = 1; price > scene.start * 0.8; step++) {
      const isGap = step % GAP_EVERY === 0;
      price *= 1 - (isGap ? options.gap : STEP * (0.75 + 0.5 * random()));
      await scene.move(price, !isGap);
      for (let i = 0; i < STEP_BLOCKS; i++) await block();
    }
    for (let i = 0; i < LAST_BLOCKS; i++) await block();
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.ceil(times.length * share) - 1)] ?? 0;
    return {
      works: times.length,
      deleverages,
      blocksToResolve: { p50: at(0.5), p99: at(0.99), most: times.at(-1) ?? 0 },
      slow,
      mostAtOnce,
      unresolved: due.size,
      ...(await count(first)),
      faults: tally(proxies.map((proxy) => proxy.counts())),
      outcomes,
      troubles,
      losers: readLosers(journals, made),
    };
  }

  /** Of the keepers' transactions in blocks after `first`: how many there are, and how many left no trace of the exchange. */
  async function count(first: bigint) {
    const { client } = scene.chain;
    const ours = new Set(scene.keeperAddresses.map((address) => address.toLowerCase()));
    let [transactions, wasted] = [0, 0];
    for (let number = first + 1n; number <= (await client.getBlockNumber()); number++) {
      const { transactions: all } = await client.getBlock({ blockNumber: number, includeTransactions: true });
      for (const { hash, from } of all) {
        if (!ours.has(from.toLowerCase())) continue;
        const receipt = await client.getTransactionReceipt({ hash });
        transactions++;
        if (receipt.status === "reverted" || receipt.logs.length === 0) wasted++;
      }
    }
    return { transactions, wasted, wastedTxRatio: transactions === 0 ? 0 : wasted / transactions };
  }
}

function tally(counts: readonly Readonly<Record<string, number | undefined>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [name, n] of counts.flatMap((one) => Object.entries(one))) sum[name] = (sum[name] ?? 0) + (n ?? 0);
  return sum;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
