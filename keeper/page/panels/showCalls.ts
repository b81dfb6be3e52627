/**
 * Past deleveraging calls, newest first, each with the button that checks it. What was checked stays, while the list is written anew.
 */
import { ask } from "../ask.ts";
import { checkCall, type Verdict } from "../check/checkCall.ts";
import { el } from "../dom.ts";
import { money, moneyOf, price, priceOf, shortHash, time, units, unitsOf } from "../format.ts";
import type { Deleverage, EvidenceAnswer, Market, Shown } from "../types.ts";

const SHOWN = 20;
const items = new Map<string, HTMLElement>();

export function showCalls(list: HTMLElement, { market, events }: Shown): void {
  const calls = events.filter((event) => event.type === "deleverage").slice(0, SHOWN);
  const keys = calls.map((call) => `${market.id} ${call.block.hash} ${call.sequence}`);
  for (const key of items.keys()) if (!keys.includes(key)) items.delete(key);
  const shown = calls.map((call, i) => {
    const key = keys[i] ?? "";
    const item = items.get(key) ?? describe(market, call);
    items.set(key, item);
    return item;
  });
  // moving an element would take the focus from its button
  if (shown.length > 0 && list.children.length === shown.length && shown.every((item, i) => list.children[i] === item))
    return;
  list.replaceChildren(
    ...(shown.length > 0 ? shown : [el("li", { class: "empty" }, "Nobody was deleveraged since this keeper started.")]),
  );
}

function describe(market: Market, call: Deleverage): HTMLElement {
  const button = el("button", { type: "button" }, "Check it");
  const verdict = el("div", { class: "verdict", role: "status", "aria-live": "polite" });
  button.addEventListener("click", () => void check());
  const ranked = call.closes.filter(({ stage }) => stage === "ranked").length;
  const principal = call.closes.length - ranked;
  const who = [ranked > 0 && `${ranked} ranked`, principal > 0 && `${principal} by principal`].filter(Boolean);
  return el(
    "li",
    { "data-sequence": call.sequence },
    el(
      "div",
      { class: "call" },
      el(
        "div",
        {},
        el("b", {}, `Account ${call.account}`),
        ` · ${units(unitsOf(market, call.lots))} ${market.name} at ${price(priceOf(market, call.price))}`,
        el(
          "small",
          {},
          `${time(call.block.timestamp)} · block ${call.block.number} ${shortHash(call.block.hash)} · mark ${price(priceOf(market, call.mark))} · ${who.join(", ") || "nobody closed"}`,
        ),
      ),
      button,
    ),
    verdict,
  );

  async function check(): Promise<void> {
    button.disabled = true;
    verdict.className = "verdict";
    verdict.replaceChildren("Computing…");
    try {
      const { data } = await ask<EvidenceAnswer>(`/api/markets/${market.id}/deleverages/${call.sequence}`);
      const started = performance.now();
      show(checkCall(data), data, performance.now() - started);
    } catch (error) {
      verdict.classList.add("unknown");
      verdict.replaceChildren(`Could not be checked: ${error instanceof Error ? error.message : String(error)}`);
    }
    button.disabled = false;
    button.textContent = "Check again";
    verdict.scrollIntoView({ block: "nearest" });
  }

  function show(found: Verdict, evidence: EvidenceAnswer, ms: number): void {
    verdict.classList.add(found.right ? "right" : "wrong");
    const { positions, block } = evidence.before;
    const basis = `${positions.length} positions at block ${block.number} (${shortHash(block.hash)}), ${found.eligible} eligible, ${evidence.call.closes.length} closed; computed in this browser in ${ms.toFixed(0)} ms.`;
    if (found.right) {
      verdict.replaceChildren(
        el("b", {}, "Correct."),
        " Price, ranks, scores, order and sizes are what the ranking asks for.",
        el("small", {}, basis),
      );
      return;
    }
    const losses = found.wronged.map(
      ({ account, lots, amount }) =>
        `Account ${account} was wronged by ${money(moneyOf(amount))}: ${units(unitsOf(market, lots.toString()))} ${market.name} closed too much.`,
    );
    const kept = found.spared.map(
      ({ account, lots }) =>
        `It was account ${account}'s turn: ${units(unitsOf(market, lots.toString()))} ${market.name} that it kept.`,
    );
    verdict.replaceChildren(
      el("b", {}, "Wrong."),
      el("ul", {}, ...[...losses, ...kept, ...found.findings].slice(0, 12).map((text) => el("li", {}, text))),
      el("small", {}, basis),
    );
  }
}
