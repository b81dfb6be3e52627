/**
 * Types of the keeper's model of the exchange. Owns no behaviour.
 *
 * Every amount of the chain is a bigint: quote atoms, lots, or X16 (quote atoms per lot × 2^16). Account ids (uint32), ticks, grid
 * coordinates (12 and 13 bits) and cells (25 bits) are numbers: they name things, and they are map keys.
 */

export type AccountId = number;
export type MarketId = number;

/** A position as the contract stores it: funding since `fundingIndex` is not settled. */
export type Position = {
  readonly account: AccountId;
  /** Signed: positive for a long. Never zero. */
  readonly lots: bigint;
  /** Quote atoms paid (long) or received (short) for the open lots. Unsigned. */
  readonly cost: bigint;
  /** Quote atoms; negative when funding ate it while equity is still positive. */
  readonly margin: bigint;
  /** X16. */
  readonly fundingIndex: bigint;
};

/** A place in the grid, smaller is better ranked in each coordinate (Grid.sol). */
export type IndexKey = {
  readonly isLong: boolean;
  readonly u: number;
  readonly v: number;
  /** (u << 13) | v */
  readonly cell: number;
};

/** A position with its place in the index. `joined` orders the members of a cell: first in is first taken. */
export type Entry = Position & IndexKey & { readonly joined: number };

/** What an event says of a position that it changes: the whole state afterwards, zero lots when it was closed. */
export type PositionChange = Position;

/** The price that the contract would use, and the market's cumulative funding. X16. */
export type Prices = {
  /** P */
  readonly price: bigint;
  /** F */
  readonly funding: bigint;
};

/** A margin tier above the first: its rates hold for the slice of notional from `from` on, up to the next tier's. Rates in pips. */
export type Tier = {
  /** Quote atoms. */
  readonly from: bigint;
  readonly initialRate: bigint;
  readonly maintenanceRate: bigint;
  readonly targetRate: bigint;
};

/** Whom auto-deleveraging takes first, and how much of a position (RankPolicy in MarketConfig.sol). */
export type RankPolicy = "pnlLeverage" | "leverageWaterfill";

/** The part of MarketConfig and RiskConfig that decisions need. Rates in pips (1e-6). */
export type MarketParameters = {
  readonly id: MarketId;
  readonly name: string;
  /** Grid base exponent. */
  readonly base: number;
  readonly lotsPerUnit: bigint;
  /** Quote atoms of one lot at one tick. */
  readonly tickValue: bigint;
  readonly initialRate: bigint;
  readonly maintenanceRate: bigint;
  readonly targetRate: bigint;
  readonly slippageRate: bigint;
  /** How far from the mark anything may fill. */
  readonly bandRate: bigint;
  readonly liquidationFeeRate: bigint;
  /** Quote atoms; a smaller remainder is closed, too. */
  readonly minNotional: bigint;
  /** Quote atoms; equity that a position which grew or was topped up must have. */
  readonly minMargin: bigint;
  readonly maxSteps: number;
  readonly rankPolicy: RankPolicy;
  /** Most that funding moves in eight hours, as a share of the price; 0 for no funding. */
  readonly fundingCap: bigint;
  /** Margin tiers above the first, ascending. */
  readonly tiers: readonly Tier[];
  /** Quote atoms; a solvent position above it is liquidated in steps … */
  readonly largeNotional: bigint;
  /** … of this share of it … */
  readonly stepRate: bigint;
  /** … with so many seconds between two. */
  readonly stepCooldown: bigint;
};
