/**
 * The bloom filter of a block's logs (yellow paper, 4.3.1): three bits of 2048 for the address and for each topic of every log.
 */
import { type Hex, keccak256 } from "viem";

export type Bloom = Uint8Array;

const BYTES = 256;
/** Addresses, event names and markets come again and again; hashing one takes longer than decoding a log. */
const KEPT = 4_096;
const kept = new Map<Hex, readonly number[]>();

export function parseBloom(hex: Hex): Bloom {
  return Uint8Array.from(Buffer.from(hex.slice(2).padStart(2 * BYTES, "0"), "hex"));
}

export function emptyBloom(): Bloom {
  return new Uint8Array(BYTES);
}

/** False: certainly no log of the block has this address or topic. */
export function mayContain(bloom: Bloom, item: Hex): boolean {
  return bitsOf(item).every((bit) => ((bloom[BYTES - 1 - (bit >> 3)] as number) & (1 << (bit & 7))) !== 0);
}

export function addTo(bloom: Bloom, item: Hex): void {
  for (const bit of bitsOf(item)) {
    const at = BYTES - 1 - (bit >> 3);
    bloom[at] = (bloom[at] as number) | (1 << (bit & 7));
  }
}

export function isSameBloom(a: Bloom, b: Bloom): boolean {
  return a.every((byte, i) => byte === b[i]);
}

function bitsOf(item: Hex): readonly number[] {
  const known = kept.get(item);
  if (known !== undefined) return known;
  const hash = keccak256(item, "bytes");
  const bits = [0, 2, 4].map((i) => (((hash[i] as number) << 8) | (hash[i + 1] as number)) & 2047);
  if (kept.size >= KEPT) kept.clear();
  kept.set(item, bits);
  return bits;
}
