/**
 * The commands `tx list`, `tx show N` and `tx cancel N`: the journal, also while a keeper writes it. Needs no endpoint and no key: with the address
 * of a key the journal has its default place.
 */
import { existsSync } from "node:fs";
import { formatEther, formatGwei } from "viem";
import { readKey } from "../config/readKey.ts";
import type { SettingValues } from "../config/settings.ts";
import { journalPath } from "../createWorker.ts";
import { isAlive, readHolder } from "../db/acquireLock.ts";
import { createJournal } from "../db/createJournal.ts";
import { openDatabase } from "../db/openDatabase.ts";
import type { Intent } from "../db/types.ts";
import { ConfigError } from "../errors.ts";
import { toJson } from "../ops/toJson.ts";
import { formatTable } from "./formatTable.ts";

const LISTED = 50;

export function txCommand([action, number, ...rest]: readonly string[], settings: SettingValues): string {
  const known = action === "list" ? number === undefined : action === "show" || action === "cancel";
  if (!known || rest.length > 0) throw new ConfigError("tx needs list, show N or cancel N: see --help");
  const address = readKey(settings)?.account.address;
  if (settings.journal === undefined && address === undefined)
    throw new ConfigError("JOURNAL must be set, or the key whose journal it is");
  const path = journalPath(settings, address ?? "");
  if (!existsSync(path)) throw new ConfigError(`JOURNAL ${path} does not exist: nothing was signed yet`);
  const journal = createJournal(openDatabase(path));
  try {
    if (action === "list") return list(journal.list(LISTED), settings.json);
    const intent = /^\d+$/.test(number ?? "") ? journal.find(Number(number)) : undefined;
    if (intent === undefined) throw new ConfigError(`tx ${action}: there is no transaction ${number ?? ""}`);
    if (action === "show") return show(intent, settings.json);
    if (!journal.requestCancel(intent.id))
      throw new ConfigError(
        `tx cancel: transaction ${intent.id} is ${intent.status}; only an open one can be cancelled`,
      );
    const holder = readHolder(`${path}.lock`);
    const isRunning = holder !== undefined && isAlive(holder);
    return isRunning
      ? `The keeper (process ${holder.pid}) cancels transaction ${intent.id} with its next look at the chain.\n`
      : `Transaction ${intent.id} is cancelled when the keeper is started next.\n`;
  } finally {
    journal.close();
  }
}

function list(intents: readonly Intent[], json: boolean): string {
  if (json) return `${toJson(intents.map(summary))}\n`;
  if (intents.length === 0) return "nothing was signed yet\n";
  const rows = intents.map((intent) => {
    const { id, nonce, planKey, status, outcome, attempts, feePaid } = summary(intent);
    const fee = feePaid === undefined ? "" : formatEther(feePaid);
    return [String(id), String(nonce), planKey, status, outcome ?? "", String(attempts), fee];
  });
  return `${formatTable(["id", "nonce", "plan", "status", "outcome", "attempts", "fee (ether)"], rows)}\n`;
}

function summary({
  id,
  nonce,
  planKey,
  status,
  outcome,
  reason,
  attempts,
  feePaid,
  mined,
  plannedBlock,
  openedAt,
}: Intent) {
  const where = { hash: mined?.hash ?? attempts.at(-1)?.hash, minedBlock: mined?.block };
  return {
    id,
    nonce,
    planKey,
    status,
    outcome,
    reason,
    attempts: attempts.length,
    feePaid,
    plannedBlock,
    openedAt,
    ...where,
  };
}

function show(intent: Intent, json: boolean): string {
  if (json) return `${toJson(intent)}\n`;
  const {
    id,
    nonce,
    planKey,
    status,
    outcome,
    reason,
    plannedBlock,
    openedAt,
    mined,
    attempts,
    feePaid,
    cancelRequested,
  } = intent;
  const lines = [
    `transaction ${id}: ${planKey}, planned at block ${plannedBlock}, signed ${new Date(openedAt).toISOString()}`,
    `nonce ${nonce}, ${status}${cancelRequested ? ", cancellation asked for" : ""}`,
    mined === undefined ? "" : `in block ${mined.block} (${mined.blockHash}) as ${mined.hash}`,
    outcome === undefined ? "" : `outcome ${outcome}${reason ? `: ${reason}` : ""}`,
    feePaid === undefined ? "" : `fee ${formatEther(feePaid)} ether`,
  ].filter((line) => line !== "");
  const rows = attempts.map((one) => [
    one.hash,
    one.isCancel ? "cancel" : "call",
    String(one.block),
    formatGwei(one.maxFeePerGas),
    formatGwei(one.maxPriorityFeePerGas),
    String(one.gas),
    String(one.broadcasts),
  ]);
  const head = ["hash", "what", "block", "max fee (gwei)", "tip (gwei)", "gas", "broadcasts"];
  return `${lines.join("\n")}\n\n${formatTable(head, rows)}\n`;
}
