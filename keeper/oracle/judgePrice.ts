/**
 * What the contract makes of a price at a second: the rules of ChainlinkSource, PythSource, BoundedSource and Mark, in one place. Pure.
 *
 * The keeper asks the contract for prices that it acts on. This says why one is unusable, and when a usable one ends, without asking; and as
 * both must always agree, that they do is checked against the contract (at reconciling, and by tests).
 */

/** IPriceSource.Status by number. */
export const PRICE_STATUS = [
  "Ok",
  "NotPositive",
  "NoData",
  "FromFuture",
  "Stale",
  "OutOfRange",
  "Uncertain",
  "SequencerDown",
  "SequencerGrace",
  "SequencerUnknown",
  "ReferenceUnavailable",
  "ReferenceStale",
  "OutsideBand",
] as const;
export type PriceStatus = (typeof PRICE_STATUS)[number];

/** latestRoundData; undefined when the feed did not answer. */
export type Round = { readonly answer: bigint; readonly startedAt: bigint; readonly updatedAt: bigint } | undefined;

/** What the contracts behind a price say, unjudged. Times are Unix seconds. */
export type SourceReading =
  | {
      readonly kind: "chainlink";
      readonly decimals: number;
      readonly heartbeat: bigint;
      readonly round: Round;
      readonly sequencer?: { readonly grace: bigint; readonly round: Round };
    }
  | {
      readonly kind: "pyth";
      readonly window: bigint;
      /** Pips. */
      readonly maxConfidenceRate: bigint;
      readonly price: bigint;
      readonly confidence: bigint;
      readonly exponent: number;
      /** 0 before the first update. */
      readonly publishTime: bigint;
    }
  | {
      readonly kind: "bounded";
      readonly primary: SourceReading;
      readonly reference: SourceReading;
      /** Pips. */
      readonly band: bigint;
      readonly maxReferenceAge: bigint;
    };

/** As IPriceSource.latestPrice: the rest is zero unless Ok. Price × 1e18. */
export type JudgedSource = { readonly status: PriceStatus; readonly price: bigint; readonly timestamp: bigint };

export type MarkRules = {
  /** Seconds. */
  readonly maxAge: bigint;
  readonly tradeAge: bigint;
  readonly lotsPerUnit: bigint;
};

export type JudgedMark =
  | {
      readonly ok: true;
      /** X16. */
      readonly price: bigint;
      /** Seconds. */
      readonly age: bigint;
      /** Not older than tradeAge: exposure may open at it. */
      readonly mayOpen: boolean;
    }
  | { readonly ok: false; readonly error: "PriceUnavailable"; readonly status: PriceStatus }
  | { readonly ok: false; readonly error: "StalePrice"; readonly age: bigint };

const PIPS = 1_000_000n;
const MAX_UINT256 = (1n << 256n) - 1n;
const MAX_UINT192 = (1n << 192n) - 1n;
const MAX_PRICE = 1n << 63n;
const MIN_PRICE = 1n << 17n;
const SOURCE_PER_QUOTE = 10n ** 12n;

/** Mark.load: the market's price at `now`, or the error it reverts with. */
export function judgeMark(reading: SourceReading, rules: MarkRules, now: bigint): JudgedMark {
  const { status, price, timestamp } = judgeSource(reading, now);
  if (status !== "Ok") return { ok: false, error: "PriceUnavailable", status };
  if (timestamp > now) return { ok: false, error: "PriceUnavailable", status: "FromFuture" };
  const age = now - timestamp;
  if (age > rules.maxAge) return { ok: false, error: "StalePrice", age };
  return { ok: true, price: toMark(price, rules.lotsPerUnit), age, mayOpen: age <= rules.tradeAge };
}

/** IPriceSource.latestPrice of the source. */
export function judgeSource(reading: SourceReading, now: bigint): JudgedSource {
  switch (reading.kind) {
    case "chainlink":
      return judgeChainlink(reading, now);
    case "pyth":
      return judgePyth(reading, now);
    case "bounded":
      return judgeBounded(reading, now);
  }
}

function judgeChainlink(reading: Extract<SourceReading, { kind: "chainlink" }>, now: bigint): JudgedSource {
  const { round, heartbeat, sequencer, decimals } = reading;
  if (sequencer !== undefined) {
    const { round: up, grace } = sequencer;
    if (up === undefined || up.startedAt === 0n || up.startedAt > now) return failed("SequencerUnknown");
    if (up.answer !== 0n) return failed("SequencerDown");
    if (now - up.startedAt < grace) return failed("SequencerGrace");
  }
  if (round === undefined || round.updatedAt === 0n) return failed("NoData");
  if (round.updatedAt > now) return failed("FromFuture");
  if (now - round.updatedAt > heartbeat) return failed("Stale");
  if (round.answer <= 0n) return failed("NotPositive");
  const scale = 10n ** BigInt(18 - decimals);
  if (round.answer > MAX_UINT256 / scale) return failed("OutOfRange");
  return { status: "Ok", price: round.answer * scale, timestamp: round.updatedAt };
}

function judgePyth(reading: Extract<SourceReading, { kind: "pyth" }>, now: bigint): JudgedSource {
  const { price, confidence, exponent, publishTime, window, maxConfidenceRate } = reading;
  if (publishTime === 0n) return failed("NoData");
  if (publishTime / window + 1n < now / window) return failed("Stale");
  if (price <= 0n) return failed("NotPositive");
  if (exponent < -36 || exponent > 18) return failed("OutOfRange");
  if (confidence * PIPS > maxConfidenceRate * price) return failed("Uncertain");
  const scaled = exponent >= -18 ? price * 10n ** BigInt(18 + exponent) : price / 10n ** BigInt(-18 - exponent);
  if (scaled === 0n) return failed("OutOfRange");
  return { status: "Ok", price: scaled, timestamp: publishTime };
}

function judgeBounded(reading: Extract<SourceReading, { kind: "bounded" }>, now: bigint): JudgedSource {
  const primary = readOther(reading.primary, now);
  if (primary.status !== "Ok") return primary;
  const reference = readOther(reading.reference, now);
  if (reference.status !== "Ok") return failed("ReferenceUnavailable");
  if (now - reference.timestamp > reading.maxReferenceAge) return failed("ReferenceStale");
  const difference = primary.price - reference.price;
  const allowed = (reference.price * reading.band) / PIPS;
  return difference > allowed || -difference > allowed ? failed("OutsideBand") : primary;
}

/** BoundedSource._read: what another source calls Ok is positive and not from the future. */
function readOther(reading: SourceReading, now: bigint): JudgedSource {
  const judged = judgeSource(reading, now);
  if (judged.status !== "Ok") return judged;
  if (judged.price === 0n) return failed("NotPositive");
  return judged.timestamp > now ? failed("FromFuture") : judged;
}

/** Mark._convert */
function toMark(answer: bigint, lotsPerUnit: bigint): bigint {
  if (answer > MAX_UINT192) return MAX_PRICE - 1n;
  const price = (answer << 16n) / (SOURCE_PER_QUOTE * lotsPerUnit);
  if (price < MIN_PRICE) return MIN_PRICE;
  return price >= MAX_PRICE ? MAX_PRICE - 1n : price;
}

function failed(status: PriceStatus): JudgedSource {
  return { status, price: 0n, timestamp: 0n };
}
