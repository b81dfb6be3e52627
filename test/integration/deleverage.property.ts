/**
 * Auto-deleveraging on random books: the list that brute force gives is accepted, does exactly what the model says, equals the empty
 * list and any cut of it, and every tampered list is rejected.
 */
import { expect } from "chai";
import { deleverage } from "../utils/adlModel.ts";
import { setFunding } from "../utils/funding.ts";
import { checkInvariants } from "../utils/invariants.ts";
import { abs, equityX16, type PositionState, settled, X16 } from "../utils/model.ts";
import { createRandom, type Random } from "../utils/random.ts";
import { LIMITS, type MarketStyle, randomStep } from "../utils/randomMarket.ts";
import { fingerprint, type Situation, situationOf } from "../utils/scenarios.ts";
import { followIndex } from "../utils/state.ts";
import { createVenue, eventsOf, GAS, named, setTick, type Trader, trader, USD, type Venue } from "../utils/venue.ts";

const RUNS = Number(process.env["PLIMSOLL_RUNS"] ?? 8);

interface Style extends MarketStyle {
  name: string;
  seed: number;
  step: number;
  insured?: boolean;
  funded?: boolean;
}

const STYLES: Style[] = [
  { name: "scattered", seed: 11, step: 0.02 },
  { name: "clustered", seed: 12, step: 0, clustered: true },
  { name: "insured", seed: 13, step: 0.02, insured: true },
  { name: "with funding", seed: 15, step: 0.02, insured: true, funded: true },
  { name: "dust", seed: 14, step: 0.02, maxLots: 300 },
];

describe("autoDeleverage on random books", () => {
  for (const style of STYLES) {
    it(`${style.name}: list = brute force = empty list = any cut; tampered lists are rejected`, async () => {
      const venue = await createVenue({ traders: 30, markets: [{ minNotional: 1n, maturity: 1 }] });
      const random = createRandom(style.seed);
      if (style.insured) await stake(venue, 400n * USD);
      // a caller without an account takes no reward: rewards are rounded a call
      const caller = outsider(venue);
      let mark = 10_000;
      const seen = { calls: 0, partial: 0, several: 0, tampered: 0 };
      for (let run = 0; run < RUNS; run++) {
        for (let i = 0; i < 8; i++) {
          if (style.funded)
            await setFunding(venue, (BigInt(random.int(-2_000, 2_000)) * BigInt(mark) * 10n * X16) / 100_000n);
          mark = await randomStep(venue, random, mark, style);
        }
        const before = await venue.connection.networkHelpers.takeSnapshot();
        await setTick(
          venue,
          Math.round(mark * (random.chance(0.5) ? 0.6 + 0.35 * random.unit() : 1.05 + 0.8 * random.unit())),
        );
        for (let call = 0; call < 6; call++) {
          const now = await situationOf(venue, followIndex(venue));
          if (!now || now.list.length === 0) break;
          await rejectTampered(venue, caller, random, now, seen);
          await compareWays(venue, caller, random, now, seen);
        }
        await checkInvariants(venue);
        await before.restore();
      }
      expect(seen.calls).greaterThan(RUNS);
      expect(seen.several, "lists of several").greaterThan(4);
      expect(seen.partial, "partial counterparties").greaterThan(4);
      expect(seen.tampered, "tampered lists").greaterThan(20);
    });
  }
});

async function stake(venue: Venue, amount: bigint): Promise<void> {
  const { signer } = trader(venue, 0);
  await venue.deployed.collateral.mint(signer.address, amount);
  await venue.deployed.collateral.connect(signer).approve(venue.deployed.insuranceFundAddress, amount);
  await venue.fund.connect(signer).deposit(amount, signer.address);
}

function outsider(venue: Venue): Trader {
  return { ...trader(venue, 0), account: 0, exchange: venue.exchange };
}

/** The same deleveraging as one list, as the contract's own pick, and cut into pieces: all equal, and equal to the model. */
async function compareWays(
  venue: Venue,
  caller: Trader,
  random: Random,
  now: Situation,
  seen: { calls: number; partial: number; several: number },
): Promise<void> {
  const start = await venue.connection.networkHelpers.takeSnapshot();
  const events = await eventsOf(venue, caller.exchange.autoDeleverage(1, now.list, LIMITS, GAS));
  await matchModel(venue, now, events);
  const whole = await fingerprint(venue);
  const lots = named(events, "AutoDeleveraged").reduce((s, e) => s + (e["lots"] as bigint), 0n);
  seen.calls++;
  if (now.list.length > 1) seen.several++;
  const last = now.queue[now.list.length - 1];
  if (last && now.list.length > 0 && lots === abs(now.bankrupt.lots)) {
    const held = now.queue.slice(0, now.list.length).reduce((s, p) => s + abs(p.lots), 0n);
    if (held > lots) seen.partial++;
  }

  await start.restore();
  await caller.exchange.autoDeleverage(1, [], { ...LIMITS, maxCounterparties: now.list.length }, GAS);
  expect(await fingerprint(venue), "the empty list").to.deep.equal(whole);

  await start.restore();
  let from = 0;
  while (from < now.list.length) {
    const to = Math.min(now.list.length, from + random.int(1, Math.max(1, now.list.length - 1)));
    if (random.chance(0.5)) await caller.exchange.autoDeleverage(1, now.list.slice(from, to), LIMITS, GAS);
    else await caller.exchange.autoDeleverage(1, [], { ...LIMITS, maxCounterparties: to - from }, GAS);
    from = to;
  }
  expect(await fingerprint(venue), "ADL-4: cut into calls").to.deep.equal(whole);
}

async function matchModel(venue: Venue, now: Situation, events: Awaited<ReturnType<typeof eventsOf>>): Promise<void> {
  const [call] = named(events, "DeleverageCall");
  const closes = named(events, "AutoDeleveraged");
  const budget = 5_000_000n * USD; // the daily cap; the fund has less
  // one unit of the claim always stays
  const fund = (await venue.exchange.insuranceBalance()) + ((call?.["cover"] as bigint) ?? 0n) - USD;
  const bankrupt = settled(now.bankrupt, now.prices.funding);
  const expected = deleverage(
    bankrupt,
    now.queue.slice(0, now.list.length).map((p) => settled(p, now.prices.funding)),
    fund < 0n ? 0n : fund < budget ? fund : budget,
    now.prices,
  );
  expect(closes.map((e) => [Number(e["counterparty"]), e["lots"], e["pnl"], e["payout"]])).to.deep.equal(
    expected.closes.map((c) => [c.account, c.lots, c.pnl, c.payout]),
  );
  expect(closes.map((e) => Number(e["rank"]))).to.deep.equal(closes.map((_, i) => i + 1));
  expect(call?.["price"]).equal(now.price);
  expect(call?.["cover"]).equal(expected.cover);

  // ADL-1: no principal
  for (const c of expected.closes) expect(c.pnl >= -1n, `ADL-1: ${c.account} realises ${c.pnl}`).equal(true);
  // ADL-2: the bankrupt account gains exactly what its closes trade for, less their value at the mark
  const side = now.isLong ? 1n : -1n;
  const gain = equityX16(expected.bankrupt, now.prices) - equityX16(bankrupt, now.prices);
  const traded = expected.closes.reduce((s, c) => s + side * (c.traded * X16 - c.lots * now.prices.mark), 0n);
  expect(gain, "ADL-2").equal(traded);
  checkShares(now, bankrupt, expected.closes);
}

/** ADL-2: each counterparty is paid less than two atoms below its exact share, and never more than it. */
function checkShares(now: Situation, bankrupt: PositionState, closes: ReturnType<typeof deleverage>["closes"]): void {
  const k = (p: PositionState) => (p.lots > 0n ? p.cost - p.margin : p.cost + p.margin);
  const q = abs(bankrupt.lots);
  closes.forEach((c, i) => {
    const listed = now.queue[i];
    if (!listed) throw new Error("more closes than counterparties");
    const o = settled(listed, now.prices.funding);
    const side = o.lots > 0n ? 1n : -1n;
    const d = q * abs(o.lots);
    // side·(X − K_o/q_o)·x, over the common denominator d
    const exact = side * c.lots * (k(bankrupt) * abs(o.lots) - k(o) * q) + c.cover * d;
    expect(exact - c.payout * d < 2n * d, `ADL-2: ${c.account} is paid two atoms too little`).equal(true);
  });
}

async function rejectTampered(
  venue: Venue,
  caller: Trader,
  random: Random,
  now: Situation,
  seen: { tampered: number },
): Promise<void> {
  const { list, queue } = now;
  const reject = async (tampered: number[], ...errors: string[]) => {
    const result = await caller.exchange.autoDeleverage.staticCall(1, tampered, LIMITS, GAS).then(
      () => "accepted",
      (e: unknown) => venue.exchange.interface.parseError((e as { data: string }).data)?.name ?? "?",
    );
    expect(errors, `${tampered} instead of ${list}`).to.include(result);
    seen.tampered++;
  };
  const i = random.int(0, list.length - 1);
  const rest = headOfRest(queue, list, i);
  // leaving one out is only wrong when somebody after it is taken instead
  if (rest.length > i) await reject(rest, "RankingIncomplete", "RankingNotFifo");
  if (list.length > 1) {
    const j = random.int(0, list.length - 2);
    const swapped = [...list];
    [swapped[j], swapped[j + 1]] = [swapped[j + 1] ?? 0, swapped[j] ?? 0];
    await reject(swapped, "RankingIncomplete", "RankingNotFifo", "RankingUnsorted");
    await reject([...list.slice(0, 1), ...list], "DuplicateCounterparty");
  }
  const own = [...(await followedAccounts(venue, now.isLong))];
  await reject([random.pick(own), ...list], "WrongSide");
  await reject([now.bankrupt.account], "WrongSide");
}

/** The list that covers the bankrupt position when entry `i` is left out. */
function headOfRest(queue: readonly PositionState[], list: readonly number[], i: number): number[] {
  return [
    ...list.slice(0, i),
    ...list.slice(i + 1),
    ...queue.slice(list.length, list.length + 1).map((p) => p.account),
  ];
}

async function followedAccounts(venue: Venue, isLong: boolean): Promise<number[]> {
  const shadow = followIndex(venue);
  await shadow.sync();
  return shadow
    .positions()
    .filter((p) => p.lots > 0n === isLong)
    .map((p) => p.account);
}
