/**
 * Every setting of the keeper: its flag, its environment variable, its default and its help line come from this one table.
 *
 * Secrets have no flag, because flags are visible to every process of the machine.
 */
import { isAddress } from "viem";
import { z } from "zod";
import { executionSettings } from "./executionSettings.ts";
import { operationSettings } from "./operationSettings.ts";
import { hasProtocol, integer, isOrigin, list, optionalInteger, path, toggle } from "./parsers.ts";

export type Setting = {
  /** Environment variable. */
  readonly env: string;
  /** Long flag without the dashes; none for secrets. */
  readonly flag?: string;
  /** A flag that stands alone. */
  readonly isSwitch?: boolean;
  /** Never printed, and never in a configuration file. */
  readonly isSecret?: boolean;
  readonly help: string;
  /** Receives the text given, or undefined. */
  readonly schema: z.ZodType<unknown, z.ZodTypeDef, string | undefined>;
};

export const settings = {
  rpcUrl: {
    env: "RPC_URL",
    flag: "rpc-url",
    help: "JSON-RPC endpoint, http or https; several with commas",
    schema: z
      .string()
      .default("http://127.0.0.1:8545")
      .refine((text) => text.split(",").every((url) => hasProtocol(url.trim(), /^https?:$/)), {
        message: "must be an http or https URL",
      }),
  },
  wsUrl: {
    env: "WS_URL",
    flag: "ws-url",
    help: "WebSocket endpoint whose new heads make the keeper look at once; what it says is not believed",
    schema: z
      .string()
      .optional()
      .refine((text) => text === undefined || hasProtocol(text, /^wss?:$/), "must be a ws or wss URL"),
  },
  chainId: {
    env: "CHAIN_ID",
    flag: "chain-id",
    help: "chain that the endpoint must be on",
    schema: integer(1, Number.MAX_SAFE_INTEGER, 31337),
  },
  deployment: {
    env: "DEPLOYMENT",
    flag: "deployment",
    help: "deployment file (default deployments/<chain id>.json)",
    schema: path,
  },
  mode: {
    env: "KEEPER_MODE",
    flag: "mode",
    help: "observe prints plans; shadow also scores them against what others do; armed sends",
    schema: z.enum(["observe", "shadow", "armed"], { message: "must be observe, shadow or armed" }).default("observe"),
  },
  pollMs: {
    env: "POLL_MS",
    flag: "poll-ms",
    help: "milliseconds between looks at the chain",
    schema: integer(5, 600_000, 500),
  },
  maxCounterparties: {
    env: "MAX_COUNTERPARTIES",
    flag: "max-counterparties",
    help: "most counterparties a deleveraging call lists",
    schema: integer(1, 40, 40),
  },
  maxSteps: {
    env: "MAX_STEPS",
    flag: "max-steps",
    help: "most resting orders a call visits; each market has its own cap, too",
    schema: integer(1, 128, 128),
  },
  cooldownBlocks: {
    env: "COOLDOWN_BLOCKS",
    flag: "cooldown-blocks",
    help: "blocks to leave a position alone that the book could not absorb, unless the price moves",
    schema: integer(0, 100_000, 3),
  },
  reconcileBlocks: {
    env: "RECONCILE_BLOCKS",
    flag: "reconcile-blocks",
    help: "blocks between comparisons of the local state with the chain's; 0 for none",
    schema: integer(0, 1_000_000, 500),
  },
  maxReorg: {
    env: "MAX_REORG",
    flag: "max-reorg",
    help: "deepest reorganisation that is followed, blocks; at a deeper one the keeper stops with exit code 1",
    schema: integer(1, 127, 64),
  },
  stateDb: {
    env: "STATE_DB",
    flag: "state-db",
    help: "file that the positions are kept in, to go on from after a restart; none: begin with a snapshot",
    schema: path,
  },
  warnMove: {
    env: "WARN_MOVE",
    flag: "warn-move",
    help: "warn of accounts that so much of a move makes bankrupt, in millionths of the price; 0 for never",
    schema: integer(0, 990_000, 20_000),
  },
  pageSize: {
    env: "PAGE_SIZE",
    flag: "page-size",
    help: "accounts a snapshot reads in one call",
    schema: integer(1, 10_000, 500),
  },
  logRange: {
    env: "LOG_RANGE",
    flag: "log-range",
    help: "most blocks that the endpoint searches for logs in one request",
    schema: integer(1, 10_000_000, 10_000),
  },
  pokeSeconds: {
    env: "POKE_SECONDS",
    flag: "poke-seconds",
    help: "seconds after which funding that nobody accrued is accrued by a call of ours; 0 for never",
    schema: integer(0, 86_400, 45),
  },
  httpPort: {
    env: "HTTP_PORT",
    flag: "http-port",
    help: "port of the HTTP API and the page; 0 for any free one; none: not served",
    schema: optionalInteger(0, 65_535),
  },
  httpHost: {
    env: "HTTP_HOST",
    flag: "http-host",
    help: "address that they are served at",
    schema: z.string().default("127.0.0.1"),
  },
  corsOrigins: {
    env: "CORS_ORIGINS",
    flag: "cors-origins",
    help: "other origins whose pages may read the API, with commas; * for all",
    schema: list.refine((origins) => origins.every((origin) => origin === "*" || isOrigin(origin)), {
      message: "must be origins like https://example.org, or *",
    }),
  },
  rateLimit: {
    env: "RATE_LIMIT",
    flag: "rate-limit",
    help: "requests to the API that one address may make in a minute",
    schema: integer(1, 1_000_000, 2_400),
  },
  json: { env: "LOG_JSON", flag: "json", isSwitch: true, help: "one JSON object a line", schema: toggle },
  ...executionSettings,
  ...operationSettings,
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
export type SettingValues = { -readonly [K in SettingName]: z.output<(typeof settings)[K]["schema"]> };

/** An address in any letter case, as deployment files have it. */
export const address = z
  .string()
  .refine((text) => isAddress(text, { strict: false }), "must be an address")
  .transform((text) => text as `0x${string}`);
