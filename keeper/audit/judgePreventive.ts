/**
 * Says whether a preventive deleveraging reduced whom it had to: the first of the queue at the mark, each at the mark, nobody with a haircut.
 * Pure. Whether it was open and how many lots it might close depends on the circuit breaker, and is not judged here.
 */

import { close, shareRoundedOutward, takeShare } from "../core/closing.ts";
import { abs, ceilDiv } from "../core/integers.ts";
import { equityX16, settle } from "../core/position.ts";
import type { Position, Prices } from "../core/types.ts";
import type { ExpectedClose, Line } from "./expectation.ts";
import { type ClosedFact, comparePlaces, isSame, type Judgement } from "./judgeCall.ts";
import { type Outcome, wrongedAndSpared } from "./wrongedAndSpared.ts";

export type CloseAtMark = { readonly payout: bigint; readonly rest: Position; readonly reduced: Position };

/** One close at the mark, rounded against the account that is reduced. Both positions settled. */
export function closeAtMark(reduced: Position, counterparty: Position, lots: bigint, price: bigint): CloseAtMark {
  const exact = lots * price;
  const notional = reduced.lots > 0n ? exact >> 16n : ceilDiv(exact, 1n << 16n);
  const share = shareRoundedOutward(counterparty, lots);
  const payout = counterparty.lots > 0n ? notional - share : share - notional;
  const { rest } = takeShare(counterparty, lots, share);
  return { payout: payout > 0n ? payout : 0n, rest, reduced: close(reduced, lots, notional) };
}

export type JudgePreventiveParameters = {
  readonly closes: readonly ClosedFact[];
  /** The account that was reduced, settled. */
  readonly reduced: Position;
  readonly ranked: Line["ranked"];
  readonly prices: Prices;
};

export function judgePreventive({ closes, reduced, ranked, prices }: JudgePreventiveParameters): Judgement {
  const closed = closes.reduce((sum, { lots }) => sum + lots, 0n);
  const expected: ExpectedClose[] = [];
  const outcomes: Outcome[] = closes.map(({ account, lots, payout = 0n, before, after }) => ({
    account,
    lots,
    givenUpX16: before && after ? equityX16(before, prices) - (payout << 16n) - valueX16(after, prices) : 0n,
  }));
  const findings: string[] = [];
  let left = reduced;
  let open = closed;
  for (const [i, { entry, score }] of ranked.entries()) {
    if (open === 0n || left.lots === 0n) break;
    const settled = settle(entry, prices.funding);
    const lots = abs(entry.lots) < open ? abs(entry.lots) : open;
    const result = closeAtMark(left, settled, lots, prices.price);
    const { account } = entry;
    expected.push({ stage: "ranked", account, rank: i + 1, score, lots });
    const kept = (result.payout << 16n) + valueX16(result.rest, prices) - equityX16(settled, prices);
    outcomes.push({ account, lots: -lots, givenUpX16: kept });
    const was = closes[i];
    if (was?.account === account && was.lots === lots) {
      if (was.payout !== undefined && was.payout !== result.payout)
        findings.push(`Account ${account} was paid ${was.payout}, it is owed ${result.payout}`);
      if (was.after !== undefined && !isSame(was.after, result.rest))
        findings.push(`What is left of account ${account} is not what it should be`);
    }
    left = result.reduced;
    open -= lots;
  }
  findings.unshift(...comparePlaces({ closes, price: prices.price }, expected));
  return { findings, ...wrongedAndSpared(outcomes), expected, eligible: ranked.length, rest: left, cover: 0n };
}

function valueX16(p: Position, prices: Prices): bigint {
  return p.lots === 0n ? 0n : equityX16(p, prices);
}
