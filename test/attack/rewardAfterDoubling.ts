/** A reward is in proportion to the notional at the mark, the fees of a pair of own accounts to the notional when it opened. */
import { expect } from "chai";
import { cross } from "../utils/orders.ts";
import { LIMITS } from "../utils/randomMarket.ts";
import { useVenue } from "../utils/useVenue.ts";
import { GAS, setTick, trader, USD } from "../utils/venue.ts";
import { wealthX16 } from "../utils/wealth.ts";

describe("Attack: rewards after the price has doubled", () => {
  const fees = { takerFeeRate: 450, makerFeeRate: 150, rewardRate: 300, maturity: 30, dailyCoverCap: 0n };
  const venue = useVenue({ traders: 8, deposit: 100_000n * USD, markets: [fees] });

  it("a pair at 1x that goes bankrupt at two and a half times the price pays more in fees than it gets", async () => {
    const v = venue();
    // somebody else's fees fill the reserve
    const crowd = { tick: 10_000, lots: 100_000, longLeverage: 1, shortLeverage: 1, shortExtra: 14_000n * USD };
    for (let i = 0; i < 4; i++) await cross(v, trader(v, 4), trader(v, 5), crowd);
    const [long, short] = [trader(v, 0), trader(v, 1)];
    const before = await wealthX16(v, [long, short]);
    // at 50x the long is the first of the queue; fees: 3.00
    await cross(v, long, short, { tick: 10_000, lots: 50_000, longLeverage: 50, shortLeverage: 1 });
    await v.connection.networkHelpers.time.increase(3_600);
    await setTick(v, 25_000);
    // reward: 3.75
    await long.exchange.autoDeleverage(1, [], { ...LIMITS, nominee: short.account }, GAS);
    expect((await wealthX16(v, [long, short])) <= before, "the pair is richer").equal(true);
  });
});
