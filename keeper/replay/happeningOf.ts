/**
 * Of a block's events, the ones that say that a keeper's work was done. As data for a report.
 */
import type { Hash } from "viem";
import type { ChainEvent } from "../chain/readEvents.ts";
import type { AccountId, MarketId } from "../core/types.ts";

export type Happening = {
  readonly event: ChainEvent["eventName"];
  readonly market: MarketId;
  /** Whose position it was about; 0 for a whole market. */
  readonly account: AccountId;
  readonly counterparty?: AccountId;
  readonly lots?: bigint;
  readonly hash: Hash;
};

/** Undefined for everything else. */
export function happeningOf({ eventName: event, args, transactionHash: hash }: ChainEvent): Happening | undefined {
  switch (event) {
    case "Liquidated":
    case "BankruptcySwept":
    case "TriggerExecuted":
      return { event, market: Number(args.market), account: Number(args.account), lots: args.lots, hash };
    case "DeleverageCall":
      return { event, market: Number(args.market), account: Number(args.bankrupt), lots: args.lots, hash };
    case "AutoDeleveraged":
    case "PrincipalClosed": {
      const { market, bankrupt, counterparty, lots } = args;
      return { event, ...named(market, bankrupt, counterparty), lots, hash };
    }
    case "PreventivelyDeleveraged": {
      const { market, account, counterparty, lots } = args;
      return { event, ...named(market, account, counterparty), lots, hash };
    }
    case "ToppedUp":
    case "RetiredPositionSettled":
      return { event, market: Number(args.market), account: Number(args.account), hash };
    case "FundingAccrued":
    case "LevelChanged":
      return { event, market: Number(args.market), account: 0, hash };
    default:
      return undefined;
  }
}

function named(market: bigint, account: bigint, counterparty: bigint) {
  return { market: Number(market), account: Number(account), counterparty: Number(counterparty) };
}
