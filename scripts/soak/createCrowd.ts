/**
 * The soak's market: a price that wanders around where it began, bids that follow it, and traders that come back after they were taken out.
 */
import { encodeFunctionData } from "viem";
import { exchangeAbi } from "../../keeper/chain/abi.ts";
import type { Scene } from "../bench/keeper/createScene.ts";
import type { Call } from "../demo/chain/connectChain.ts";
import { atoms, lotsOf, tickOf } from "../demo/market/market.ts";

const NOTIONAL = 4_000;
/** Of a step, most of the price. */
const STEP = 0.025;
/** In a thousand steps: gaps without bids, which end in the waterfall. */
const GAPS_PER_MILLE = 30;
const GAP = 0.06;
/** How strongly it is drawn back. */
const PULL = 0.02;
const LEAVE_ONE_IN = 6;

export function createCrowd(scene: Scene, below: (bound: number) => number) {
  const { market, calls, chain, addresses } = scene;
  let price = scene.start;

  async function move(): Promise<void> {
    const isGap = below(1_000) < GAPS_PER_MILLE;
    const wander = STEP * (below(2_001) / 1_000 - 1);
    price *= 1 + (isGap ? -GAP : wander) + PULL * (scene.start / price - 1);
    await scene.move(price, !isGap);
  }

  /** Whoever has no position opens one, a long against a short. */
  async function comeBack(): Promise<void> {
    for (const [i, long] of scene.longs.entries()) {
      const short = scene.shorts[i];
      if (short === undefined) continue;
      if ((await lotsHeld(long)) !== 0n) {
        // whoever has stood for long is far from the price: somebody nearer takes the place
        if (below(LEAVE_ONE_IN) === 0) await scene.submit([leave(long)]);
        continue;
      }
      const lots = lotsOf(market, NOTIONAL, price);
      const tick = tickOf(market, price);
      const leverage = 12 + below(9);
      const fund = [long, short].flatMap((address) => [
        calls.mint(address, address, atoms(NOTIONAL)),
        calls.approve(address, addresses.exchange, atoms(NOTIONAL)),
        calls.deposit(address, atoms(NOTIONAL)),
      ]);
      await scene.submit([
        ...fund,
        calls.place(short, { market, isBid: false, tick, lots, leverage: 2, rests: true }),
        calls.place(long, { market, isBid: true, tick, lots, leverage, rests: false }),
      ]);
    }
  }

  function leave(from: `0x${string}`): Call {
    const args = [BigInt(market.id), BigInt(tickOf(market, price * 0.99)), BigInt(market.maxSteps)] as const;
    const data = encodeFunctionData({ abi: exchangeAbi, functionName: "closePosition", args });
    return { from, to: addresses.exchange, data, gas: 6_000_000 };
  }

  async function lotsHeld(owner: `0x${string}`): Promise<bigint> {
    const on = { address: addresses.exchange, abi: exchangeAbi } as const;
    const account = await chain.client.readContract({ ...on, functionName: "accountOf", args: [owner] });
    const { lots } = await chain.client.readContract({
      ...on,
      functionName: "positionAt",
      args: [BigInt(market.id), account],
    });
    return lots;
  }

  return { move, comeBack };
}
