/**
 * The drill between snapshot and revert: the shock, the keeper, and the account of both.
 */
import type { BlockRef, Chain } from "../chain/connect.ts";
import { readBlock } from "../chain/readBlock.ts";
import type { Key } from "../config/readKey.ts";
import type { MarketId } from "../core/types.ts";
import { TemporaryError } from "../errors.ts";
import type { PlannedMarket, WorldPlan } from "../planWorld.ts";
import { takeSnapshot } from "../state/takeSnapshot.ts";
import { checkSolvency } from "./checkSolvency.ts";
import { constantFeed } from "./constantFeed.ts";
import { createClock } from "./createClock.ts";
import { createRecorder, type MinedCall } from "./createRecorder.ts";
import type { TestNode } from "./createTestNode.ts";
import { countUnderwater, findLeft, underwaterIn } from "./findLeft.ts";
import { fallbackPrices, readInsurance, readShocks } from "./readings.ts";
import type { Call, DrillReport, MarketDrill, Underwater } from "./report.ts";
import type { DrillParameters } from "./runDrill.ts";
import { drillSettings, runPipeline } from "./runPipeline.ts";

export type RehearseParameters = DrillParameters & {
  readonly node: TestNode;
  readonly before: BlockRef;
  readonly key: Key;
};

export async function rehearse(parameters: RehearseParameters): Promise<DrillReport> {
  const { chain, node, before, settings, options, key, signal } = parameters;
  const shocks = await readShocks(chain, before, settings, options);
  const insurance = await readInsurance(chain, before);
  for (const { source, answer } of shocks) await node.setCode(source, constantFeed(answer, options.feedAge));
  await node.mine(before.timestamp + BigInt(options.blockSeconds));
  const first = await readBlock(chain);
  const fallback = await fallbackPrices(chain, first, shocks);

  const clock = createClock(chain, node, first, options, signal);
  const recorder = createRecorder(clock.progress);
  const isShocked = ({ view }: PlannedMarket) => shocks.some(({ market }) => market === view.parameters.id);
  const leftIn = ({ markets }: WorldPlan) =>
    markets.filter(isShocked).flatMap((market) => findLeft(market, fallback, recorder.refusalOf));
  let shocked: ReadonlyMap<MarketId, Underwater> = new Map();
  const started = performance.now();
  const ended = await runPipeline({
    chain,
    settings: drillSettings(settings, shocks),
    key,
    clock,
    log: (event) => {
      recorder.onEvent(event);
      parameters.log(event);
    },
    recorder,
    // the state behind a plan goes on: who is underwater in the shock's block is counted there
    onFirstPlan: ({ markets }) => {
      const counted = markets.filter(isShocked).map((market) => {
        return [market.view.parameters.id, countUnderwater(underwaterIn(market, fallback))] as const;
      });
      shocked = new Map(counted);
    },
    leftIn,
  });
  const wallMs = Math.round(performance.now() - started);

  const tip = await readBlock(chain);
  const last = recorder.last();
  if (last === undefined) throw new TemporaryError("drill: interrupted before the keeper saw the shock");
  const world = await takeSnapshot(chain, tip, settings, { topUps: new Map(), triggers: new Map() });
  const priced = shocks.flatMap(({ market: id }) => {
    const market = world.markets.get(id);
    const prices = last.markets.find(({ view }) => view.parameters.id === id)?.view.prices;
    return market === undefined ? [] : [{ market, prices: prices?.ok === true ? prices : fallback(id) }];
  });
  const left = leftIn(last);
  const findings = await checkSolvency(chain, tip, priced);
  const calls = await withGas(chain, recorder.calls);
  const markets = shocks.map(({ market, parameters, before: price, after }): MarketDrill => {
    const planned = last.markets.find(({ view }) => view.parameters.id === market);
    return {
      market,
      name: parameters.name,
      before: price,
      after,
      positions: world.markets.get(market)?.state.positions.size ?? 0,
      shocked: shocked.get(market) ?? countUnderwater([]),
      end: countUnderwater(planned === undefined ? [] : underwaterIn(planned, fallback)),
      tally: recorder.tally.of(market),
    };
  });
  return {
    block: before.number,
    keeper: key.account.address,
    ended,
    cleared: ended === "cleared" && left.length === 0 && findings.every(({ holds }) => holds),
    blocks: clock.blocks(),
    lastEffect: clock.lastEffect(),
    chainSeconds: Number(tip.timestamp - first.timestamp),
    wallMs,
    markets,
    left,
    insurance: {
      before: insurance,
      after: await readInsurance(chain, tip),
      drawn: markets.reduce((sum, { tally }) => sum + tally.cover, 0n),
    },
    gas: gasOf(calls),
    calls,
    findings,
  };
}

function withGas(chain: Chain, calls: readonly MinedCall[]): Promise<Call[]> {
  return Promise.all(
    calls.map(async (call) => {
      const { gasUsed } = await chain.client.getTransactionReceipt({ hash: call.hash });
      return { ...call, gas: gasUsed };
    }),
  );
}

function gasOf(calls: readonly Call[]): DrillReport["gas"] {
  const sum = (some: readonly Call[]) => some.reduce((total, { gas }) => total + gas, 0n);
  return {
    used: sum(calls),
    wasted: sum(calls.filter(({ outcome }) => outcome !== "effective")),
    most: calls.reduce((most, { gas }) => (gas > most ? gas : most), 0n),
  };
}
