/**
 * The comparison for the report: a table for people, an object for programs.
 */
import type { DemoMarket } from "../market/market.ts";
import { plainPrice } from "../report/format.ts";
import { table } from "../report/table.ts";
import type { Agreement, Agreements } from "./agreement.ts";
import type { ForecastResult } from "./createForecaster.ts";
import { KINDS, type Kind, type StepRecord } from "./stepRecord.ts";

const NAMES: Record<Kind, string> = {
  bankrupt: "bankrupt accounts closed",
  deleveraged: "counterparties deleveraged",
  liquidated: "accounts liquidated",
};

export function predictionText({ steps, eventful, before, answered }: ForecastResult): string {
  if (eventful.length === 0) return "";
  const rows = KINDS.flatMap((kind) => [
    row(NAMES[kind], "before the step", before[kind]),
    row("", "book answered", answered[kind]),
  ]);
  return [
    table(
      `PREDICTION AGAINST OUTCOME: ${steps} steps forecast, something in ${eventful.length}`,
      [
        "accounts, counted a step",
        "forecast",
        "predicted",
        "happened",
        "both",
        "missed",
        "false",
        "lots predicted",
        "lots happened",
        "lots in common",
      ],
      rows,
    ),
    "  before the step: from positions, book and fund as they stood, at the next price. book answered: with the price there and the crowd's",
    "  answer to it, before any keeper acted. Who is bankrupt follows from price and positions alone and is to agree; who is deleveraged or",
    "  liquidated also follows from the book, of which the forecast knows the depth, and neither the makers' margin nor what they do next.",
  ].join("\n");
}

function row(name: string, forecast: string, a: Agreement): string[] {
  const counts = [a.predicted, a.happened, a.both, a.happened - a.both, a.predicted - a.both];
  return [name, forecast, ...counts.map(String), ...[a.predictedLots, a.happenedLots, a.commonLots].map(String)];
}

export function predictionJson({ steps, eventful, before, answered }: ForecastResult, markets: readonly DemoMarket[]) {
  return {
    steps,
    eventfulSteps: eventful.length,
    beforeStep: plainAgreements(before),
    bookAnswered: plainAgreements(answered),
    byStep: eventful.map((step) => {
      const market = markets[step.market - 1] as DemoMarket;
      return {
        market: market.name,
        time: new Date(step.time * 1000).toISOString(),
        price: plainPrice(step.price, market),
        predicted: plainRecord(step.before),
        bookAnswered: plainRecord(step.answered),
        happened: plainRecord(step.happened),
      };
    }),
  };
}

function plainAgreements(agreements: Agreements) {
  return Object.fromEntries(
    KINDS.map((kind) => {
      const { predictedLots, happenedLots, commonLots, ...counts } = agreements[kind];
      const lots = { predictedLots, happenedLots, commonLots };
      return [kind, { ...counts, ...mapValues(lots, Number) }];
    }),
  );
}

function plainRecord(record: StepRecord) {
  return Object.fromEntries(
    KINDS.map((kind) => [kind, Object.fromEntries([...record[kind]].map(([a, n]) => [a, Number(n)]))]),
  );
}

function mapValues<T, U>(object: Readonly<Record<string, T>>, of: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, of(value)]));
}
