/**
 * What a mode does with plans: armed sends, shadow compares, observe nothing. Holds the key's and the journal's locks for as long as it lives.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Chain } from "./chain/connect.ts";
import type { Key } from "./config/readKey.ts";
import type { SettingValues } from "./config/settings.ts";
import type { MarketId } from "./core/types.ts";
import { acquireLock, type Lock } from "./db/acquireLock.ts";
import { createJournal, type Journal } from "./db/createJournal.ts";
import { openDatabase } from "./db/openDatabase.ts";
import { ConfigError } from "./errors.ts";
import { createExecutor, type Executor } from "./exec/createExecutor.ts";
import { createShadow, type Shadow } from "./exec/createShadow.ts";
import { createRelay } from "./exec/relay.ts";
import type { Log } from "./ops/events.ts";

export type Arms = {
  readonly executor?: Executor;
  readonly shadow?: Shadow;
  readonly journal?: Journal;
  readonly close: () => void;
};

export async function createWorker(
  chain: Chain,
  settings: SettingValues,
  key: Key | undefined,
  log: Log,
): Promise<Arms> {
  const markets = marketsOf(chain, settings.markets);
  if (settings.mode === "observe") return { close: () => undefined };
  if (settings.mode === "shadow")
    return {
      shadow: createShadow({ ...settings, chain, address: key?.account.address, log, markets }),
      close: () => undefined,
    };
  if (key === undefined) throw new ConfigError("KEEPER_PRIVATE_KEY must be set in mode armed");
  const { account } = key;
  const balance = await chain.client.getBalance({ address: account.address });
  if (balance === 0n) throw new ConfigError(`The keeper's account ${account.address} has no balance to pay gas with`);

  const locks: Lock[] = [];
  const release = () => {
    for (const lock of locks) lock.release();
  };
  try {
    const path = journalPath(settings, account.address);
    // without a journal that lasts, the chain does not last either: several of those use the same keys on one machine
    if (path !== ":memory:") {
      locks.push(acquireLock(keyLockPath(chain.chainId, account.address), `The key of ${account.address}`));
      locks.push(acquireLock(`${path}.lock`, `JOURNAL ${path}`));
    }
    const genesis = (await chain.client.getBlock({ blockNumber: 0n })).hash;
    const identity = {
      chain: String(chain.chainId),
      genesis,
      exchange: chain.deployment.exchange.toLowerCase(),
      key: account.address,
    };
    const journal = createJournal(openDatabase(path, identity));
    const relay = createRelay(settings.relayUrl, settings.relayBlocks);
    const executor = createExecutor({ ...settings, relay, chain, account, journal, log, markets });
    return {
      executor,
      journal,
      close: () => {
        journal.close();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

export function journalPath({ journal, chainId }: Pick<SettingValues, "journal" | "chainId">, address: string): string {
  return journal ?? join("journals", `${chainId}-${address.toLowerCase()}.sqlite`);
}

/** One a machine and user: keepers with different journals must not share a key either. */
function keyLockPath(chainId: number, address: string): string {
  return join(tmpdir(), `plimsoll-keeper-${chainId}-${address.toLowerCase()}.lock`);
}

/** Undefined for all. Throws ConfigError for a market that the deployment does not have. */
export function marketsOf(
  { deployment }: Pick<Chain, "deployment">,
  names: readonly string[],
): ReadonlySet<MarketId> | undefined {
  if (names.length === 0) return undefined;
  const ids = names.map((name) => {
    const found = deployment.markets.find(
      (market) => market.name.toLowerCase() === name.toLowerCase() || String(market.id) === name,
    );
    if (found === undefined) {
      const known = deployment.markets.map((market) => market.name).join(", ");
      throw new ConfigError(`MARKETS: there is no market ${name}; there are ${known}`);
    }
    return found.id;
  });
  return new Set(ids);
}
