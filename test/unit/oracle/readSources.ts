/** Which price source a deployment gives each market. */
import { expect } from "chai";
import { MARKETS } from "../../../scripts/lib/markets.ts";
import { readSources } from "../../../scripts/lib/readSources.ts";

const [A, B, C] = [`0x${"a".repeat(40)}`, `0x${"b".repeat(40)}`, `0x${"c".repeat(40)}`];
const read = (environment: Record<string, string>) => readSources(environment, MARKETS);

describe("readSources", () => {
  it("default: markets of which the environment says nothing are left out", () => {
    expect(read({})).deep.equal({});
    expect(read({ FEED_BTC: "" })).deep.equal({});
    expect(read({ FEED_ETH: A })).deep.equal({ ETH: { kind: "chainlink", feed: A, heartbeat: 3_600 } });
  });

  it("behavior: heartbeat a market, sequencer for all, sources that exist", () => {
    expect(read({ FEED_BTC: A, HEARTBEAT_BTC: "86400", SEQUENCER_FEED: B, SOURCE_ETH: C })).deep.equal({
      BTC: { kind: "chainlink", feed: A, heartbeat: 86_400, sequencer: { feed: B, grace: 3_600 } },
      ETH: { kind: "existing", source: C },
    });
    expect(read({ FEED_BTC: A, SEQUENCER_FEED: B, SEQUENCER_GRACE: "600" })["BTC"]).deep.equal({
      kind: "chainlink",
      feed: A,
      heartbeat: 3_600,
      sequencer: { feed: B, grace: 600 },
    });
  });

  it("error: names the variable", () => {
    expect(() => read({ FEED_BTC: "0x12" })).throw("FEED_BTC is not an address: 0x12");
    expect(() => read({ SEQUENCER_FEED: "none" })).throw("SEQUENCER_FEED is not an address: none");
    expect(() => read({ FEED_ETH: A, HEARTBEAT_ETH: "1h" })).throw("HEARTBEAT_ETH is not a number of seconds: 1h");
    expect(() => read({ FEED_ETH: A, HEARTBEAT_ETH: "0" })).throw("HEARTBEAT_ETH is not a number of seconds: 0");
    expect(() => read({ FEED_BTC: A, SOURCE_BTC: B })).throw("SOURCE_BTC and FEED_BTC are both set");
  });
});
