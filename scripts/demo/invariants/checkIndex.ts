/**
 * IDX-1: what the contract's index holds, word by word, against the positions, and both against the replay.
 */

import { BITS, cellOf, MAX } from "../../../keeper/core/grid.ts";
import { indexKey } from "../../../keeper/core/indexKey.ts";
import { childOf, ROOT } from "../../../keeper/core/indexWords.ts";
import { cellsOf } from "../../../keeper/core/marketState.ts";
import type { Entry } from "../../../keeper/core/types.ts";
import { indexAbi, lensAbi } from "../chain/abi.ts";
import type { DemoChain } from "../chain/connectChain.ts";
import { readMany } from "../chain/readMany.ts";
import type { Context } from "../context.ts";
import type { MarketReplay } from "../replay/replayState.ts";
import type { Catalogue } from "./catalogue.ts";

/** Accounts of one page: a position costs the view about ten thousand gas. */
const PAGE = 500n;
/** Bytes of an answer. */
const WORD = 32;

type Linked = Entry & { readonly prev: number; readonly next: number };

export async function checkIndex(
  context: Context,
  one: MarketReplay,
  block: bigint,
  catalogue: Catalogue,
): Promise<void> {
  const label = `${one.market.name}, block ${block}`;
  const positions = await readLinked(context, one, block);
  const mine = one.positions.positions;
  const same = positions.length === mine.size && positions.every((p) => isSame(p, mine.get(p.account)));
  catalogue.expect("IDX-1", same, () => `${label}: the positions are not those that the events tell of`);

  const byAccount = new Map(positions.map((p) => [p.account, p]));
  for (const isLong of [true, false]) {
    const side = `${label}, ${isLong ? "longs" : "shorts"}`;
    const derived = new Set(positions.filter((p) => p.isLong === isLong).map(({ cell }) => cell));
    const indexed = await readCells(context, one.market.id, isLong, block);
    const equal = derived.size === indexed.length && indexed.every((cell) => derived.has(cell));
    catalogue.expect(
      "IDX-1",
      equal,
      () => `${side}: ${indexed.length} cells are marked, ${derived.size} hold positions`,
    );

    const tails = await readMany(
      context.chain,
      indexed.map((cell) => ({
        address: context.addresses.exchange,
        abi: indexAbi,
        functionName: "indexTailAt" as const,
        args: [BigInt(one.market.id), isLong, BigInt(cell >> BITS), BigInt(cell & MAX)] as const,
      })),
      block,
      WORD,
    );
    for (const [i, cell] of indexed.entries()) {
      const members = (cellsOf(one.positions, isLong).get(cell) ?? []).map(({ account }) => account);
      const listed = follow(byAccount, Number(tails[i]), members.length);
      catalogue.expect(
        "IDX-1",
        listed.join() === members.join(),
        () => `${side}, cell ${cell}: lists [${listed}], should be [${members}]`,
      );
    }
  }
}

/** The members of a cell from the tail on, first in first; stops where the links do not fit together. */
function follow(byAccount: ReadonlyMap<number, Linked>, tail: number, count: number): number[] {
  const listed: number[] = [];
  let account = byAccount.get(tail)?.next ?? 0;
  let prev = 0;
  while (listed.length <= count) {
    const member = byAccount.get(account);
    if (member === undefined || member.prev !== prev) return [...listed, Number.NaN];
    listed.push(account);
    if (account === tail) return listed;
    [prev, account] = [account, member.next];
  }
  return listed;
}

async function readLinked({ chain, addresses }: Context, one: MarketReplay, blockNumber: bigint): Promise<Linked[]> {
  const positions: Linked[] = [];
  let from = 0n;
  do {
    const [, entries, next] = await chain.client.readContract({
      address: addresses.lens,
      abi: lensAbi,
      functionName: "positions",
      args: [BigInt(one.market.id), from, PAGE],
      blockNumber,
    });
    for (const p of entries) positions.push({ ...p, ...indexKey(p, one.positions.base), joined: 0 });
    from = next;
  } while (from !== 0n);
  return positions;
}

/** Every marked cell of a side, by walking the words from the root. */
async function readCells(
  { chain, addresses }: Context,
  market: number,
  isLong: boolean,
  block: bigint,
): Promise<number[]> {
  let parents: { u: number; v: number }[] = [{ u: 0, v: 0 }];
  for (let level = ROOT; level >= 0; level--) {
    const words = await readWords(chain, addresses.exchange, market, isLong, level, parents, block);
    parents = words.flatMap((word, i) => {
      const { u, v } = parents[i] ?? { u: 0, v: 0 };
      return bitsOf(word).map((bit) => childOf(level, u, v, bit));
    });
  }
  return parents.map(({ u, v }) => cellOf(u, v));
}

function readWords(
  chain: DemoChain,
  address: `0x${string}`,
  market: number,
  isLong: boolean,
  level: number,
  parents: readonly { u: number; v: number }[],
  block: bigint,
): Promise<readonly bigint[]> {
  const views = parents.map(({ u, v }) => ({
    address,
    abi: indexAbi,
    functionName: "indexWordAt" as const,
    args: [BigInt(market), isLong, BigInt(level), BigInt(u), BigInt(v)] as const,
  }));
  return readMany(chain, views, block, WORD);
}

function bitsOf(word: bigint): number[] {
  const bits: number[] = [];
  for (let bit = 0; word >> BigInt(bit) !== 0n; bit++) if ((word >> BigInt(bit)) & 1n) bits.push(bit);
  return bits;
}

function isSame(a: Entry, b: Entry | undefined): boolean {
  return (
    b !== undefined &&
    a.lots === b.lots &&
    a.cost === b.cost &&
    a.margin === b.margin &&
    a.fundingIndex === b.fundingIndex
  );
}
