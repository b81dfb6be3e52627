/** Balances rebuilt from events alone, by the rule in IExchangeEvents.sol. */
import type { ParsedEvent, Venue } from "./venue.ts";

export interface Rebuilt {
  free: Map<number, bigint>;
  pots: Map<number, bigint>;
  openInterest: Map<number, bigint>;
  /** Accounts with a position, by market. */
  positions: Map<number, Set<number>>;
}

export async function rebuild(venue: Venue): Promise<Rebuilt> {
  const logs = await venue.connection.ethers.provider.getLogs({
    address: venue.deployed.exchangeAddress,
    fromBlock: venue.deployed.startBlock,
    toBlock: "latest",
  });
  const r: Rebuilt = { free: new Map(), pots: new Map(), openInterest: new Map(), positions: new Map() };
  for (const log of logs) {
    const parsed = venue.exchange.interface.parseLog({ topics: [...log.topics], data: log.data });
    if (parsed) apply(r, { name: parsed.name, args: parsed.args as unknown as ParsedEvent["args"] });
  }
  return r;
}

function apply(r: Rebuilt, { name, args }: ParsedEvent): void {
  const number = (key: string) => Number(args[key] as bigint);
  if (name === "FreeCollateralChanged") r.free.set(number("account"), args["free"] as bigint);
  if (name === "AutoDeleveraged" || name === "PrincipalClosed") {
    const account = number("counterparty");
    r.free.set(account, (r.free.get(account) ?? 0n) + (args["payout"] as bigint));
    if (args["left"] === 0n) openIn(r, number("market")).delete(account);
  }
  if (name === "MarketTotals") {
    r.pots.set(number("market"), args["pot"] as bigint);
    r.openInterest.set(number("market"), args["openInterest"] as bigint);
  }
  if (name === "PositionChanged") {
    const open = openIn(r, number("market"));
    if (args["lots"] === 0n) open.delete(number("account"));
    else open.add(number("account"));
  }
}

function openIn({ positions }: Rebuilt, market: number): Set<number> {
  const open = positions.get(market) ?? new Set<number>();
  positions.set(market, open);
  return open;
}
