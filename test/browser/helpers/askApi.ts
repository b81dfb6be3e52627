/**
 * What the API says of a step of the price and of events, as far as the browser test compares them.
 */
import assert from "node:assert/strict";

type Lots = { account: number; lots: string };
export type Prediction = {
  deleverages: (Lots & { sweptLots: string; counterparties: Lots[]; principal: Lots[] })[];
};
type Place = { number: number };
export type Step = { move: string; from: Place; to: Place; until?: Place; prediction: Prediction };
export type Event = Partial<Lots> & { type: string; block: Place; closes?: { counterparty: number; lots: string }[] };

export function add(sum: Map<number, bigint>, account: number, lots: string): void {
  if (lots !== "0") sum.set(account, (sum.get(account) ?? 0n) + BigInt(lots));
}

export function sorted(lots: ReadonlyMap<number, bigint>): [number, bigint][] {
  return [...lots].sort(([a], [b]) => a - b);
}

/** The step of the price by this much, when all that it led to is over. */
export async function stepOf(url: string, market: string, move: number): Promise<Step> {
  for (let i = 0; i < 300; i++) {
    const { data } = await ask<Step[]>(url, `${market}/steps?eventful=true&limit=200`);
    const step = data.find((one) => one.move === String(move));
    if (step?.until !== undefined) return step;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${market} has made no step of ${move}`);
}

export async function everyEvent(url: string, market: string): Promise<Event[]> {
  const { data } = await ask<{ more: boolean; events: Event[] }>(url, `${market}/events?limit=500`);
  assert.equal(data.more, false);
  return data.events;
}

async function ask<T>(url: string, path: string): Promise<{ data: T }> {
  return (await (await fetch(`${url}/api/markets/${path}`)).json()) as { data: T };
}
