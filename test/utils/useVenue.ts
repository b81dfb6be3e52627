import type { NetworkConnection } from "hardhat/types/network";
import { checkInvariants, type InvariantOptions } from "./invariants.ts";
import { createVenue, type Venue, type VenueOptions } from "./venue.ts";

type Snapshot = Awaited<ReturnType<NetworkConnection["networkHelpers"]["takeSnapshot"]>>;

export interface VenueSuite {
  (): Venue;
  /** Tokens that the running test sent to the vault past its books. */
  donated: bigint;
}

/**
 * One venue for a whole suite: each test begins at the state that `prepare` left, and ends with the invariant catalogue.
 * The books must hold after every test, whatever it did.
 */
export function useVenue(
  options: VenueOptions = {},
  prepare: (venue: Venue) => Promise<void> = async () => undefined,
  invariants: InvariantOptions | false = {},
): VenueSuite {
  let venue: Venue | undefined;
  let snapshot: Snapshot | undefined;
  let traders: Venue["traders"] = [];
  const current = () => {
    if (!venue) throw new Error("the venue is made before the first test");
    return venue;
  };
  const suite: VenueSuite = Object.assign(current, { donated: 0n });
  before(async () => {
    venue = await createVenue(options);
    await prepare(venue);
    traders = [...venue.traders];
    snapshot = await venue.connection.networkHelpers.takeSnapshot();
  });
  beforeEach(async () => {
    await snapshot?.restore();
    current().traders.splice(0, current().traders.length, ...traders);
    suite.donated = 0n;
  });
  afterEach(async function () {
    // a failed test says itself what is wrong
    if (invariants === false || this.currentTest?.state === "failed") return;
    await checkInvariants(current(), { ...invariants, donated: suite.donated });
  });
  return suite;
}
