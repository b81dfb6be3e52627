/**
 * The command line: reads the settings, runs a command, turns its end into an exit code (exitCodes.ts).
 */
import dotenv from "dotenv";
import { type Deployment, readDeployment } from "../config/readDeployment.ts";
import { type ReadSettingsReturnType, readSettings } from "../config/readSettings.ts";
import { usage } from "../config/usage.ts";
import { ConfigError, KeeperError } from "../errors.ts";
import { createRedactor, secretsOfUrl } from "../ops/createRedactor.ts";
import { runKeeper } from "../runKeeper.ts";
import { checkCommand } from "./checkCommand.ts";
import { configCommand } from "./configCommand.ts";
import { drillCommand } from "./drillCommand.ts";
import { readDrillFlags } from "./drillFlags.ts";
import { EXIT, exitCodeOf } from "./exitCodes.ts";
import { printPlan } from "./printPlan.ts";
import { printRisk } from "./printRisk.ts";
import { replayCommand } from "./replayCommand.ts";
import { readReplayFlags } from "./replayFlags.ts";
import { readRiskFlags } from "./riskFlags.ts";
import { statusCommand } from "./statusCommand.ts";
import { txCommand } from "./txCommand.ts";

/** What may stand in an error's text by accident. */
let redact = createRedactor([]);

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) return say(usage());
  dotenv.config({ quiet: true });
  const {
    KEEPER_PRIVATE_KEY: key,
    KEEPER_KEYSTORE_PASSWORD: password,
    ALERT_WEBHOOK: webhook,
    RPC_URL: rpc,
    WS_URL: ws,
  } = process.env;
  redact = createRedactor([key?.replace(/^0x/, ""), password, ...[webhook, rpc, ws].flatMap(secretsOfUrl)]);
  // the flags of a command's own are not settings: they are taken out first
  const [name, ...others] = args;
  const own: OwnFlags = {
    ...(name === "risk" ? { risk: readRiskFlags(others) } : {}),
    ...(name === "drill" ? { drill: readDrillFlags(others) } : {}),
    ...(name === "replay" ? { replay: readReplayFlags(others) } : {}),
  };
  const rest = (own.risk ?? own.drill ?? own.replay)?.rest;
  const read = readSettings(rest === undefined || name === undefined ? args : [name, ...rest], process.env);
  const [command = "run", ...words] = read.positionals;
  return runCommand(command, words, read, own);
}

type OwnFlags = {
  readonly risk?: ReturnType<typeof readRiskFlags>;
  readonly drill?: ReturnType<typeof readDrillFlags>;
  readonly replay?: ReturnType<typeof readReplayFlags>;
};

async function runCommand(
  command: string,
  rest: readonly string[],
  read: ReadSettingsReturnType,
  own: OwnFlags,
): Promise<number> {
  const settings = read.values;
  if (command === "config") return say(configCommand(rest, read));
  if (command === "tx") return say(txCommand(rest, settings));
  if (rest.length > 0) throw new ConfigError(`Unknown command ${command} ${rest.join(" ")}: see --help`);
  if (command === "status") {
    const { text, isAlert } = await statusCommand(settings);
    say(text);
    return isAlert ? EXIT.temporary : EXIT.done;
  }
  const deployment = (): Deployment =>
    readDeployment(settings.deployment ?? `deployments/${settings.chainId}.json`, settings.chainId);
  switch (command) {
    case "plan":
      await printPlan(settings, deployment());
      return EXIT.done;
    case "risk":
      await printRisk(settings, deployment(), required(command, own.risk));
      return EXIT.done;
    case "drill": {
      const { text, cleared } = await drillCommand(settings, deployment(), required(command, own.drill));
      say(text);
      return cleared ? EXIT.done : EXIT.failed;
    }
    case "replay":
      await replayCommand(settings, deployment(), required(command, own.replay), untilSignal());
      return EXIT.done;
    case "check": {
      const { text, failed } = await checkCommand(settings, deployment());
      say(text);
      return failed ? EXIT.failed : EXIT.done;
    }
    case "run":
      await runKeeper({ settings, deployment: deployment(), signal: untilSignal() });
      return EXIT.done;
    default:
      throw new ConfigError(`Unknown command ${command}: see --help`);
  }
}

function required<T>(command: string, flags: T | undefined): T {
  if (flags === undefined) throw new ConfigError(`${command} must come before its flags: see --help`);
  return flags;
}

function untilSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // asked twice: at once. What is open is in the journal
      if (stop.signal.aborted) process.exit(EXIT.temporary);
      stop.abort();
    });
  }
  return stop.signal;
}

function say(text: string): number {
  process.stdout.write(text);
  return EXIT.done;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.exitCode = exitCodeOf(error);
    const text =
      error instanceof KeeperError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(redact(`keeper: ${text}\n`));
  },
);
