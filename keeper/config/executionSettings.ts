/**
 * Settings of execution: the key, the journal, fees and budgets.
 */
import { z } from "zod";
import { ether, hasProtocol, integer, list, path } from "./parsers.ts";

export const executionSettings = {
  privateKey: {
    env: "KEEPER_PRIVATE_KEY",
    isSecret: true,
    help: "key that signs, 32 bytes in hexadecimal",
    schema: z
      .string()
      .regex(/^0x[0-9a-fA-F]{64}$/, "must be 0x and 64 hexadecimal digits")
      .transform((text) => text as `0x${string}`)
      .optional(),
  },
  keyFile: {
    env: "KEEPER_KEY_FILE",
    flag: "key-file",
    help: "file that holds the key, instead of the variable",
    schema: path,
  },
  keystore: {
    env: "KEEPER_KEYSTORE",
    flag: "keystore",
    help: "encrypted key file (web3 secret storage, version 3), instead of the variable",
    schema: path,
  },
  keystorePassword: {
    env: "KEEPER_KEYSTORE_PASSWORD",
    isSecret: true,
    help: "password of the keystore",
    schema: z.string().optional(),
  },
  keystorePasswordFile: {
    env: "KEEPER_KEYSTORE_PASSWORD_FILE",
    flag: "keystore-password-file",
    help: "file that holds the password of the keystore",
    schema: path,
  },
  journal: {
    env: "JOURNAL",
    flag: "journal",
    help: "database of what was signed (default journals/<chain id>-<address>.sqlite); :memory: for none that lasts",
    schema: path,
  },
  markets: {
    env: "MARKETS",
    flag: "markets",
    help: "names or numbers of the markets to work on, with commas; all when empty",
    schema: list,
  },
  jitterMs: {
    env: "JITTER_MS",
    flag: "jitter-ms",
    help: "milliseconds that a keeper's turn at a piece of work lasts, before the next one takes it; 0 when there is only one keeper",
    schema: integer(0, 60_000, 200),
  },
  confirmations: {
    env: "CONFIRMATIONS",
    flag: "confirmations",
    help: "blocks, its own included, after which a transaction is final; a deeper reorganisation, down to MAX_REORG, brings it back",
    schema: integer(1, 10_000, 12),
  },
  bumpBlocks: {
    env: "BUMP_BLOCKS",
    flag: "bump-blocks",
    help: "blocks without inclusion after which a transaction is replaced with higher fees",
    schema: integer(1, 1_000, 3),
  },
  relayUrl: {
    env: "RELAY_URL",
    flag: "relay-url",
    help: "private relay, http or https, that transactions are handed to first; none: to RPC_URL at once",
    schema: z
      .string()
      .optional()
      .refine((text) => text === undefined || hasProtocol(text, /^https?:$/), "must be an http or https URL"),
  },
  relayBlocks: {
    env: "RELAY_BLOCKS",
    flag: "relay-blocks",
    help: "blocks without inclusion after which what the relay got is handed to RPC_URL, too",
    schema: integer(1, 1_000, 3),
  },
  txBudget: {
    env: "TX_BUDGET",
    flag: "tx-budget",
    help: "most ether that one transaction may cost, replacements included",
    schema: ether("0.5"),
  },
  wasteBudget: {
    env: "WASTE_BUDGET",
    flag: "waste-budget",
    help: "ether spent without effect in 24 hours at which all sending stops",
    schema: ether("0.5"),
  },
};
