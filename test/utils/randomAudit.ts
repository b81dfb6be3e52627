/** Histories for the ADL audit: a market with a fund that trades at random, jumps, and is resolved; and what a right verdict is. */
import { expect } from "chai";
import type { CallVerdict } from "../../keeper/audit/types.ts";
import { place } from "./orders.ts";
import type { Random } from "./random.ts";
import { attempt, type MarketStyle, randomStep, resolveAll } from "./randomMarket.ts";
import { GAS, setTick, trader, type Venue } from "./venue.ts";

export function right(verdicts: readonly CallVerdict[]): void {
  for (const { findings } of verdicts) expect(findings).to.deep.equal([]);
  expect(verdicts.every((verdict) => verdict.right && verdict.wronged.length + verdict.spared.length === 0)).equal(
    true,
  );
}

export async function stake(v: Venue, amount: bigint): Promise<void> {
  const staker = trader(v, 11);
  await v.deployed.collateral.mint(staker.address, amount);
  await v.deployed.collateral.connect(staker.signer).approve(v.deployed.insuranceFundAddress, amount);
  await v.fund.connect(staker.signer).deposit(amount, staker.address, GAS);
}

/** @param picks Fewest and most counterparties that a call picks. */
export async function randomHistory(
  v: Venue,
  random: Random,
  style: MarketStyle & { step?: number; trades?: number },
  { rounds, picks: [fewest, most] }: { rounds: number; picks: [number, number] },
): Promise<void> {
  let mark = 10_000;
  for (let i = 0; i < rounds; i++) {
    mark = await randomStep(v, random, mark, style);
    const jump = Math.round(mark * (1 + (random.chance(0.5) ? 1 : -1) * (0.02 + 0.2 * random.unit())));
    // bids and asks far away, some of which the jump brings within the limit
    for (const isBid of [true, false]) {
      const tick = Math.round((mark + jump) / 2 + (isBid ? -1 : 1) * mark * 0.005 * random.unit());
      if (isBid === jump < mark)
        await attempt(() => place(v, random.pick(v.traders), { isBid, tick, lots: 300, leverage: 2 }));
    }
    await setTick(v, jump);
    await resolveAll(v, 1, { maxCounterparties: random.int(fewest, most) });
    await setTick(v, mark);
    await resolveAll(v, 1, { maxCounterparties: random.int(fewest, most) });
    for (const t of v.traders) await t.exchange.cancelAll(1, GAS);
  }
}
