/**
 * Moves a market's cumulative funding index by writing its storage word. Accrual is bounded by a cap a period; positions, index, gate and
 * waterfall must be right for any F all the same, so tests move it by hand. The slots follow ExchangeStorage.sol, and every write is read
 * back.
 */
import type { Venue } from "./venue.ts";

/** Exchange: slot 0 is AccessControl's; ExchangeState follows, `markets` is its sixth word. */
const MARKETS_SLOT = 6n;
/** Of the word that begins with fundingIndex, behind the four words of MarketConfig and the two of RiskConfig. */
const FUNDING_OFFSET = 6n;

/** @param funding F, X16, signed. */
export async function setFunding(venue: Venue, funding: bigint, market = 1): Promise<void> {
  const { ethers, networkHelpers } = venue.connection;
  const address = venue.deployed.exchangeAddress;
  const key = ethers.AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [market, MARKETS_SLOT]);
  const slot = BigInt(ethers.keccak256(key)) + FUNDING_OFFSET;
  const word = BigInt(await ethers.provider.getStorage(address, slot));
  const mask = (1n << 128n) - 1n;
  await networkHelpers.setStorageAt(address, slot, ethers.toBeHex((word & ~mask) | BigInt.asUintN(128, funding), 32));
  const { fundingIndex, taken } = await venue.exchange.marketAt(market);
  const intact = fundingIndex === funding && taken === ((word >> 128n) & 0xffff_ffffn);
  if (!intact) throw new Error("the storage layout has changed: see funding.ts");
}
