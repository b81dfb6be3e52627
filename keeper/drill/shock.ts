/**
 * What the drill does to prices, in the contract's numbers.
 */
import type { Address } from "viem";
import type { PriceReading } from "../core/marketView.ts";
import { PIPS } from "../core/position.ts";
import type { MarketId, MarketParameters } from "../core/types.ts";
import { ConfigError } from "../errors.ts";
import type { Market } from "../state/world.ts";
import { priceOfBankruptcies } from "./priceOfBankruptcies.ts";

/** As it was asked for. Without a market: of every market. */
export type Shock =
  /** Pips, signed. */
  | { readonly market: string | undefined; readonly move: bigint }
  /** Quote units per unit of the base asset × 1e18. */
  | { readonly market: string; readonly price: bigint };

export type MarketShock = {
  readonly market: MarketId;
  readonly parameters: MarketParameters;
  readonly source: Address;
  /** X16; undefined when the contract had no usable price. */
  readonly before: bigint | undefined;
  /** X16, as the contract will have it. */
  readonly after: bigint;
  /** What the source is to answer: quote units per unit of the base asset × 1e18. */
  readonly answer: bigint;
};

export type ShockedMarket = Market & { readonly prices: PriceReading };

/** Atoms per quote unit and Mark.sol's factor: P = answer·2^16 / (1e12 · lotsPerUnit). */
const SOURCE_PER_QUOTE = 10n ** 12n;

/** Of the markets that have positions. Throws ConfigError for a market that is not listed, or has no price to start from. */
export function planShocks(
  markets: readonly ShockedMarket[],
  shocks: readonly Shock[],
  bankrupt: number,
): readonly MarketShock[] {
  for (const { market } of shocks) if (market !== undefined) find(markets, market);
  const planned = markets.flatMap((market) => {
    const given = shocks.filter((shock) => shock.market !== undefined && isNamed(market, shock.market));
    const general = shocks.filter((shock) => shock.market === undefined);
    if (given.length > 1 || general.length > 1) throw new ConfigError("--shock is given twice for one market");
    const shock = given[0] ?? general[0];
    if (shock !== undefined) return [shockOf(market, shock)];
    if (shocks.length > 0 || market.state.positions.size === 0) return [];
    const prices = priceOf(market);
    const target = priceOfBankruptcies(market.state, prices, bankrupt);
    return target === undefined ? [] : [toPrice(market, prices.price, target)];
  });
  if (planned.length === 0) throw new ConfigError("No market has a position that a move of the price makes bankrupt");
  checkSources(planned);
  return planned;
}

function shockOf(market: ShockedMarket, shock: Shock): MarketShock {
  if ("price" in shock) {
    const { parameters, source, prices } = market;
    const after = (shock.price << 16n) / (SOURCE_PER_QUOTE * parameters.lotsPerUnit);
    const before = prices.ok ? prices.price : undefined;
    return { market: parameters.id, parameters, source, before, after, answer: shock.price };
  }
  const { price } = priceOf(market);
  return toPrice(market, price, (price * (PIPS + shock.move)) / PIPS);
}

function priceOf({ prices, parameters }: ShockedMarket) {
  if (prices.ok) return prices;
  throw new ConfigError(
    `${parameters.name} has no usable price to start from (${prices.reason}): name one, --shock ${parameters.name}=PRICE`,
  );
}

function toPrice({ parameters, source }: ShockedMarket, before: bigint, after: bigint): MarketShock {
  const scale = SOURCE_PER_QUOTE * parameters.lotsPerUnit;
  // rounded up, so that the contract, which rounds down, arrives at exactly this price
  const answer = (after * scale + 0xffffn) >> 16n;
  return { market: parameters.id, parameters, source, before, after, answer };
}

/** Two markets may share a source, and it has one answer. */
function checkSources(planned: readonly MarketShock[]): void {
  const answers = new Map<string, MarketShock>();
  for (const shock of planned) {
    const key = shock.source.toLowerCase();
    const other = answers.get(key);
    if (other !== undefined && other.answer !== shock.answer) {
      const names = `${other.parameters.name} and ${shock.parameters.name}`;
      throw new ConfigError(`${names} have one price source, and cannot be shocked differently`);
    }
    answers.set(key, shock);
  }
}

function find(markets: readonly ShockedMarket[], name: string): void {
  if (markets.some((market) => isNamed(market, name))) return;
  const listed = markets.map(({ parameters }) => parameters.name).join(", ");
  throw new ConfigError(`--shock: there is no market ${name}; there are ${listed || "none"}`);
}

function isNamed({ parameters }: ShockedMarket, name: string): boolean {
  return parameters.name.toLowerCase() === name.toLowerCase() || String(parameters.id) === name;
}
