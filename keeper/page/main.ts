/**
 * The page: which market is looked at, when it is fetched anew, and what is drawn from it.
 */
import { ask } from "./ask.ts";
import { createDepthChart } from "./charts/createDepthChart.ts";
import { createFrontierChart, type ReadOut } from "./charts/createFrontierChart.ts";
import { createIndexPicture } from "./charts/createIndexPicture.ts";
import { createPriceChart } from "./charts/createPriceChart.ts";
import { byId, el } from "./dom.ts";
import { money, moneyOf, move, price, priceOf, shortHash, time } from "./format.ts";
import { lastMove, load } from "./load.ts";
import { createMovePanel } from "./panels/createMovePanel.ts";
import { showCalls } from "./panels/showCalls.ts";
import { showLadder } from "./panels/showLadder.ts";
import { showQueue } from "./panels/showQueue.ts";
import { showSteps } from "./panels/showSteps.ts";
import { showSummary } from "./panels/showSummary.ts";
import { showWaterfall } from "./panels/showWaterfall.ts";
import { startTheme } from "./theme.ts";
import type { Market, Shown } from "./types.ts";

/** No more often than this, however fast blocks come: a page is twelve questions. */
const PAUSE_MS = 900;
const RETRY_MS = 2_000;

const div = (id: string) => byId(id, HTMLElement);
const tabs = div("markets");
const frontier = createFrontierChart(div("frontier"));
const prices = createPriceChart(div("price"));
const depth = createDepthChart(div("depth"));
const picture = createIndexPicture(byId("picture", HTMLCanvasElement));
const movePanel = createMovePanel();
const filter = byId("account", HTMLInputElement);
const side = byId("side", HTMLSelectElement);

let markets: readonly Market[] = [];
let chosen = decodeURIComponent(location.hash.slice(1));
let shown: Shown | undefined;
let fetching = false;
let wanted = false;
let timer: ReturnType<typeof setTimeout> | undefined;

startTheme(byId("theme", HTMLButtonElement), () => {
  for (const chart of [frontier, prices, depth, picture]) chart.repaint();
});
filter.addEventListener("input", () => draw());
side.addEventListener("change", () => refresh());
byId("step", HTMLSelectElement).addEventListener("change", () => draw());
tabs.addEventListener("keydown", (event) => moveBetweenTabs(event));
div("frontier").addEventListener("readout", (event) => readOut((event as CustomEvent<ReadOut>).detail));
addEventListener("hashchange", () => choose(decodeURIComponent(location.hash.slice(1))));
document.addEventListener("visibilitychange", () => wanted && refresh());
listen();

function listen(): void {
  const stream = new EventSource("/api/stream");
  stream.addEventListener("block", () => refresh());
  stream.addEventListener("open", () => status("live", "live"));
  stream.addEventListener("error", () => status("reconnecting", "waiting"));
}

/** At once, or after the pause since the last time; never two at a time. */
function refresh(): void {
  wanted = true;
  if (fetching || timer !== undefined || document.hidden) return;
  fetching = true;
  wanted = false;
  fetchAll().then(
    () => next(PAUSE_MS),
    (error: unknown) => {
      status(error instanceof Error ? error.message : String(error), "waiting");
      wanted = true;
      next(RETRY_MS);
    },
  );
}

function next(pause: number): void {
  fetching = false;
  timer = setTimeout(() => {
    timer = undefined;
    if (wanted) refresh();
  }, pause);
}

async function fetchAll(): Promise<void> {
  if (markets.length === 0) {
    markets = (await ask<Market[]>("/api/markets")).data;
    if (!markets.some(({ name }) => name === chosen)) chosen = markets[0]?.name ?? "";
    tabs.replaceChildren(...markets.map(({ name }) => tab(name)));
    mark();
  }
  const market = chosen;
  const found = await load({ market, side: side.value === "long" ? "long" : "short", moveOr: movePanel.moveOr });
  if (market !== chosen) {
    wanted = true;
    return;
  }
  shown = found;
  draw();
}

function draw(): void {
  if (shown === undefined) return;
  const { block, market, risk, positions, events } = shown;
  document.title = `${market.name} · Plimsoll`;
  status("live", "live");
  div("block").textContent = `block ${block.number} · ${shortHash(block.hash)} · ${time(block.timestamp)} UTC`;
  div("block").title = block.hash;
  const account = Number(filter.value) || 0;
  showSummary(div("summary"), div("sentence"), shown);
  if (risk !== undefined) frontier.show(risk);
  prices.show(market, shown.prices, events);
  depth.show(market, shown.depth);
  showWaterfall(div("stages"), div("breaker"), shown);
  movePanel.show(market, shown.forecast, lastMove(shown.steps));
  showSteps(shown);
  showLadder(byId("ladder", HTMLTableElement), shown);
  showQueue(byId("queue", HTMLTableElement), div("queue-caption"), shown, account);
  const last = events.find((event) => event.type === "deleverage");
  picture.show(market, positions, last, account);
  showCalls(div("calls"), shown);
  document.documentElement.dataset["block"] = String(block.number);
}

function tab(name: string): HTMLButtonElement {
  const button = el("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "content" }, name);
  button.addEventListener("click", () => choose(name));
  return button;
}

function choose(name: string): void {
  if (name === chosen || !markets.some((market) => market.name === name)) return;
  chosen = name;
  history.replaceState(null, "", `#${encodeURIComponent(name)}`);
  mark();
  clearTimeout(timer);
  timer = undefined;
  refresh();
}

function mark(): void {
  for (const button of tabs.children) {
    const isChosen = button.textContent === chosen;
    button.setAttribute("aria-selected", String(isChosen));
    button.setAttribute("tabindex", isChosen ? "0" : "-1");
    if (isChosen) div("content").setAttribute("aria-labelledby", button.id);
  }
}

/** Arrow keys, as in every list of tabs. */
function moveBetweenTabs({ key }: KeyboardEvent): void {
  const step = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
  if (step === 0 || markets.length === 0) return;
  const index = markets.findIndex(({ name }) => name === chosen);
  const name = markets[(index + step + markets.length) % markets.length]?.name ?? chosen;
  choose(name);
  document.getElementById(`tab-${name}`)?.focus();
}

function readOut({ point }: ReadOut): void {
  const text = div("readout");
  if (point === undefined || shown === undefined) {
    text.textContent = "\u00a0";
    return;
  }
  text.textContent = `${move(point.move)} → ${price(priceOf(shown.market, point.price))}: ${point.bankruptcies} bankrupt, shortfall ${money(moneyOf(point.total))} (deficit ${money(moneyOf(point.deficit))}, exit ${money(moneyOf(point.exitCost))})`;
}

function status(text: string, kind: "live" | "waiting"): void {
  const light = div("status");
  light.textContent = text;
  light.className = kind;
}
