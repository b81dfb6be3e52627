/**
 * `npm run adl:audit`: anybody's own check of who was deleveraged, from logs alone. See --help.
 */
import { createPublicClient, http, type PublicClient } from "viem";
import { AuditError } from "../../keeper/audit/AuditError.ts";
import { auditHistory } from "../../keeper/audit/auditHistory.ts";
import { readHistory } from "../../keeper/audit/readHistory.ts";
import { describeError } from "../../keeper/chain/describeError.ts";
import { type Deployment, readDeployment } from "../../keeper/config/readDeployment.ts";
import { ConfigError } from "../../keeper/errors.ts";
import { toJson } from "../../keeper/ops/toJson.ts";
import { type AuditFlags, readAuditFlags, USAGE } from "./readAuditFlags.ts";
import { toText } from "./toText.ts";

async function main(args: readonly string[]): Promise<number> {
  const flags = readAuditFlags(args, process.env);
  if (flags.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const client = createPublicClient({
    transport: http(flags.rpc, { batch: { batchSize: 100, wait: 0 } }),
    cacheTime: 0,
  });
  const chainId = await client.getChainId().catch((cause: unknown) => {
    // only the origin: paths and queries of endpoints hold access keys
    throw new AuditError(`${new URL(flags.rpc).origin} does not answer: ${describeError(cause)}`, { cause });
  });
  const deployment = readDeployment(flags.deployment ?? `deployments/${chainId}.json`, chainId);
  const verdicts = await audit(client, deployment, flags);
  const names = new Map(deployment.markets.map(({ id, name }) => [id, name]));
  process.stdout.write(flags.json ? `${toJson({ verdicts })}\n` : `${toText(verdicts, names)}\n`);
  return verdicts.every(({ right }) => right) ? 0 : 2;
}

async function audit(client: PublicClient, deployment: Deployment, { tx, range }: AuditFlags) {
  const toBlock = tx === undefined ? await client.getBlockNumber() : await blockOf(client, tx);
  const { exchange, startBlock } = deployment;
  const transactions = readHistory(client, { exchange, fromBlock: BigInt(startBlock), toBlock, range });
  const verdicts = await auditHistory({ transactions, hash: tx });
  if (tx !== undefined && verdicts.length === 0)
    throw new AuditError(`Transaction ${tx} has no deleveraging call of the exchange ${exchange}`);
  return verdicts;
}

async function blockOf(client: PublicClient, hash: `0x${string}`): Promise<bigint> {
  const receipt = await client.getTransactionReceipt({ hash }).catch((cause: unknown) => {
    if (cause instanceof Error && cause.name === "TransactionReceiptNotFoundError")
      throw new AuditError(`There is no transaction ${hash} on this chain, or it is not mined yet`, { cause });
    throw cause;
  });
  if (receipt.status !== "success") throw new AuditError(`Transaction ${hash} was reverted: it deleveraged nobody`);
  return receipt.blockNumber;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof AuditError || error instanceof ConfigError;
    const text = known ? error.message : describeError(error);
    process.stderr.write(`adl:audit: ${text.split("\n")[0]}\n`);
    process.exitCode = 1;
  },
);
