/**
 * Keepers on a local chain, for thousands of blocks: requests fail, blocks are taken back, a keeper is killed again and again; then all that stops,
 * and everything must be as if it had never been (R40; I1 to I8 of docs/keeper.md).
 */
import { join } from "node:path";
import { connect } from "../../keeper/chain/connect.ts";
import { readBlock } from "../../keeper/chain/readBlock.ts";
import { readDeployment } from "../../keeper/config/readDeployment.ts";
import { planWorld } from "../../keeper/planWorld.ts";
import { createFollower } from "../../keeper/state/createFollower.ts";
import { createScene } from "../bench/keeper/createScene.ts";
import { createRandom } from "../bench/random.ts";
import { checkConservation } from "../lib/checkConservation.ts";
import { createFaultProxy } from "../lib/createFaultProxy.ts";
import { checkJournals } from "./checkJournals.ts";
import { createCrowd } from "./createCrowd.ts";
import { createKeeperProcess } from "./createKeeperProcess.ts";
import { isFlat } from "./isFlat.ts";

export type SoakOptions = {
  readonly blocks: number;
  readonly seed: number;
  readonly keepers: number;
  /** Ends earlier when this much time is over; 0 for never. */
  readonly mostMs?: number;
  readonly blockMs?: number;
  readonly pairs?: number;
  /** Reorganisations in a thousand blocks. */
  readonly reorgsPerMille?: number;
  readonly say?: (line: string) => void;
};

const FAULTS_PER_MILLE = 20;
/** Deeper than the keepers' confirmations, at times. */
const DEEPEST = 5;
const CONFIRMATIONS = 3;
/** Of the last keeper; the others live on, so that their memory can be compared. */
const KILLS_PER_MILLE = 3;
const MOVE_EVERY = 3;
const COME_BACK_EVERY = 10;
const CHECK_EVERY = 100;
const SAMPLE_EVERY = 20;
/** Within so many blocks after the faults stop everything is done (I4). */
const RECOVERY = 60;
const TX_BUDGET = "0.5";

export async function runSoak(options: SoakOptions) {
  const {
    blocks,
    seed,
    keepers: count,
    mostMs = 0,
    blockMs = 60,
    pairs = 12,
    reorgsPerMille = 10,
    say = () => undefined,
  } = options;
  const random = createRandom(seed).uniform;
  const below = (bound: number) => Math.floor(random() * bound);
  const scene = await createScene({ pairs, keepers: count });
  await scene.byClock();
  const { rpc, client } = scene.chain;
  const deployment = readDeployment(scene.deployment, 31337);
  const chain = await connect({ rpcUrl: scene.url, chainId: 31337, deployment });
  const proxies = await Promise.all(scene.keys.map((_, i) => createFaultProxy(scene.url, seed + i)));
  const journals = scene.keys.map((_, i) => join(scene.folder, `${i}.sqlite`));
  const firstNonces = await Promise.all(
    scene.keeperAddresses.map((address) => client.getTransactionCount({ address })),
  );
  const keepers = scene.keys.map((key, i) =>
    createKeeperProcess({
      args: [
        ...[
          "--mode",
          "armed",
          "--json",
          "--poll-ms",
          "30",
          "--jitter-ms",
          String(Math.round(blockMs / 2)),
          "--head-seconds",
          "0",
        ],
        ...["--confirmations", String(CONFIRMATIONS), "--reconcile-blocks", "100", "--tx-budget", TX_BUDGET],
        ...["--journal", journals[i] ?? "", "--state-db", join(scene.folder, `${i}.state.sqlite`)],
      ],
      env: {
        RPC_URL: proxies[i]?.url ?? "",
        KEEPER_PRIVATE_KEY: key,
        DEPLOYMENT: scene.deployment,
        TMPDIR: scene.folder,
      },
    }),
  );
  const broken: string[] = [];
  const memory: number[][] = keepers.map(() => []);
  const crowd = createCrowd(scene, below);
  const started = Date.now();
  let [done, reorgs, kills, checks] = [0, 0, 0, 0];

  async function block(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, blockMs));
    await scene.mine();
  }

  async function check(): Promise<void> {
    checks++;
    for (const text of await checkConservation(chain, await readBlock(chain)))
      broken.push(`I6: block ${done}: ${text}`);
  }

  async function reorganise(): Promise<void> {
    const snapshot = await rpc.request<string>("evm_snapshot");
    for (let depth = 1 + below(DEEPEST); depth > 0; depth--) await block();
    await rpc.request("evm_revert", [snapshot]);
    reorgs++;
  }

  async function walk(): Promise<void> {
    for (; done < blocks && (mostMs === 0 || Date.now() < started + mostMs); done++) {
      if (done % MOVE_EVERY === 0) await crowd.move();
      if (done % COME_BACK_EVERY === 0) await crowd.comeBack();
      if (below(1_000) < reorgsPerMille) await reorganise();
      await block();
      const last = keepers.at(-1);
      if (last !== undefined && below(1_000) < KILLS_PER_MILLE) {
        kills++;
        await last.kill();
        await last.start();
      }
      if (done % SAMPLE_EVERY === 0) for (const [i, keeper] of keepers.entries()) memory[i]?.push(keeper.memory() ?? 0);
      if (done % CHECK_EVERY === 0) await check();
      if (done % 500 === 0) say(`block ${done}, ${Math.round((Date.now() - started) / 1_000)} s`);
    }
  }

  /** Faults are over: what is due is done. */
  async function recover(): Promise<void> {
    for (const proxy of proxies) proxy.set(0);
    const follower = createFollower(chain, { pageSize: 500, logRange: 10_000 });
    let left: string[] = [];
    for (let i = 0; i < RECOVERY; i++) {
      await block();
      const { world } = await follower.advance();
      const { markets } = await planWorld(chain, world, () => ({}));
      left = markets.flatMap(({ plans }) => plans.map(({ kind }) => kind));
      if (left.length === 0 && i > CONFIRMATIONS) break;
    }
    if (left.length > 0) broken.push(`I4: not done ${RECOVERY} blocks after the faults stopped: ${left.join(", ")}`);
    for (let i = 0; i < CONFIRMATIONS + 2; i++) await block();
  }

  try {
    await Promise.all(keepers.map(({ start }) => start()));
    for (const proxy of proxies) proxy.set(FAULTS_PER_MILLE);
    await walk();
    await recover();
    await check();
    const codes = await Promise.all(keepers.map(({ stop }) => stop()));
    if (codes.some((code) => code !== 0)) broken.push(`keepers ended with ${codes.join(", ")}`);
    const parties = scene.keeperAddresses.map((address, i) => ({
      address,
      journal: journals[i] ?? "",
      firstNonce: firstNonces[i] ?? 0,
    }));
    broken.push(...(await checkJournals({ client, keepers: parties, txBudget: 5n * 10n ** 17n })));
    for (const [i, { troubles }] of keepers.entries()) broken.push(...troubles.map((text) => `keeper ${i}: ${text}`));
    const rss = memory.map(isFlat);
    for (const [i, { flat, second, last }] of rss.entries())
      if (!flat) broken.push(`I8: keeper ${i} held ${second} MiB in the second quarter, ${last} MiB in the last`);
    return {
      seed,
      blocks: done,
      seconds: Math.round((Date.now() - started) / 1_000),
      reorgs,
      kills,
      moneyChecks: checks,
      rssMb: rss.map(({ second, last }) => ({ second, last })),
      faults: proxies.map((proxy) => proxy.counts()),
      counts: keepers.map(({ counts }) => counts),
      broken,
    };
  } finally {
    await Promise.all(keepers.map(({ kill }) => kill()));
    await Promise.all(proxies.map((proxy) => proxy.close()));
    scene.remove();
  }
}
