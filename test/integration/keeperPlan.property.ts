/** The keeper's plan against the contract: whom it takes next, whom it may liquidate, and that its list is accepted. Funding included. */
import { expect } from "chai";
import { marginHealth } from "../../keeper/core/marginHealth.ts";
import type { MarketView } from "../../keeper/core/marketView.ts";
import { entryTick } from "../../keeper/core/grid.ts";
import { planMarket } from "../../keeper/core/planMarket.ts";
import { setFunding } from "../utils/funding.ts";
import { checkInvariants } from "../utils/invariants.ts";
import { keeperView } from "../utils/keeperView.ts";
import { abs, bankruptcyPrice, settled, X16 } from "../utils/model.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { attempt, LIMITS, randomStep, resolveAll } from "../utils/randomMarket.ts";
import { followIndex } from "../utils/state.ts";
import { createVenue, eventsOf, GAS, named, setAnswer, setTick, type Venue } from "../utils/venue.ts";

const ROUNDS = Number(process.env["PLIMSOLL_RUNS"] ?? 6);
const MAX_STEPS = 64;

/** The feed's answer at which the mark is this X16 price: a feed step is 0.066 of its units here. */
const answerFor = (price: bigint) => (price * 1_000_000n + X16 - 1n) / X16;

describe("Keeper's plan = the contract's choice", () => {
  for (const funded of [false, true]) {
    it(`random books, gaps, and prices at the very border, ${funded ? "with" : "without"} funding`, async () => {
      const venue = await createVenue({ traders: 16 });
      const random = createRandom(funded ? 71 : 72);
      const seen = { bankrupt: 0, liquidatable: 0, healthy: 0, boundary: 0, early: 0 };
      let mark = 10_000;
      for (let round = 0; round < ROUNDS; round++) {
        for (let i = 0; i < 6; i++) mark = await randomStep(venue, random, mark, { step: 0.01, maxLeverage: 50 });
        if (funded)
          await setFunding(
            venue,
            (BigInt(random.int(-20_000, 20_000)) * BigInt(mark) * 10n * X16) / 1_000_000n +
              BigInt(random.int(0, 65_535)),
          );
        await resolveAll(venue);
        const start = await venue.connection.networkHelpers.takeSnapshot();
        for (const border of await borders(venue, random)) {
          await setAnswer(venue, answerFor(border));
          await compareHealth(venue, seen);
          await followPlan(venue, seen);
          await start.restore();
        }
        await setTick(venue, mark);
        await resolveAll(venue);
      }
      await checkInvariants(venue);
      for (const [what, count] of Object.entries(seen)) expect(count, what).greaterThan(0);
      expect(seen.early, "early ends are rare but at the border").lessThan(seen.bankrupt / 2);
    });
  }
});

/** Prices around the bankruptcy price of a random position, a few X16 steps either side, and further off. */
async function borders(venue: Venue, random: Random): Promise<bigint[]> {
  const shadow = followIndex(venue);
  await shadow.sync();
  const { fundingIndex } = await venue.exchange.marketAt(1);
  const open = shadow.positions();
  if (open.length === 0) return [];
  const x = bankruptcyPrice(settled(random.pick(open), fundingIndex));
  const close = [-3n, -1n, 0n, 1n, 2n].map((d) => x + d);
  const far = [800n, 990n, 995n, 1_005n, 1_010n].map((share) => (x * share) / 1_000n);
  return [...close, ...far].filter((p) => p > X16 * 10_000n);
}

/** Every position: the keeper's status against what the contract says when it is asked to liquidate it. */
async function compareHealth(venue: Venue, seen: { liquidatable: number; healthy: number }): Promise<void> {
  const view = await keeperView(venue, followIndex(venue));
  if (!view.prices.ok || (await venue.exchange.poke.staticCall(1, GAS))) return;
  for (const entry of view.state.positions.values()) {
    const { status } = marginHealth(entry, view.prices, view.parameters);
    const answer = await venue.exchange.liquidate.staticCall(1, entry.account, MAX_STEPS, GAS).then(
      () => "ok",
      (e: unknown) => venue.exchange.interface.parseError((e as { data: string }).data)?.name ?? "?",
    );
    const expected = { healthy: "NotLiquidatable", bankrupt: "PositionBankrupt", liquidatable: "BookCannotAbsorb" }[
      status
    ];
    expect(answer, `account ${entry.account} is ${status} to the keeper`).equal(expected);
    if (status === "liquidatable") seen.liquidatable++;
    if (status === "healthy") seen.healthy++;
    if (status === "bankrupt") {
      const [account] = await venue.exchange.bankruptAccount(1, entry.account);
      expect(account, "who cannot be liquidated because it is bankrupt can be deleveraged").equal(
        BigInt(entry.account),
      );
    }
  }
}

/** Sends what the keeper plans until it plans nothing; every call must do what the plan says. */
async function followPlan(venue: Venue, seen: { bankrupt: number; boundary: number; early: number }): Promise<void> {
  const shadow = followIndex(venue);
  for (let calls = 0; calls < 60; calls++) {
    const view: MarketView = await keeperView(venue, shadow);
    const plan = planMarket(view).plans.find((p) => p.kind === "deleverage");
    if (!plan) {
      for (const { account } of view.state.positions.values()) {
        const [missed] = await venue.exchange.bankruptAccount(1, account);
        expect(missed, "the keeper leaves a bankrupt account alone").equal(0n);
      }
      return;
    }
    seen.bankrupt++;
    if (plan.cause === "boundary") seen.boundary++;
    const [account, price] = await venue.exchange.bankruptAccount(1, plan.nominee);
    expect([Number(account), price]).to.deep.equal([plan.account, plan.price]);
    const limits = { ...LIMITS, nominee: plan.nominee };
    const call = await attempt(() =>
      eventsOf(venue, venue.exchange.autoDeleverage(1, [...plan.counterparties], limits, GAS)),
    );
    expect(call, `the plan for ${plan.account} is refused`).not.equal(null);
    const taken = named(call ?? [], "AutoDeleveraged");
    // a call ends early only where rounding carries X over an edge, or the position over the mark
    expect(taken.map((e) => Number(e["counterparty"]))).to.deep.equal(plan.counterparties.slice(0, taken.length));
    if (taken.length < plan.counterparties.length) {
      expect(taken.length, "one at least").greaterThan(0);
      const [still, x] = await venue.exchange.bankruptAccount(1, plan.account);
      const ticks = (at: bigint) => [entryTick(at, view.state.base), at / (10n * X16), (at - 1n) / (10n * X16)].join();
      expect(Number(still) !== plan.account || ticks(x) !== ticks(price), "for a reason").equal(true);
      seen.early++;
    }
    expect(taken.reduce((s, e) => s + abs(e["lots"] as bigint), 0n) <= plan.lots).equal(true);
  }
  throw new Error("the keeper does not come to an end");
}
