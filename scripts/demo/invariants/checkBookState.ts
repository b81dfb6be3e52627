/**
 * BOOK-1 and BOOK-2 against the chain: every level and the bitmap against the orders, and what each account has reserved against what its
 * orders need.
 */

import type { RestingOrder } from "../../../keeper/audit/restingOrders.ts";
import { exchangeAbi, lensAbi } from "../chain/abi.ts";
import { readMany } from "../chain/readMany.ts";
import type { Context } from "../context.ts";
import type { MarketReplay } from "../replay/replayState.ts";
import { needOf, reservesOf } from "../replay/reserves.ts";
import type { Catalogue } from "./catalogue.ts";

/** Bytes of an answer: the reserves, and the ids of at most 32 orders. */
const ORDER_MARGIN = 37 * 32;
/** Levels of one page. */
const PAGE = 200n;

export async function checkBookState(
  context: Context,
  one: MarketReplay,
  block: bigint,
  catalogue: Catalogue,
): Promise<void> {
  const label = `${one.market.name}, block ${block}`;
  for (const isBid of [true, false]) {
    const actual = await readDepth(context, one.market.id, isBid, block);
    const expected = levels(one, isBid);
    const same = actual.length === expected.length && actual.every((level, i) => level === expected[i]);
    catalogue.expect(
      "BOOK-1",
      same,
      () => `${label}, ${isBid ? "bids" : "asks"}: [${actual}], the orders say [${expected}]`,
    );
  }

  const accounts = Array.from({ length: context.keepers.length + context.actors.length }, (_, i) => i + 1);
  const margins = await readMany(
    context.chain,
    accounts.map((account) => ({
      address: context.addresses.exchange,
      abi: exchangeAbi,
      functionName: "orderMarginAt" as const,
      args: [BigInt(one.market.id), BigInt(account)] as const,
    })),
    block,
    ORDER_MARGIN,
  );
  for (const [i, { bidReserve, askReserve, orderIds }] of margins.entries()) {
    const account = accounts[i] ?? 0;
    const { bid, ask } = reservesOf(one, account);
    const mine = [...one.orders.values()].filter((order) => order.account === account);
    const [bids, asks] = [true, false].map((isBid) => needs(one, mine, isBid));
    catalogue.expect(
      "BOOK-2",
      bidReserve === bid && askReserve === ask && bid <= (bids ?? 0n) && ask <= (asks ?? 0n),
      () =>
        `${label}, account ${account}: reserved ${bidReserve}/${askReserve}, by the fills ${bid}/${ask}, needs ${bids}/${asks}`,
    );
    const open = orderIds.length === mine.length && orderIds.every((id) => one.orders.get(id)?.account === account);
    catalogue.expect(
      "BOOK-1",
      open,
      () => `${label}, account ${account}: holds orders [${orderIds}], ${mine.length} of its orders rest`,
    );
  }
}

/** What an account's orders of one side need. */
function needs(one: MarketReplay, orders: readonly RestingOrder[], isBid: boolean): bigint {
  return orders.reduce((sum, order) => (order.isBid === isBid ? sum + needOf(one, order, order.lots) : sum), 0n);
}

/** The bitmap's walk over one side, as "tick:lots:orders", best first. */
async function readDepth(
  { chain, addresses }: Context,
  market: number,
  isBid: boolean,
  blockNumber: bigint,
): Promise<string[]> {
  const found: string[] = [];
  let from = 0n;
  do {
    const [, page, next] = await chain.client.readContract({
      address: addresses.lens,
      abi: lensAbi,
      functionName: "depth",
      args: [BigInt(market), isBid, from, PAGE],
      blockNumber,
    });
    for (const { tick, lots, orders } of page) found.push(`${tick}:${lots}:${orders}`);
    from = next;
  } while (from !== 0n);
  return found;
}

function levels(one: MarketReplay, isBid: boolean): string[] {
  const byTick = new Map<bigint, { lots: bigint; orders: number }>();
  for (const order of one.orders.values()) {
    if (order.isBid !== isBid) continue;
    const level = byTick.get(order.tick) ?? { lots: 0n, orders: 0 };
    byTick.set(order.tick, { lots: level.lots + order.lots, orders: level.orders + 1 });
  }
  const ticks = [...byTick].sort(([a], [b]) => (a < b === isBid ? 1 : -1));
  return ticks.map(([tick, { lots, orders }]) => `${tick}:${lots}:${orders}`);
}
