/**
 * A Brownian bridge in logarithms: a random path through given facts. Pure.
 */
import type { Fact } from "./pricePath.ts";
import type { Random } from "./random.ts";

/**
 * Prices at `times`, which lie within the facts and grow. At the time of a fact the path is exactly there.
 *
 * @param hourly Standard deviation of the free process after one hour.
 */
export function bridge(facts: readonly Fact[], times: readonly number[], hourly: number, random: Random): number[] {
  const prices: number[] = [];
  let leg = 0;
  const [first] = facts;
  if (first === undefined) throw new RangeError("a bridge needs facts");
  let here: Fact = first;
  for (const time of times) {
    while (leg + 1 < facts.length && (facts[leg + 1]?.time ?? 0) <= time) here = facts[++leg] as Fact;
    const end: Fact | undefined = facts[leg + 1];
    if (time > here.time) {
      if (end === undefined) throw new RangeError(`${time} lies after the last fact`);
      const share = (time - here.time) / (end.time - here.time);
      const variance = ((time - here.time) * (end.time - time)) / (end.time - here.time) / 3600;
      const log = Math.log(here.price) + share * Math.log(end.price / here.price);
      here = { time, price: Math.exp(log + hourly * Math.sqrt(variance) * random.normal()) };
    }
    prices.push(here.price);
  }
  return prices;
}
