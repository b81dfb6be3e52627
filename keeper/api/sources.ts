/**
 * What the routes answer from.
 */
import type { EndpointHealth } from "../chain/createRpcPool.ts";
import { ApiError } from "./ApiError.ts";
import type { Board, Published, PublishedMarket } from "./createBoard.ts";
import type { History } from "./createHistory.ts";

export type Sources = {
  readonly board: Board;
  readonly history: History;
  readonly chainId: number;
  /** In the order of RPC_URL. */
  readonly endpoints?: () => readonly EndpointHealth[];
};

export function publishedOf({ board }: Sources): Published {
  const published = board.published();
  if (published === undefined) throw new ApiError(503, "Nothing is known yet: the keeper is reading its first block");
  return published;
}

/** @param name Number or name of a market, in any letter case. */
export function marketOf(published: Published, name: string): PublishedMarket {
  for (const market of published.markets.values()) {
    const { parameters } = market;
    if (String(parameters.id) === name || parameters.name.toLowerCase() === name.toLowerCase()) return market;
  }
  const known = [...published.markets.values()].map(({ parameters }) => parameters.name).join(", ");
  throw new ApiError(404, `There is no market ${name}; there are ${known}`);
}

export function riskOf({ risk, parameters, prices }: PublishedMarket) {
  if (risk !== undefined) return risk;
  const reason = prices.ok ? "its price was not read yet" : prices.reason;
  throw new ApiError(503, `The risk of ${parameters.name} is not known: ${reason}`);
}

export function blockOf({ block }: Pick<Published, "block">) {
  return { number: Number(block.number), hash: block.hash, timestamp: Number(block.timestamp) };
}
