/**
 * Turns the events of one market into records. Keeps only what belongs together over several events: the closes of a call come before the
 * event that sums them, and what the book took comes before both.
 */
import type { BlockRef } from "../chain/connect.ts";
import type { ChainEvent } from "../chain/readEvents.ts";
import type { RankPolicy } from "../core/types.ts";
import type { Close, DeleverageRecord, HistoryRecord } from "./record.ts";

export type Recorder = {
  /** The record that this event completes, if it does. */
  readonly take: (event: ChainEvent, block: BlockRef, known: Known) => HistoryRecord | undefined;
};

export type Known = {
  /** F as the last event before said, X16. */
  readonly funding: bigint | undefined;
  readonly rankPolicy: RankPolicy;
};

type CloseArgs = { readonly counterparty: bigint; readonly left: bigint; readonly sequence: bigint };

/** Nothing else lies between the positions that a call stores and the events that say why. */
const BELONGS: ReadonlySet<string> = new Set(["PositionChanged", "AutoDeleveraged", "PrincipalClosed"]);
const NOTHING = { lots: 0n, notional: 0n, cover: 0n };

export function createRecorder(): Recorder {
  let closes: Close[] = [];
  /** Where the first of them begins: what is left of counterparties is stored right before the events that say why. */
  let from = 0n;
  let stored: { readonly account: bigint; readonly sequence: bigint }[] = [];
  let swept: (DeleverageRecord["swept"] & { readonly transaction: string; readonly account: bigint }) | undefined;

  function take(event: ChainEvent, block: BlockRef, known: Known): HistoryRecord | undefined {
    if (!("sequence" in event.args)) return undefined;
    if (!BELONGS.has(event.eventName)) stored = [];
    const place = { block, transaction: event.transactionHash, sequence: event.args.sequence };
    switch (event.eventName) {
      case "PositionChanged":
        // a call that went no further than the book ends by storing the position: the next one starts from there
        if (swept?.account === event.args.account) swept = undefined;
        stored.push(event.args);
        return undefined;
      case "Liquidated": {
        const { account, lots, notional, fee, price, caller } = event.args;
        return { type: "liquidation", ...place, account: Number(account), lots, notional, fee, price, caller };
      }
      case "BankruptcySwept": {
        const { account, lots, notional, cover, price, caller } = event.args;
        // a sweep has a pass for each limit: what they took adds up
        const so = swept?.transaction === event.transactionHash && swept.account === account ? swept : NOTHING;
        swept = {
          transaction: event.transactionHash,
          account,
          lots: so.lots + lots,
          notional: so.notional + notional,
          cover: so.cover + cover,
        };
        return { type: "sweep", ...place, account: Number(account), lots, notional, cover, price, caller };
      }
      case "AutoDeleveraged": {
        const { counterparty, rank, score, price, lots, pnl, payout, sequence } = event.args;
        const who = { stage: "ranked", sequence, counterparty: Number(counterparty) } as const;
        begin(event.args);
        closes.push({ ...who, rank: Number(rank), score, price, lots, pnl, payout });
        return undefined;
      }
      case "PrincipalClosed": {
        const { counterparty, price, lots, pnl, payout, sequence } = event.args;
        const who = { stage: "principal", sequence, counterparty: Number(counterparty) } as const;
        begin(event.args);
        closes.push({ ...who, rank: 0, score: 0n, price, lots, pnl, payout });
        return undefined;
      }
      case "DeleverageCall": {
        const { bankrupt, caller, lots, price, mark, cover, reward } = event.args;
        const same = swept?.transaction === event.transactionHash && swept.account === bankrupt ? swept : undefined;
        const record: DeleverageRecord = {
          type: "deleverage",
          ...place,
          account: Number(bankrupt),
          caller,
          lots,
          price,
          mark,
          ...known,
          cover,
          reward,
          from: closes.length > 0 ? from : place.sequence,
          closes,
          swept: same && { lots: same.lots, notional: same.notional, cover: same.cover },
        };
        closes = [];
        swept = undefined;
        return record;
      }
      case "PreventivelyDeleveraged": {
        const { account, counterparty, rank, price, lots, payout } = event.args;
        const who = { account: Number(account), counterparty: Number(counterparty), rank: Number(rank) };
        return { type: "preventive", ...place, ...who, price, lots, payout };
      }
      case "LevelChanged": {
        const { level, ratio, jump } = event.args;
        return { type: "level", ...place, level, ratio, jump, by: undefined };
      }
      case "GuardianLevelSet":
        return { type: "level", ...place, level: event.args.level, ratio: 0n, jump: 0n, by: event.args.by };
      default:
        return undefined;
    }
  }

  function begin({ counterparty, left, sequence }: CloseArgs): void {
    if (closes.length === 0) from = sequence;
    const own = left === 0n ? undefined : stored.findLast(({ account }) => account === counterparty);
    if (own !== undefined && own.sequence < from) from = own.sequence;
  }

  return { take };
}
