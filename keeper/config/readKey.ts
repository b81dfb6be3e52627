/**
 * The key that signs, from wherever the settings say that it is. Its text goes nowhere else.
 */
import { readFileSync } from "node:fs";
import { type Hex, isHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { ConfigError } from "../errors.ts";
import { decryptKeystore } from "./decryptKeystore.ts";
import type { SettingValues } from "./settings.ts";

export type KeySettings = Pick<
  SettingValues,
  "privateKey" | "keyFile" | "keystore" | "keystorePassword" | "keystorePasswordFile"
>;

export type Key = {
  readonly account: PrivateKeyAccount;
  /** What must never be printed. */
  readonly secrets: readonly string[];
};

/** Undefined when there is none. */
export function readKey(settings: KeySettings): Key | undefined {
  const { privateKey, keyFile, keystore } = settings;
  if (privateKey !== undefined) return keyOf(privateKey);
  if (keyFile !== undefined) {
    const text = read(keyFile, "KEEPER_KEY_FILE");
    const hex = text.startsWith("0x") ? text : `0x${text}`;
    if (!isHex(hex) || hex.length !== 66)
      throw new ConfigError(`KEEPER_KEY_FILE ${keyFile} must hold 64 hexadecimal digits`);
    return keyOf(hex);
  }
  if (keystore === undefined) return undefined;
  const { keystorePassword, keystorePasswordFile } = settings;
  const password =
    keystorePassword ??
    (keystorePasswordFile === undefined ? undefined : read(keystorePasswordFile, "KEEPER_KEYSTORE_PASSWORD_FILE"));
  if (password === undefined)
    throw new ConfigError("KEEPER_KEYSTORE needs KEEPER_KEYSTORE_PASSWORD or KEEPER_KEYSTORE_PASSWORD_FILE");
  const { account, secrets } = keyOf(decryptKeystore(keystore, read(keystore, "KEEPER_KEYSTORE"), password));
  return { account, secrets: [...secrets, password] };
}

function keyOf(hex: Hex): Key {
  return { account: privateKeyToAccount(hex), secrets: [hex.slice(2).toLowerCase(), hex.slice(2).toUpperCase()] };
}

function read(path: string, name: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new ConfigError(`${name} ${path} cannot be read`, { cause });
  }
}
