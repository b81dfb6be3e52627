/**
 * The command line: reads the settings, runs a command, turns its end into an exit code (0 done, 1 the operator has to change something, or try again, 3 a
 * reorganisation was refused).
 */
import dotenv from "dotenv";
import { readDeployment } from "../config/readDeployment.ts";
import { readSettings } from "../config/readSettings.ts";
import { usage } from "../config/usage.ts";
import { ConfigError } from "../errors.ts";
import { runKeeper } from "../runKeeper.ts";
import { DeepReorgError } from "../state/DeepReorgError.ts";
import { TakenBackError } from "./orTakenBack.ts";
import { printPlan } from "./printPlan.ts";
import { printRisk } from "./printRisk.ts";
import { readRiskFlags } from "./riskFlags.ts";

async function main(args: readonly string[]): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(usage());
    return;
  }
  dotenv.config({ quiet: true });
  // this command has flags that are not settings: it comes first
  const risk = args[0] === "risk" ? readRiskFlags(args.slice(1)) : undefined;
  const { values: settings, positionals } = readSettings(
    risk === undefined ? args : ["risk", ...risk.rest],
    process.env,
  );
  const [command = "run", ...rest] = positionals;
  if (rest.length > 0 || !["run", "plan", "risk"].includes(command)) {
    throw new ConfigError(`Unknown command ${positionals.join(" ")}: see --help`);
  }
  const path = settings.deployment ?? `deployments/${settings.chainId}.json`;
  const deployment = readDeployment(path, settings.chainId);
  if (command === "plan") return printPlan(settings, deployment);
  if (command === "risk") {
    if (risk === undefined) throw new ConfigError("risk must come before its flags: see --help");
    return printRisk(settings, deployment, risk);
  }

  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  await runKeeper({ settings, deployment, signal: stop.signal });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = error instanceof DeepReorgError ? error.exitCode : 1;
  const text =
    error instanceof ConfigError || error instanceof TakenBackError || error instanceof DeepReorgError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`keeper: ${text}\n`);
});
