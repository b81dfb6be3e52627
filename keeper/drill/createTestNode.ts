/**
 * What a node for development can do with its chain: Hardhat's, anvil, and whatever speaks like them. Nothing here exists on a real chain.
 */
import { type Address, HttpRequestError, type Hex, BaseError, type PublicClient, RpcRequestError, toHex } from "viem";
import { describeError } from "../chain/describeError.ts";
import { ConfigError, KeeperError } from "../errors.ts";

export type TestNode = {
  /** Throws ConfigError on a node that cannot take one. */
  readonly snapshot: () => Promise<Hex>;
  /** Puts the chain back and uses the snapshot up. Throws KeeperError when it cannot. */
  readonly revert: (snapshot: Hex) => Promise<void>;
  readonly setCode: (address: Address, code: Hex) => Promise<void>;
  readonly setBalance: (address: Address, wei: bigint) => Promise<void>;
  /** Whether transactions are mined as they come. */
  readonly automine: () => Promise<boolean>;
  readonly setAutomine: (on: boolean) => Promise<void>;
  /** One block at this second, with whatever waits in the mempool. */
  readonly mine: (timestamp: bigint) => Promise<void>;
};

/** A request that fails on its way may have been carried out all the same; nothing is worse than a chain that is not put back. */
const REVERT_ATTEMPTS = 3;

export function createTestNode(client: PublicClient): TestNode {
  const ask = (method: string, params: readonly unknown[] = []): Promise<unknown> =>
    client.request({ method, params } as never) as Promise<unknown>;

  /** By whichever of its names the node knows. */
  async function call(names: readonly string[], params: readonly unknown[]): Promise<unknown> {
    let refused: unknown;
    for (const name of names) {
      try {
        return await ask(name, params);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        refused = error;
      }
    }
    throw new ConfigError(`drill: the node at RPC_URL does not support ${names[0]}`, {
      details: describeError(refused),
      cause: refused,
    });
  }

  return {
    snapshot: async () => {
      const id = await ask("evm_snapshot").catch((cause: unknown) => {
        if (!isRefusal(cause)) throw cause;
        throw new ConfigError(
          "drill needs a node that can take its chain back (evm_snapshot: Hardhat's node, anvil); the one at RPC_URL cannot",
          { details: describeError(cause), cause },
        );
      });
      return id as Hex;
    },
    revert: async (snapshot) => {
      for (let attempt = 1; ; attempt++) {
        const end = await ask("evm_revert", [snapshot]).catch((error: unknown) => error);
        // a snapshot is used once: unknown after an answer was lost, it was used by that request
        if (end === true || (end === false && attempt > 1)) return;
        if (attempt < REVERT_ATTEMPTS && end instanceof Error && !isRefusal(end)) continue;
        throw new KeeperError(`The chain could not be put back: send evm_revert ${snapshot} yourself`, {
          details: end instanceof Error ? describeError(end) : `the node answered ${String(end)}`,
        });
      }
    },
    setCode: async (address, code) => void (await call(["hardhat_setCode", "anvil_setCode"], [address, code])),
    setBalance: async (address, wei) =>
      void (await call(["hardhat_setBalance", "anvil_setBalance"], [address, toHex(wei)])),
    automine: async () => (await call(["hardhat_getAutomine", "anvil_getAutomine"], [])) === true,
    setAutomine: async (on) => void (await call(["evm_setAutomine", "anvil_setAutoMine"], [on])),
    mine: async (timestamp) => {
      await call(["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"], [toHex(timestamp)]);
      await call(["evm_mine", "anvil_mine"], []);
    },
  };
}

/** The node, or a gateway in front of it, says no; it is not that nothing was heard. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  if (error.walk((e) => e instanceof RpcRequestError) !== null) return true;
  const http = error.walk((e) => e instanceof HttpRequestError);
  return http instanceof HttpRequestError && [400, 401, 403, 404, 405].includes(http.status ?? 0);
}
