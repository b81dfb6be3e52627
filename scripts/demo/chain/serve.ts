/**
 * The demo's local chain, a process of its own: an in-process Hardhat network with the exchange deployed on it, served as JSON-RPC.
 *
 *     node scripts/demo/chain/serve.ts '{"accounts":305,"start":1760129400,"btc":116830,"eth":4060,"interval":15,"deployment":"FILE"}'
 *
 * Prints one line of JSON when it is ready. Ends when its standard input does, so that it never outlives the demo. Requests of a batch
 * are carried out one after the other: that makes a run repeatable, which Hardhat's own server does not promise.
 */
import { writeFileSync } from "node:fs";
import { network } from "hardhat";
import { deployPlimsoll } from "../../lib/deployPlimsoll.ts";
import { describeDeployment } from "../../lib/describeDeployment.ts";
import { listingsFor } from "../market/listings.ts";
import { createRpcServer } from "./createRpcServer.ts";
import { keyOf } from "./keys.ts";
import type { ServeOptions } from "./serveOptions.ts";

/** Hundreds of traders in one block; a transaction still has the cap of EIP-7825. */
const BLOCK_GAS_LIMIT = 8_000_000_000;
const BALANCE = 10_000n * 10n ** 18n;

const options = JSON.parse(process.argv[2] ?? "{}") as ServeOptions;
const accounts = Array.from({ length: options.accounts }, (_, i) => ({ privateKey: keyOf(i), balance: BALANCE }));
const connection = await network.create({
  network: "node",
  override: {
    accounts,
    // blocks faster than one a second, as on any rollup: the keeper's blocks share the second of the price they answer to
    allowBlocksWithSameTimestamp: true,
    blockGasLimit: BLOCK_GAS_LIMIT,
    initialDate: new Date(options.start * 1000),
    loggingEnabled: false,
  },
});
const listings = listingsFor(options, options.interval);
const deployed = await deployPlimsoll(connection, { listings });
writeFileSync(options.deployment, describeDeployment(31337, deployed));

const server = await createRpcServer((method, params) => connection.provider.request({ method, params }));
process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined); // the demo decides when it is over
process.stdin.resume().on("end", () => process.exit(0));
