/**
 * The smallest price source there is: it answers `latestPrice()` with one price for ever, and everything else with a revert. Its code takes the place of a
 * market's own source, of whatever kind that is, so a drill needs no power over the feeds behind it.
 */
import { type Hex, toFunctionSelector, toHex } from "viem";

/**
 * @param answer Quote units per unit of the base asset × 1e18.
 * @param age Seconds by which the answer is older than the block that asks.
 */
export function constantFeed(answer: bigint, age: number): Hex {
  const selector = toFunctionSelector("latestPrice()").slice(2);
  return `0x${[
    "5f3560e01c", // the call's selector
    `63${selector}146011575f5ffd`, // is latestPrice's, or else revert
    "5b",
    `7f${word(answer, 32)}602052`, // second word: price
    `63${word(BigInt(age), 4)}4203606052`, // fourth word: timestamp
    "60805ff3", // first and third: Ok, no confidence interval
  ].join("")}`;
}

function word(value: bigint, size: number): string {
  return toHex(value, { size }).slice(2);
}
