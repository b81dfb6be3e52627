/**
 * Opens a key encrypted as web3 secret storage, version 3: what geth, Foundry's `cast wallet` and most wallets write.
 * https://ethereum.org/en/developers/docs/data-structures-and-encoding/web3-secret-storage/
 */
import { createDecipheriv, pbkdf2Sync, scryptSync, timingSafeEqual } from "node:crypto";
import { bytesToHex, concat, type Hex, hexToBytes, keccak256 } from "viem";
import { z } from "zod";
import { ConfigError } from "../errors.ts";

const hex = z.string().regex(/^(0x)?([0-9a-fA-F]{2})+$/, "must be hexadecimal");
const count = z.number().int().positive();
const keystore = z.object({
  version: z.literal(3),
  crypto: z.object({
    cipher: z.literal("aes-128-ctr"),
    ciphertext: hex,
    cipherparams: z.object({ iv: hex }),
    mac: hex,
    kdf: z.enum(["scrypt", "pbkdf2"]),
    kdfparams: z.object({
      salt: hex,
      dklen: count.min(32).max(64),
      n: count.max(2 ** 24).optional(),
      r: count.max(64).optional(),
      p: count.max(64).optional(),
      c: count.optional(),
      prf: z.literal("hmac-sha256").optional(),
    }),
  }),
});

/** @param path Of the file, for errors. @param text Its content. */
export function decryptKeystore(path: string, text: string, password: string): Hex {
  const { crypto } = parse(path, text);
  const { kdf, kdfparams } = crypto;
  const salt = bytesOf(kdfparams.salt);
  const { n = 0, r = 0, p = 0, c = 0, dklen } = kdfparams;
  let derived: Buffer;
  if (kdf === "scrypt") {
    if (n * r * p === 0) throw new ConfigError(`KEEPER_KEYSTORE ${path}: crypto.kdfparams lacks n, r or p`);
    derived = scrypt(path, password, salt, dklen, { N: n, r, p });
  } else {
    if (c === 0) throw new ConfigError(`KEEPER_KEYSTORE ${path}: crypto.kdfparams lacks c`);
    derived = pbkdf2Sync(password, salt, c, dklen, "sha256");
  }
  const ciphertext = bytesOf(crypto.ciphertext);
  const mac = hexToBytes(keccak256(concat([derived.subarray(16, 32), ciphertext])));
  const expected = bytesOf(crypto.mac);
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected))
    throw new ConfigError(`KEEPER_KEYSTORE ${path}: the password is wrong`);
  const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), bytesOf(crypto.cipherparams.iv));
  const key = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  if (key.length !== 32) throw new ConfigError(`KEEPER_KEYSTORE ${path}: does not hold a key of 32 bytes`);
  return bytesToHex(key);
}

function scrypt(
  path: string,
  password: string,
  salt: Uint8Array,
  dklen: number,
  cost: { N: number; r: number; p: number },
) {
  try {
    // node's own limit of memory is below what geth's parameters need
    return scryptSync(password, salt, dklen, { ...cost, maxmem: 256 * cost.N * cost.r + 256 * cost.r * cost.p });
  } catch (cause) {
    throw new ConfigError(`KEEPER_KEYSTORE ${path}: parameters that scrypt does not allow`, { cause });
  }
}

function parse(path: string, text: string) {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`KEEPER_KEYSTORE ${path} is not JSON`, { cause });
  }
  const result = keystore.safeParse(content);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ConfigError(`KEEPER_KEYSTORE ${path}: ${issue?.path.join(".")} ${issue?.message}`);
}

function bytesOf(text: string): Uint8Array {
  return hexToBytes(text.startsWith("0x") ? (text as Hex) : `0x${text}`);
}
