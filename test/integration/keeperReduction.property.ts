/**
 * The keeper's plan against the contract in markets with tiers, funding that accrues, and steps: whom it liquidates, how much it expects, which
 * funding index it judges by, whom it tops up and by how much, and what a preventive call closes.
 */
import { expect } from "chai";
import { closeSize, stepOf } from "../../keeper/core/closeSize.ts";
import { abs } from "../../keeper/core/integers.ts";
import { marginHealth } from "../../keeper/core/marginHealth.ts";
import type { Step } from "../../keeper/core/marketState.ts";
import type { MarketView } from "../../keeper/core/marketView.ts";
import type { Plan } from "../../keeper/core/plan.ts";
import { planMarket } from "../../keeper/core/planMarket.ts";
import { maintenanceX16Pips } from "../../keeper/core/requirements.ts";
import { checkInvariants } from "../utils/invariants.ts";
import { keeperView } from "../utils/keeperView.ts";
import { place } from "../utils/orders.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { attempt, resolveAll } from "../utils/randomMarket.ts";
import { followIndex } from "../utils/state.ts";
import { createVenue, eventsOf, GAS, named, noLimits, setTick, USD, type Venue } from "../utils/venue.ts";

const ROUNDS = Number(process.env["PLIMSOLL_RUNS"] ?? 6);

/** Tiers that ordinary positions reach, steps for ordinary positions, funding, and a threshold that is easily undershot. */
const TIERED = {
  tiers: [
    { from: 300n * USD, initialRate: 40_000, maintenanceRate: 20_000, targetRate: 30_000 },
    { from: 1_000n * USD, initialRate: 60_000, maintenanceRate: 30_000, targetRate: 50_000 },
  ],
  fundingCap: 20_000,
  impactNotional: 10n * USD,
  risk: {
    ...noLimits,
    cautiousRatio: 200_000,
    reduceOnlyRatio: 200_000,
    largeNotional: 600n * USD,
    stepRate: 250_000,
    stepCooldown: 60,
    preventivePeriod: 86_400,
  },
};
/** As TIERED until the breaker is switched on: while a market is reduce-only nothing can be opened. */
const CALM = { ...TIERED, risk: { ...TIERED.risk, cautiousRatio: 0, reduceOnlyRatio: 0 } };

const MARK = 10_000;

type Seen = Record<
  "liquidated" | "exact" | "stepped" | "refused" | "toppedUp" | "preventive" | "accrued" | "tiered",
  number
>;

describe("Keeper's plan = the contract's choice, with tiers, funding, steps, top-ups and preventive closes", () => {
  it(`${ROUNDS} random markets`, async () => {
    const venue = await createVenue({ traders: 14, deposit: 100_000n * USD, markets: [CALM] });
    const random = createRandom(83);
    const seen: Seen = {
      liquidated: 0,
      exact: 0,
      stepped: 0,
      refused: 0,
      toppedUp: 0,
      preventive: 0,
      accrued: 0,
      tiered: 0,
    };
    const fresh = await venue.connection.networkHelpers.takeSnapshot();
    for (let round = 0; round < ROUNDS; round++) {
      await openSome(venue, random);
      await orderTopUps(venue, random);
      const moved = Math.round(MARK * (1 + (random.chance(0.5) ? 1 : -1) * (0.012 + 0.02 * random.unit())));
      if (round % 2 === 0) await fillBook(venue, random, moved);
      await setTick(venue, moved);
      await resolveAll(venue);
      if (round % 3 !== 0) await openForPreventive(venue);
      await venue.connection.networkHelpers.time.increase(random.int(1, 3_000));
      await followPlans(venue, seen);
      await checkInvariants(venue, { quick: true });
      await fresh.restore();
    }
    for (const [what, count] of Object.entries(seen)) expect(count, what).greaterThan(0);
  });
});

/** Some leave orders, with triggers between a tenth of a percent and the initial rate. */
async function orderTopUps(venue: Venue, random: Random): Promise<void> {
  for (const t of venue.traders) {
    if (!random.chance(0.4)) continue;
    await t.exchange.setTopUp(1, random.int(1_000, 20_000), BigInt(random.int(1, 60)) * USD, GAS);
  }
}

/** Everybody opens at high leverage against the first trader, who holds plenty of margin. */
async function openSome(venue: Venue, random: Random): Promise<void> {
  const [dealer, ...others] = venue.traders;
  if (dealer === undefined) throw new Error("no dealer");
  for (const t of others) {
    const [isBid, lots] = [random.chance(0.5), random.int(200, 12_000)];
    await attempt(() => place(venue, dealer, { isBid: !isBid, tick: MARK, lots, leverage: 1 }));
    await attempt(() => place(venue, t, { isBid, tick: MARK, lots, leverage: random.int(30, 50), ioc: true }));
    await dealer.exchange.cancelAll(1, GAS);
  }
}

/** Orders that do not meet each other, and reach the limits of liquidations at the mark that is to come. */
async function fillBook(venue: Venue, random: Random, mark: number): Promise<void> {
  for (let i = 0; i < 8; i++) {
    const isBid = mark < MARK;
    const tick = Math.round(mark * (1 + (isBid ? -1 : 1) * 0.006 * random.unit()));
    const order = { isBid, tick, lots: random.int(100, 1_500), leverage: 5 };
    await attempt(() => place(venue, random.pick(venue.traders), order));
  }
  // one that the mark leaves behind: without a premium there is no funding
  const left = Math.round(mark * (mark < MARK ? 1.001 : 0.999));
  await attempt(() =>
    place(venue, random.pick(venue.traders), { isBid: mark < MARK, tick: left, lots: 1_000, leverage: 5 }),
  );
}

async function openForPreventive(venue: Venue): Promise<void> {
  const [market] = venue.deployed.markets;
  if (market === undefined) throw new Error("no market");
  const { risk, tiers, ...config } = market.parameters;
  const open = { ...risk, cautiousRatio: TIERED.risk.cautiousRatio, reduceOnlyRatio: TIERED.risk.reduceOnlyRatio };
  await venue.exchange.updateMarket(1, { source: market.source, extraTiers: tiers.length, ...config }, open, [
    ...tiers,
  ]);
}

/** Sends what the keeper plans until it plans nothing. Before each call, every position is compared with the contract. */
async function followPlans(venue: Venue, seen: Seen): Promise<void> {
  const shadow = followIndex(venue);
  const steps = new Map<number, Step>();
  const [caller] = venue.traders;
  if (caller === undefined) throw new Error("no caller");
  for (let calls = 0; calls < 80; calls++) {
    const bare = await keeperView(venue, shadow);
    for (const [account, step] of steps) bare.state.steps.set(account, step);
    const free = new Map<number, bigint>();
    for (const { account } of venue.traders) {
      const order = await venue.exchange.topUpAt(1, account);
      bare.state.topUps.set(account, { triggerRate: order.triggerRate, remaining: order.remaining });
      free.set(account, (await venue.exchange.accountAt(account)).free);
    }
    const view: MarketView = { ...bare, free };
    const { plans } = planMarket(view, { caller: caller.account, maxCounterparties: 3 });
    if (calls === 0) await compareAll(venue, view, plans, seen);
    const [plan] = plans;
    if (plan === undefined || plan.kind === "poke" || plan.kind === "settle") return;
    await carryOut(venue, view, plan, seen, steps);
  }
  throw new Error("the keeper does not come to an end");
}

/** What the contract says to a call, as it would be mined now. */
async function answer(venue: Venue, call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "ok",
    (e: unknown) => venue.exchange.interface.parseError((e as { data: string }).data)?.name ?? String(e),
  );
}

async function compareAll(venue: Venue, view: MarketView, plans: readonly Plan[], seen: Seen): Promise<void> {
  const { prices, parameters } = view;
  if (!prices.ok || plans.some(({ kind }) => kind === "deleverage")) return;
  if (prices.funding !== prices.accrued) seen.accrued++;
  const [, health] = await venue.lens.health(1, 0, 1_000);
  for (const entry of view.state.positions.values()) {
    const lens = health.find(({ account }) => Number(account) === entry.account);
    const lots = abs(entry.lots);
    expect(lens?.maintenanceMargin, "maintenance margin over the tiers").equal(
      (maintenanceX16Pips(parameters, lots, prices.price) + (1_000_000n << 16n) - 1n) / (1_000_000n << 16n),
    );
    const { status } = marginHealth(entry, prices, parameters);
    if (lots * prices.price > (300n * USD) << 16n && status === "liquidatable") seen.tiered++;
    const planned = plans.some((plan) => plan.kind === "liquidate" && plan.account === entry.account);
    const said = await answer(venue, venue.exchange.liquidate.staticCall(1, entry.account, 64, GAS));
    if (status === "healthy") expect(said, `account ${entry.account}`).equal("NotLiquidatable");
    else if (status === "bankrupt") expect(said, `account ${entry.account}`).equal("PositionBankrupt");
    else if (planned) expect(said, `account ${entry.account}`).equal("ok");
    else if (!plans.some((plan) => plan.kind === "topUp" && plan.account === entry.account)) {
      expect(["BookCannotAbsorb", "LiquidationCoolingDown"], `account ${entry.account}`).to.include(said);
      seen.refused++;
    }
    const order = view.state.topUps.get(entry.account);
    if (order === undefined) continue;
    const toppable = plans.some((plan) => plan.kind === "topUp" && plan.account === entry.account);
    const reply = await answer(venue, venue.exchange.topUp.staticCall(1, entry.account, GAS));
    expect(reply === "ok" || entry.account === venue.traders[0]?.account, `${entry.account}: ${reply}`).equal(
      toppable || entry.account === venue.traders[0]?.account,
    );
  }
}

async function carryOut(
  venue: Venue,
  view: MarketView,
  plan: Plan,
  seen: Seen,
  steps: Map<number, Step>,
): Promise<void> {
  const [caller] = venue.traders;
  const { prices, parameters } = view;
  if (!prices.ok || caller === undefined) throw new Error("there is no price");
  const { time } = venue.connection.networkHelpers;
  const entry = "account" in plan ? view.state.positions.get(plan.account) : undefined;
  // a plan is about the second of its block: it is held to a call made there, and then sent a second later
  switch (plan.kind) {
    case "topUp": {
      expect(await caller.exchange.topUp.staticCall(1, plan.account, GAS)).equal(plan.amount);
      const before = await venue.exchange.topUpAt(1, plan.account);
      const [event] = named(await eventsOf(venue, caller.exchange.topUp(1, plan.account, GAS)), "ToppedUp");
      const [amount, tip] = [event?.["amount"] as bigint, event?.["tip"] as bigint];
      const expected = plan.account === caller.account ? 0n : amount / 1_000n;
      expect(tip).equal(expected < USD ? expected : USD);
      expect(before.remaining - (await venue.exchange.topUpAt(1, plan.account)).remaining).equal(amount + tip);
      seen.toppedUp++;
      return;
    }
    case "liquidate": {
      const closed = await caller.exchange.liquidate.staticCall(1, plan.account, 64, GAS);
      expect(closed <= plan.expectedLots, `${closed} of ${plan.expectedLots} lots`).equal(true);
      if (closed === plan.expectedLots) seen.exact++;
      const [event] = named(await eventsOf(venue, caller.exchange.liquidate(1, plan.account, 64, GAS)), "Liquidated");
      const large = (plan.lots * prices.price) >> 16n > parameters.largeNotional;
      if (large && (event?.["lots"] as bigint) > 0n) {
        const step = stepOf(view.state, plan.account, BigInt(await time.latest()), parameters);
        steps.set(plan.account, { ...step, closed: step.closed + (event?.["lots"] as bigint) });
        expect(plan.expectedLots <= plan.lots / 4n + 1n).equal(true);
        if (entry !== undefined && closeSize(entry, prices, parameters, 64) > plan.expectedLots) seen.stepped++;
      }
      seen.liquidated++;
      return;
    }
    case "preventive": {
      expect(await caller.exchange.preventiveDeleverage.staticCall(1, plan.account, 64, 3, GAS)).equal(
        plan.expectedLots,
      );
      const call = caller.exchange.preventiveDeleverage(1, plan.account, 64, 3, GAS);
      expect(named(await eventsOf(venue, call), "PreventivelyDeleveraged").length).greaterThan(0);
      seen.preventive++;
      return;
    }
    case "deleverage":
      await resolveAll(venue, 1, { nominee: plan.nominee });
      return;
    case "settle":
    case "poke":
      return;
  }
}
