/**
 * The HTTP server of a keeper: the API and the page. Opens a socket; knows nothing of keys or transactions.
 */
import { serve } from "@hono/node-server";
import type { Chain } from "../chain/connect.ts";
import { ConfigError } from "../errors.ts";
import { addOpsRoutes, type OpsSources } from "../ops/addOpsRoutes.ts";
import type { WorldPlan } from "../planWorld.ts";
import type { Advance } from "../state/createFollower.ts";
import { type AppOptions, createApp } from "./createApp.ts";
import { createBoard } from "./createBoard.ts";
import { createHistory, type HistoryLimits } from "./createHistory.ts";

export type StartServerParameters = AppOptions & {
  readonly chain: Chain;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly limits?: HistoryLimits;
  /** Health and metrics of the keeper that serves. */
  readonly ops?: OpsSources;
};

export type Server = {
  readonly url: string;
  /** To be told of every advance of the follower, before what is planned on it. */
  readonly onAdvance: (advance: Advance) => void;
  readonly onPlan: (plan: WorldPlan) => void;
  /** Resolves when everything announced so far is published. */
  readonly settled: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

/** Throws ConfigError when the address cannot be listened at. */
export async function startServer(parameters: StartServerParameters): Promise<Server> {
  const { chain, host, port } = parameters;
  const history = createHistory(parameters.limits);
  const board = createBoard(chain, history);
  const app = createApp(
    { board, history, chainId: chain.chainId, endpoints: () => chain.pool?.health() ?? [] },
    parameters,
  );
  if (parameters.ops !== undefined) addOpsRoutes(app, parameters.ops);
  const { server, actual } = await new Promise<{ server: ReturnType<typeof serve>; actual: number }>(
    (resolve, reject) => {
      const server = serve({ fetch: app.fetch, hostname: host, port }, ({ port: actual }) =>
        resolve({ server, actual }),
      );
      server.on("error", (cause) =>
        reject(
          new ConfigError(`HTTP_PORT ${port} on ${host} cannot be listened at`, { details: cause.message, cause }),
        ),
      );
    },
  );
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${shown}:${actual}`,
    onAdvance(advance) {
      history.onAdvance(advance);
      board.onAdvance(advance);
    },
    onPlan: board.onPlan,
    settled: board.settled,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // streams would stay open for ever
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
