import type { SourceChoice } from "./deploySource.ts";
import type { MarketListing } from "./markets.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
/** Chainlink's own example waits an hour after a sequencer comes back (docs.chain.link, "L2 sequencer uptime feeds"). */
const DEFAULT_GRACE = 3_600;

/**
 * What the environment says of each market's price source: `SOURCE_<market>`, or `FEED_<market>` with `HEARTBEAT_<market>`, and
 * `SEQUENCER_FEED` with `SEQUENCER_GRACE` for all of them. Markets of which it says nothing are left out.
 */
export function readSources(
  environment: Environment,
  listings: readonly MarketListing[],
): Record<string, SourceChoice> {
  const sources: Record<string, SourceChoice> = {};
  const uptime = readAddress(environment, "SEQUENCER_FEED");
  const sequencer = uptime && { feed: uptime, grace: readSeconds(environment, "SEQUENCER_GRACE") ?? DEFAULT_GRACE };
  for (const { name, heartbeat } of listings) {
    const source = readAddress(environment, `SOURCE_${name}`);
    const feed = readAddress(environment, `FEED_${name}`);
    if (source && feed) throw new Error(`SOURCE_${name} and FEED_${name} are both set: a market has one price source`);
    if (source) sources[name] = { kind: "existing", source };
    if (feed) {
      sources[name] = {
        kind: "chainlink",
        feed,
        heartbeat: readSeconds(environment, `HEARTBEAT_${name}`) ?? heartbeat,
        ...(sequencer ? { sequencer } : {}),
      };
    }
  }
  return sources;
}

/** An address from the environment; undefined when the variable is not set. */
export function readAddress(environment: Environment, variable: string): string | undefined {
  const value = environment[variable];
  if (!value) return undefined;
  if (!ADDRESS.test(value)) throw new Error(`${variable} is not an address: ${value}`);
  return value;
}

function readSeconds(environment: Environment, variable: string): number | undefined {
  const value = environment[variable];
  if (!value) return undefined;
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`${variable} is not a number of seconds: ${value}`);
  return Number(value);
}
