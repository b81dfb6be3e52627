/**
 * The ADL queue with its lights, of one side, of one account if wanted.
 */
import { el, row, setRows } from "../dom.ts";
import { units, unitsOf } from "../format.ts";
import type { Rank, Shown } from "../types.ts";

/** Rows that are shown; the whole queue is behind the API. */
const SHOWN = 25;
const SCORE_ONE = 2 ** 64;

export function showQueue(
  table: HTMLTableElement,
  caption: HTMLElement,
  { market, queue }: Shown,
  account: number,
): void {
  const ranks = account === 0 ? queue.ranks.slice(0, SHOWN) : queue.ranks.filter((rank) => rank.account === account);
  caption.textContent =
    account === 0
      ? `${queue.queued} of ${queue.total} positions of this side are in line`
      : ranks.length === 0
        ? `Account ${account} has no position on this side`
        : `Account ${account}`;
  setRows(
    table,
    ranks.map((rank) =>
      row(
        rank.rank ?? "–",
        String(rank.account),
        lights(rank),
        units(unitsOf(market, rank.lots)),
        rank.score === undefined ? "–" : (Number(rank.score) / SCORE_ONE).toPrecision(4),
      ),
    ),
  );
}

function lights({ rating }: Rank): HTMLElement {
  const dots = [1, 2, 3, 4, 5].map((light) => el("i", { class: light <= rating ? `on on-${rating}` : undefined }));
  return el("span", { class: "lights", role: "img", "aria-label": `${rating} of 5 lights` }, ...dots);
}
