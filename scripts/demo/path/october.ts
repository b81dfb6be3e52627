/**
 * The evening of 10 October 2025 as a price path: public facts, and a seeded bridge between them.
 */
import { bridge } from "./bridge.ts";
import type { Fact, PathStep, PricePath } from "./pricePath.ts";
import { createRandom } from "./random.ts";

/**
 * BTC in dollars, hh:mm:ss UTC. Opens, highs and lows of the public 5-minute records of the BTC index at Binance (data.binance.vision),
 * rounded to a dollar; a bar that fell is taken to have made its high first, one that rose its low, and the times of the extremes
 * within their bar are ours.
 */
const BTC: readonly (readonly [string, number])[] = [
  ["20:50:00", 116_830],
  ["20:53:30", 115_099],
  ["20:55:00", 115_295],
  ["20:56:00", 115_443],
  ["20:58:30", 113_037],
  ["21:00:00", 114_262],
  ["21:03:30", 115_051],
  ["21:05:00", 115_022],
  ["21:08:30", 114_333],
  ["21:10:00", 114_384],
  ["21:11:00", 114_567],
  ["21:13:30", 109_809],
  ["21:15:00", 111_957],
  ["21:15:45", 112_381],
  ["21:19:15", 103_568],
  ["21:20:00", 104_127],
  ["21:21:00", 101_878],
  ["21:23:30", 108_794],
  ["21:25:00", 108_631],
  ["21:26:30", 105_631],
  ["21:29:00", 109_434],
  ["21:30:00", 109_306],
  ["21:33:00", 111_421],
  ["21:35:00", 111_407],
  ["21:37:00", 110_773],
  ["21:40:00", 111_289],
];

/** ETH in dollars, rounded: before the crash, its low, and where it had come back to. Between them it goes along with BTC. */
const ETH: readonly (readonly [string, number])[] = [
  ["20:50:00", 4_060],
  ["21:21:00", 3_435],
  ["21:40:00", 3_800],
];

/**
 * While the price fell fastest, several venues' feeds said nothing for minutes (the public trade record of Gemini has none from
 * 21:14 to 21:19). Ours is silent for this long, which is more than `maxAge`.
 */
const SILENCE = { from: "21:16:45", to: "21:18:30" };

/** Seconds between answers: a feed with a deviation threshold answers about this often in such a market. */
const INTERVAL = 15;
/** Standard deviation of the noise after one hour, were it not tied to the facts. */
const NOISE = { btc: 0.012, eth: 0.006 };

export function octoberPath(seed: number): PricePath {
  const random = createRandom(seed, "october");
  const times: number[] = [];
  for (let time = at("20:50:00"); time <= at("21:40:00"); time += INTERVAL) times.push(time);

  const btc = bridge(facts(BTC), times, NOISE.btc, random);
  const along = facts(ETH).map((fact) => ({ ...fact, leader: btc[times.indexOf(fact.time)] ?? Number.NaN }));
  const noise = bridge(
    along.map(({ time }) => ({ time, price: 1 })),
    times,
    NOISE.eth,
    random,
  );
  const steps = times.map((time, i): PathStep => {
    if (time > at(SILENCE.from) && time < at(SILENCE.to)) return { time, prices: undefined };
    const leader = btc[i] ?? Number.NaN;
    return { time, prices: { btc: leader, eth: follow(along, time, leader) * (noise[i] ?? 1) } };
  });
  return { name: "10 October 2025, 20:50 to 21:40 UTC", interval: INTERVAL, steps };
}

type Leg = Fact & { readonly leader: number };

/** The follower's price: between two of its facts it moves in proportion to the leader, in logarithms. */
function follow(legs: readonly Leg[], time: number, leader: number): number {
  const next = Math.max(
    1,
    legs.findIndex((leg) => leg.time >= time),
  );
  const [a, b] = [legs[next - 1], legs[next]];
  if (a === undefined || b === undefined) throw new RangeError(`no facts around ${time}`);
  const share = Math.log(leader / a.leader) / Math.log(b.leader / a.leader);
  return a.price * (b.price / a.price) ** share;
}

function facts(table: readonly (readonly [string, number])[]): Fact[] {
  return table.map(([clock, price]) => ({ time: at(clock), price }));
}

function at(clock: string): number {
  return Date.parse(`2025-10-10T${clock}Z`) / 1000;
}
