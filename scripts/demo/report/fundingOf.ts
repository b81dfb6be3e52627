/**
 * What funding moved in a market of a run.
 */
import { createFundingBook, type FundingBook } from "../replay/funding.ts";
import type { DemoResult } from "./demoResult.ts";

/** @param index Of the market, from 0. */
export function fundingOf({ replay }: DemoResult, index: number): FundingBook {
  return replay[index]?.funding ?? createFundingBook();
}
