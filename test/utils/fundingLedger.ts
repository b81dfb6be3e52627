/**
 * FUND-1 from events alone: what every account paid and received in funding, and what is still open, exact.
 *
 * A position's event carries the index that it was settled to; a closed one was settled to the market's index of that moment.
 */
import { ceilDiv, X16 } from "./model.ts";
import type { Venue } from "./venue.ts";

export interface FundingLedger {
  /** Paid by account, quote atoms; negative for received. */
  paid: Map<number, bigint>;
  /** Σ paid − Σ received + Σ side·lots·(F − F₀) over open positions, × 2^16. */
  dustX16: bigint;
  /** The market's index after the last accrual. */
  index: bigint;
}

export async function fundingLedger(venue: Venue, market = 1): Promise<FundingLedger> {
  const { exchange, deployed } = venue;
  const filter = (["FundingAccrued", "PositionChanged", "AutoDeleveraged", "PrincipalClosed"] as const).map(
    (name) => exchange.interface.getEvent(name as "FundingAccrued").topicHash,
  );
  const logs = await venue.connection.ethers.provider.getLogs({
    address: deployed.exchangeAddress,
    fromBlock: deployed.startBlock,
    topics: [filter, [venue.connection.ethers.toBeHex(market, 32)]],
  });
  const paid = new Map<number, bigint>();
  const open = new Map<number, { lots: bigint; index: bigint }>();
  let index = 0n;
  for (const log of logs) {
    const event = exchange.interface.parseLog(log);
    if (!event) continue;
    if (event.name === "FundingAccrued") {
      index = event.args["fundingIndex"] as bigint;
      continue;
    }
    const isStored = event.name === "PositionChanged";
    if (!isStored && event.args["left"] !== 0n) continue; // what is left was stored before
    const account = Number(event.args[isStored ? "account" : "counterparty"]);
    const lots = isStored ? (event.args["lots"] as bigint) : 0n;
    const settledTo = lots === 0n ? index : (event.args["fundingIndex"] as bigint);
    const before = open.get(account) ?? { lots: 0n, index: settledTo };
    const owed = ceilDiv(before.lots * (settledTo - before.index), X16);
    paid.set(account, (paid.get(account) ?? 0n) + owed);
    open.set(account, { lots, index: settledTo });
  }
  let dustX16 = 0n;
  for (const amount of paid.values()) dustX16 += amount * X16;
  for (const p of open.values()) dustX16 += p.lots * (index - p.index);
  return { paid, dustX16, index };
}
