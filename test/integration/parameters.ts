/** The hard bounds of every parameter: just inside it is accepted, just outside the error names it. */
import { expect } from "chai";
import { useVenue } from "../utils/useVenue.ts";
import { noLimits, parametersOf, setTick, USD } from "../utils/venue.ts";

type Values = Record<string, unknown>;
/** Parameter, what is accepted, what is not; other parameters change along where they must agree. */
type Row = [parameter: string, inside: Values[], outside: Values[]];

const ZERO = "0x0000000000000000000000000000000000000000";
/** New exposure needs at most 3 %. */
const SURCHARGED = { maxInitialRate: 20_000, cautiousFactor: 1_500_000 };
const FEES = { takerFeeRate: 450, makerFeeRate: 150 };

const market: Row[] = [
  ["source", [{}], [{ source: ZERO }]],
  ["maxAge", [{ maxAge: 1, tradeAge: 1 }, { maxAge: 65_535 }], [{ maxAge: 0, tradeAge: 0 }]],
  ["tradeAge", [{ tradeAge: 1 }, { maxAge: 60, tradeAge: 60 }], [{ tradeAge: 0 }, { maxAge: 60, tradeAge: 61 }]],
  // the price is 100,000 atoms a lot with 10,000 lots a unit; listing wants a hundred ticks, and the band's upper end to be a tick that may rest
  [
    "tickValue",
    [{ tickValue: 1 }, { tickValue: 1_000 }, { tickValue: 1, lotsPerUnit: 80, bandRate: 342_177 }],
    [{ tickValue: 0 }, { tickValue: 1_001 }, { tickValue: 1, lotsPerUnit: 80, bandRate: 342_178 }],
  ],
  ["maxSteps", [{ maxSteps: 33 }, { maxSteps: 64 }], [{ maxSteps: 32 }, { maxSteps: 65 }]],
  ["lotsPerUnit", [{ lotsPerUnit: 1, tickValue: 1_000 }], [{ lotsPerUnit: 0 }]],
  ["rankPolicy", [{ rankPolicy: 0 }, { rankPolicy: 1 }], []],
  [
    "initialRate",
    [{ initialRate: 5_000, maintenanceRate: 4_999, targetRate: 5_000 }, { initialRate: 1_000_000 }],
    [{ initialRate: 4_999, maintenanceRate: 4_998 }, { initialRate: 1_000_001 }],
  ],
  [
    "maintenanceRate",
    [{ maintenanceRate: 1 }, { maintenanceRate: 19_999 }],
    [{ maintenanceRate: 0 }, { maintenanceRate: 20_000 }],
  ],
  [
    "targetRate",
    [{ targetRate: 10_001 }, { targetRate: 1_000_000 }],
    [{ targetRate: 10_000 }, { targetRate: 1_000_001 }],
  ],
  [
    "slippageRate",
    [{ slippageRate: 1 }, { slippageRate: 200_000, bandRate: 200_000 }],
    [{ slippageRate: 0 }, { slippageRate: 200_001, bandRate: 200_001 }],
  ],
  ["bandRate", [{ bandRate: 5_000 }, { bandRate: 500_000 }], [{ bandRate: 4_999 }, { bandRate: 500_001 }]],
  ["takerFeeRate", [{ takerFeeRate: 0 }, { takerFeeRate: 10_000 }], [{ takerFeeRate: 10_001 }]],
  [
    "makerFeeRate",
    [
      { ...FEES, makerFeeRate: 450 },
      { ...FEES, makerFeeRate: -450 },
    ],
    [
      { ...FEES, makerFeeRate: 451 },
      { ...FEES, makerFeeRate: -451 },
    ],
  ],
  ["liquidationFeeRate", [{ liquidationFeeRate: 0 }, { liquidationFeeRate: 50_000 }], [{ liquidationFeeRate: 50_001 }]],
  [
    "minNotional",
    [{ minNotional: 1 }, { minNotional: 10_000n * USD }],
    [{ minNotional: 0 }, { minNotional: 10_000n * USD + 1n }],
  ],
  ["minMargin", [{ minMargin: 1 }, { minMargin: 1_000n * USD }], [{ minMargin: 0 }, { minMargin: 1_000n * USD + 1n }]],
  [
    "maxOpenInterest",
    [{ maxOpenInterest: 1 }, { maxOpenInterest: 2n ** 47n - 1n }],
    [{ maxOpenInterest: 0 }, { maxOpenInterest: 2n ** 47n }],
  ],
  [
    "insuranceShare",
    [{ insuranceShare: 1_000_000 }, { insuranceShare: 700_000, treasuryShare: 300_000 }],
    [{ insuranceShare: 1_000_001 }, { insuranceShare: 700_001, treasuryShare: 300_000 }],
  ],
  ["treasuryShare", [{ insuranceShare: 0, treasuryShare: 300_000 }], [{ insuranceShare: 0, treasuryShare: 300_001 }]],
  ["rewardRate", [{ ...FEES, rewardRate: 300 }], [{ ...FEES, rewardRate: 301 }]],
  ["dailyCoverCap", [{ dailyCoverCap: 0 }, { dailyCoverCap: 2n ** 96n - 1n }], []],
  ["maturity", [{ maturity: 0 }, { maturity: 86_400 }], [{ maturity: 86_401 }]],
  [
    "fundingCap",
    [{ fundingCap: 0 }, { fundingCap: 20_000, impactNotional: 1 }],
    [{ fundingCap: 20_001, impactNotional: 1 }],
  ],
  [
    "impactNotional",
    [
      { fundingCap: 1, impactNotional: 1 },
      { fundingCap: 1, impactNotional: 10n ** 15n },
    ],
    [{ fundingCap: 1, impactNotional: 0 }, { impactNotional: 10n ** 15n + 1n }],
  ],
];

const risk: Row[] = [
  // with the hysteresis, no more than the highest initial rate that new exposure can be asked for
  [
    "cautiousRatio",
    [{ cautiousRatio: 0 }, { cautiousRatio: 1_000_000 }, { ...SURCHARGED, cautiousRatio: 25_000, hysteresis: 5_000 }],
    [
      { cautiousRatio: 1_000_001 },
      { cautiousRatio: 999_999, hysteresis: 2 },
      { ...SURCHARGED, cautiousRatio: 25_001, hysteresis: 5_000 },
    ],
  ],
  [
    "reduceOnlyRatio",
    [{ cautiousRatio: 15_000, reduceOnlyRatio: 15_000 }],
    [{ cautiousRatio: 15_000, reduceOnlyRatio: 15_001 }],
  ],
  [
    "hysteresis",
    [
      { hysteresis: 100_000 },
      { cautiousRatio: 100_000, hysteresis: 100_000 },
      { cautiousRatio: 15_000, reduceOnlyRatio: 8_000, hysteresis: 8_000 },
    ],
    [
      { cautiousRatio: 200_000, hysteresis: 100_001 },
      { cautiousRatio: 15_000, hysteresis: 15_001 },
      { cautiousRatio: 15_000, reduceOnlyRatio: 8_000, hysteresis: 8_001 },
    ],
  ],
  [
    "jumpRate",
    [{ jumpRate: 0 }, { jumpRate: 1_000 }, { jumpRate: 1_000_000 }],
    [{ jumpRate: 1 }, { jumpRate: 999 }, { jumpRate: 1_000_001 }],
  ],
  ["calmPeriod", [{ calmPeriod: 86_400 }], [{ calmPeriod: 86_401 }]],
  [
    "cautiousFactor",
    [{ cautiousFactor: 1_000_000 }, { cautiousFactor: 10_000_000 }],
    [{ cautiousFactor: 999_999 }, { cautiousFactor: 10_000_001 }],
  ],
  [
    "volatilityPeriod",
    [{ volatilityPeriod: 60 }, { volatilityPeriod: 604_800 }],
    [{ volatilityPeriod: 59 }, { volatilityPeriod: 604_801 }],
  ],
  ["volatilityFactor", [{ volatilityFactor: 200 }], [{ volatilityFactor: 201 }]],
  [
    "maxInitialRate",
    [{ maxInitialRate: 20_000 }, { maxInitialRate: 1_000_000 }],
    [{ maxInitialRate: 19_999 }, { maxInitialRate: 1_000_001 }],
  ],
  ["growthLots", [{ growthLots: 1 }], [{ growthLots: 0 }]],
  ["growthPeriod", [{ growthPeriod: 1 }], [{ growthPeriod: 0 }]],
  ["largeNotional", [{ largeNotional: 10n * USD }], [{ largeNotional: 10n * USD - 1n }]],
  ["stepRate", [{ stepRate: 50_000 }, { stepRate: 1_000_000 }], [{ stepRate: 49_999 }, { stepRate: 1_000_001 }]],
  ["stepCooldown", [{ stepCooldown: 600 }], [{ stepCooldown: 601 }]],
  [
    "preventivePeriod",
    [{ preventivePeriod: 10 }, { preventivePeriod: 86_400 }],
    [{ preventivePeriod: 9 }, { preventivePeriod: 86_401 }],
  ],
];

/** The first tier: 2 % initial, 1 % maintenance, target 2 %. */
const TIER = { from: 1_000_000n * USD, initialRate: 40_000, maintenanceRate: 20_000, targetRate: 30_000 };
const count = (n: number) => Array.from({ length: n }, (_, i) => ({ ...TIER, from: TIER.from + BigInt(i) }));

type TierRow = [parameter: string, inside: Values[][], outside: Values[][]];
const tiers: TierRow[] = [
  ["tier.from", [[{ ...TIER, from: 1 }], count(2)], [[{ ...TIER, from: 0 }], [TIER, TIER]]],
  [
    "tier.initialRate",
    [[{ ...TIER, initialRate: 20_001 }], [{ ...TIER, initialRate: 1_000_000 }]],
    [
      [{ ...TIER, initialRate: 19_999 }],
      [{ ...TIER, initialRate: 1_000_001 }],
      [TIER, { ...TIER, from: 2n ** 55n, initialRate: 39_999 }],
    ],
  ],
  [
    "tier.maintenanceRate",
    [[{ ...TIER, maintenanceRate: 10_000 }], [{ ...TIER, maintenanceRate: 39_999, targetRate: 40_000 }]],
    [[{ ...TIER, maintenanceRate: 9_999 }], [{ ...TIER, maintenanceRate: 40_000, targetRate: 50_000 }]],
  ],
  [
    "tier.targetRate",
    [[{ ...TIER, targetRate: 20_001 }], [{ ...TIER, targetRate: 1_000_000 }]],
    [
      [{ ...TIER, targetRate: 20_000 }],
      [{ ...TIER, maintenanceRate: 10_000, targetRate: 19_999 }],
      [{ ...TIER, targetRate: 1_000_001 }],
    ],
  ],
  ["extraTiers", [[], count(7)], [count(8)]],
];

describe("Bounds of the parameters", () => {
  const venue = useVenue({ traders: 1 }, async (v) => {
    const [administrator] = await v.connection.ethers.getSigners();
    if (!administrator) throw new Error("no administrator");
    await v.deployed.collateral.mint(administrator.address, 100n * USD);
    await v.deployed.collateral.approve(v.deployed.exchangeAddress, 100n * USD);
  });

  /** Listing and updating judge alike; nothing is left behind. */
  async function both(config: Values, riskValues: Values, list: Values[]) {
    const v = venue();
    await setTick(v, 10_000);
    const { risk: _, tiers: __, ...rest } = parametersOf(v);
    const source = v.deployed.markets[0]?.source ?? ZERO;
    const full = { ...rest, source, extraTiers: list.length, ...config };
    const args = [full, { ...noLimits, ...riskValues }, list] as unknown as Parameters<typeof v.exchange.listMarket>;
    return [
      () => v.exchange.listMarket.staticCall(...args),
      () => v.exchange.updateMarket.staticCall(1, ...(args as [never, never, never])),
    ];
  }

  /** Tick value and lot size are fixed once a market is listed. */
  const FIXED = new Set(["tickValue", "lotsPerUnit"]);

  async function accepted(parameter: string, config: Values, riskValues: Values = {}, list: Values[] = []) {
    const [listed, updated] = await both(config, riskValues, list);
    await listed?.();
    if (!FIXED.has(parameter)) await updated?.();
  }

  async function refused(parameter: string, config: Values, riskValues: Values = {}, list: Values[] = []) {
    for (const call of await both(config, riskValues, list)) {
      await expect(call()).to.be.revertedWithCustomError(venue().exchange, "InvalidMarketConfig").withArgs(parameter);
    }
  }

  for (const [parameter, inside, outside] of market) {
    it(`market: ${parameter}`, async () => {
      for (const values of inside) await accepted(parameter, values);
      for (const values of outside) await refused(parameter, values);
    });
  }

  for (const [parameter, inside, outside] of risk) {
    it(`risk: ${parameter}`, async () => {
      for (const values of inside) await accepted(parameter, {}, values);
      for (const values of outside) await refused(parameter, {}, values);
    });
  }

  for (const [parameter, inside, outside] of tiers) {
    it(parameter, async () => {
      for (const list of inside) {
        const [listed] = await both({}, {}, list);
        await listed?.();
      }
      for (const list of outside) await refused(parameter, {}, {}, list);
    });
  }

  it("extraTiers must count the tiers", async () => {
    await refused("extraTiers", { extraTiers: 1 });
    await refused("extraTiers", { extraTiers: 0 }, {}, count(1));
  });

  it("every field of the three structures has a row", () => {
    const rows = new Set([...market, ...risk].map(([parameter]) => parameter));
    const { risk: _, tiers: __, ...config } = parametersOf(venue());
    for (const field of [...Object.keys(config), "source", ...Object.keys(noLimits)]) {
      expect(rows.has(field), field).equal(true);
    }
    const tierRows = new Set(tiers.map(([parameter]) => parameter));
    for (const field of Object.keys(TIER)) expect(tierRows.has(`tier.${field}`), field).equal(true);
  });
});
