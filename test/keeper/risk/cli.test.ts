import assert from "node:assert/strict";
import { test } from "node:test";
import { readRiskFlags } from "../../../keeper/cli/riskFlags.ts";
import { marketReport } from "../../../keeper/cli/riskReport.ts";
import { riskText } from "../../../keeper/cli/riskText.ts";
import { createRiskMarket } from "../../../keeper/core/risk/createRiskMarket.ts";
import { riskInputOf } from "../../../keeper/core/risk/riskInputOf.ts";
import { totalRisk } from "../../../keeper/core/risk/totalRisk.ts";
import { ConfigError } from "../../../keeper/errors.ts";
import { marketOf, PARAMETERS, PRICES, position } from "../helpers/market.ts";

test("default: no flags of its own, the settings' are left alone", () => {
  assert.deepEqual(readRiskFlags(["--json", "--rpc-url", "http://x"]), {
    market: undefined,
    shock: undefined,
    rest: ["--json", "--rpc-url", "http://x"],
  });
});

test("behavior: a market by name or number, a shock in percent, in either way of writing", () => {
  const { market, shock, rest } = readRiskFlags(["--market", "ETH", "--shock", "-20%", "--json"]);
  assert.deepEqual([market, shock, rest], ["ETH", -200_000n, ["--json"]]);
  assert.equal(readRiskFlags(["--shock=+7.5%"]).shock, 75_000n);
  assert.equal(readRiskFlags(["--shock", "0.0001%"]).shock, 1n);
  assert.equal(readRiskFlags(["--shock", "1000%"]).shock, 10_000_000n);
});

test("error: each names what is wrong in one line", () => {
  const cases: [string[], RegExp][] = [
    [["--shock"], /^--shock needs a value$/],
    [["--market="], /^--market needs a value$/],
    [["--shock", "-20"], /^--shock must be a percentage like -20% or 7.5%: -20$/],
    [["--shock", "down"], /percentage/],
    [["--shock", "1e3%"], /percentage/],
    [["--shock", "-100%"], /^--shock must lie above -100% and at most at 1000%: -100%$/],
    [["--shock", "1000.1%"], /at most at 1000%/],
    [["--market", "A", "--market", "B"], /^--market is given twice$/],
  ];
  for (const [args, expected] of cases) {
    assert.throws(
      () => readRiskFlags(args),
      (error) => error instanceof ConfigError && expected.test(error.message),
    );
  }
});

test("behavior: the text says where the line is and who stands near it", () => {
  // the long is bankrupt below 54,000, a tenth below the mark; the short has twice its notional
  const state = marketOf([position(1, 100n, 60_000_000n, 6_000_000n), position(2, -100n, 60_000_000n, 60_000_000n)]);
  const market = createRiskMarket(
    riskInputOf({
      parameters: PARAMETERS,
      state,
      prices: PRICES,
      taken: 0,
      depth: { bids: [{ tick: 5_990_000, lots: 50n }], asks: [] },
      fund: { claim: 101_000_000n, coverLeft: 500_000_000n },
      variance: 10n ** 14n / 3600n,
      now: 0n,
    }),
  );
  const total = totalRisk([market], { claim: 101_000_000n });
  const markets = [marketReport(market, -200_000n)];
  const text = riskText({ block: 7n, markets, unavailable: [], total }, () => PARAMETERS);
  assert.match(text, /^block 7\n\nBTC {2}60,000/);
  // solvent to 0.80 a lot below X: the book costs 5 and 15; the deficits alone use the 100 up at 1.00
  assert.match(text, /down +53,200 \(-11\.33 %, 11\.3σ\) +54,000 \(-10 %, 10\.0σ\) +55,384\.62 .* 53,000 .* never/);
  assert.match(text, /insurance 100 \/ 620 \(−20 %\) = 0\.16 \(weak\)/);
  assert.match(text, /-20 % to 48,000: deficits 600, exit 20, then 0 liquidations, 1 deleveraged/);
  assert.match(text, /profit +2 +0\.1 +700/);
});
