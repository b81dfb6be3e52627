/** Who administers a deployment, from the environment. Wrong values are refused before anything is deployed. */
export interface Governance {
  /** Schedules and cancels changes at the timelock; a multi-signature wallet in production. */
  proposer: string;
  /** Seconds between scheduling a change and its earliest execution. */
  delay: number;
  /** May raise circuit breaker levels at once; none when it is missing. */
  guardian?: string;
}

/** The bounds of contracts/governance/Timelock.sol. */
export const MIN_DELAY = 4 * 86_400;
export const MAX_DELAY = 30 * 86_400;

const LOCAL_CHAIN = 31337;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

type Environment = Record<string, string | undefined>;

/**
 * GOVERNOR, TIMELOCK_DELAY and GUARDIAN. Undefined on the local chain when no GOVERNOR is set: there the deployer stays the administrator.
 */
export function readGovernance(env: Environment, chainId: number): Governance | undefined {
  const proposer = address(env, "GOVERNOR");
  const guardian = address(env, "GUARDIAN");
  if (!proposer) {
    if (chainId !== LOCAL_CHAIN) {
      throw new Error(
        `GOVERNOR is not set: on chain ${chainId} a timelock administers, and somebody must be able to schedule`,
      );
    }
    if (guardian) throw new Error("GUARDIAN needs GOVERNOR: without it the deployer stays the administrator");
    return undefined;
  }
  const text = env["TIMELOCK_DELAY"] || String(MIN_DELAY);
  const delay = Number(text);
  if (!Number.isInteger(delay) || delay < MIN_DELAY || delay > MAX_DELAY) {
    throw new Error(`TIMELOCK_DELAY is ${text}, but must be ${MIN_DELAY} to ${MAX_DELAY} seconds`);
  }
  return { proposer, delay, ...(guardian ? { guardian } : {}) };
}

function address(env: Environment, variable: string): string | undefined {
  const value = env[variable];
  if (!value) return undefined;
  if (!ADDRESS.test(value)) throw new Error(`${variable} is not an address: ${value}`);
  return value;
}
