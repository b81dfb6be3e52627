/**
 * The risk report as tables for a terminal. The only floating point is in what is printed.
 */
import type { CapitalAdequacy, Frontier, PositionRisk, PricePoint } from "../core/risk/types.ts";
import type { MarketParameters } from "../core/types.ts";
import { formatLots, formatPrice, formatQuote } from "../ops/format.ts";
import { formatTable } from "./formatTable.ts";
import type { MarketReport, RiskReport } from "./riskReport.ts";

type ParametersOf = (market: number) => MarketParameters;

export function riskText(report: RiskReport, parametersOf: ParametersOf): string {
  const { total } = report;
  const parts = [
    `block ${report.block}`,
    ...report.unavailable.map(({ name, reason }) => `${name}: no price, ${reason}`),
    ...report.markets.map((market) => marketText(market, parametersOf(market.market))),
  ];
  if (report.markets.length > 1) {
    const top = `largest 1, 5, 10 accounts ${Object.values(total.concentration).map(percent).join(", ")}`;
    parts.push(
      `all markets: ${total.positions} positions, open ${formatQuote(total.openNotional)}, margin ${formatQuote(total.margin)}, ${top}\n` +
        adequacyText(total.adequacy),
    );
  }
  return `${parts.join("\n\n")}\n`;
}

function marketText(m: MarketReport, p: MarketParameters): string {
  const { longs, shorts } = m.exposure;
  const sides = [longs, shorts].map((side, i) => [
    i === 0 ? "longs" : "shorts",
    String(side.positions),
    formatLots(side.lots, p),
    formatQuote(side.notional),
    formatQuote(side.margin),
    formatQuote(side.equity),
    percent(side.concentration.top1),
    percent(side.concentration.top10),
  ]);
  const leverage = m.exposure.leverage
    .filter(({ positions }) => positions > 0)
    .map(({ above, upTo, positions }) => `${upTo === undefined ? `>${above}` : `≤${upTo}`}×: ${positions}`);
  const ladder = m.ladder.map((rung) => [
    percent(rung.move),
    formatPrice(rung.price, p),
    String(rung.liquidations),
    formatLots(rung.liquidationLots, p),
    String(rung.bankruptcies),
    formatLots(rung.depthLots, p),
    rung.coverage === undefined ? "no book" : percent(rung.coverage),
  ]);
  const head = ["side", "positions", "size", "notional", "margin", "equity", "largest", "largest 10"];
  return [
    `${m.name}  ${formatPrice(m.price, p)}`,
    formatTable(head, sides),
    `leverage  ${leverage.join("  ")}`,
    formatTable(
      ["price", "solvent to", "first bankruptcy", "book outrun", "fund used up", "principal"],
      [m.frontier.down, m.frontier.up].map((frontier) => frontierRow(frontier, p)),
    ),
    adequacyText(m.adequacy),
    formatTable(["move", "price", "liquidations", "size", "bankrupt", "depth", "size / depth"], ladder),
    formatTable(
      ["account", "side", "size", "leverage", "liquidation", "bankruptcy", "status"],
      [...m.atRisk.down, ...m.atRisk.up].map((risk) => riskRow(risk, p)),
    ),
    shockText(m, p),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function frontierRow(f: Frontier, p: MarketParameters): string[] {
  const point = (at: PricePoint | undefined) => {
    if (at === undefined) return "never";
    const sigmas = at.sigmasMilli === undefined ? "" : `, ${(Number(at.sigmasMilli) / 1000).toFixed(1)}σ`;
    return `${formatPrice(at.price, p)} (${percent(at.move)}${sigmas})`;
  };
  return [f.direction, ...[f.solvency, f.firstBankruptcy, f.book, f.fund, f.principal].map(point)];
}

function adequacyText({ insurance, worst, worstShortfall, ratio, band }: CapitalAdequacy): string {
  if (ratio === undefined) return `insurance ${formatQuote(insurance)}: no scenario leaves a shortfall (${band})`;
  return `insurance ${formatQuote(insurance)} / ${formatQuote(worstShortfall)} (${worst?.name}) = ${(Number(ratio) / 1e6).toFixed(2)} (${band})`;
}

function riskRow(risk: PositionRisk, p: MarketParameters): string[] {
  const at = (price: bigint | undefined, move: bigint | undefined) =>
    price === undefined || move === undefined ? "never" : `${formatPrice(price, p)} (${percent(move)})`;
  return [
    String(risk.account),
    risk.isLong ? "long" : "short",
    formatLots(risk.lots, p),
    risk.leverageMilli === undefined ? "∞" : `${(Number(risk.leverageMilli) / 1000).toFixed(1)}×`,
    at(risk.liquidationPrice, risk.liquidationMove),
    at(risk.bankruptcyPrice, risk.bankruptcyMove),
    risk.status,
  ];
}

function shockText({ shock }: MarketReport, p: MarketParameters): string {
  if (shock === undefined) return "";
  const { shortfall, prediction } = shock;
  const deleveraged = prediction.deleverages.flatMap(({ account, price, sweptLots, counterparties, principal }) => [
    [String(account), formatPrice(price, p), "book", "", formatLots(sweptLots, p), ""],
    ...[
      ...counterparties.map((c) => ({ ...c, stage: "profit" })),
      ...principal.map((c) => ({ ...c, stage: "principal" })),
    ].map((c) => ["", "", c.stage, String(c.account), formatLots(c.lots, p), formatQuote(c.pnl)]),
  ]);
  const line = `${percent(shortfall.move)} to ${formatPrice(shortfall.price, p)}: deficits ${formatQuote(shortfall.deficit)}, exit ${formatQuote(shortfall.exitCost)}, then ${prediction.liquidations.length} liquidations`;
  if (deleveraged.length === 0) return `${line}, no deleveraging`;
  return `${line}, ${prediction.deleverages.length} deleveraged\n\n${formatTable(["bankrupt", "X", "against", "account", "size", "PnL"], deleveraged)}`;
}

/** Pips as a percentage. */
function percent(pips: bigint): string {
  return `${(Number(pips) / 1e4).toLocaleString("en-US", { maximumFractionDigits: 2 })} %`;
}
