/**
 * The accounts of the demo's chain: who is who, and their keys. Nothing here is secret, and nothing here is worth anything.
 */
import { type Hex, keccak256, toHex } from "viem";

/** Accounts that do not trade, before the ones that do. */
export const ROLES = { administrator: 0, staker: 1, keepers: [2, 3], bystander: 4, firstTrader: 5 } as const;

/** Not a mnemonic: deriving hundreds of keys from one takes longer than the rest of the start. */
export function keyOf(index: number): Hex {
  return keccak256(toHex(`plimsoll demo ${index}`));
}
