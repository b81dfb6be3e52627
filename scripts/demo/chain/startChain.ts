/**
 * Starts the local chain with the exchange on it, and waits until it answers.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DemoError } from "../cli/demoError.ts";
import { isEnding, startChild } from "./children.ts";
import { onLines } from "./lines.ts";
import type { ServeOptions } from "./serveOptions.ts";

const SCRIPT = fileURLToPath(new URL("serve.ts", import.meta.url));
const TIMEOUT_MS = 120_000;

/** @returns The chain's endpoint. */
export async function startChain(options: ServeOptions): Promise<string> {
  if (!existsSync("artifacts/contracts/Exchange.sol"))
    throw new DemoError("the contracts are not compiled: npm run build");
  const child = startChild(SCRIPT, [JSON.stringify(options)]);
  const said: string[] = [];
  if (child.stderr !== null) onLines(child.stderr, (line) => said.push(line));

  const port = await new Promise<number>((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(`the local chain ${reason}\n${said.slice(-20).join("\n")}`));
    const timer = setTimeout(() => fail(`did not start within ${TIMEOUT_MS / 1000} s`), TIMEOUT_MS);
    child.on("exit", (code) => fail(`ended with code ${code}`));
    if (child.stdout === null) return fail("has no output");
    onLines(child.stdout, (line) => {
      said.push(line);
      const ready = /^\{"port":(\d+)\}$/.exec(line);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(Number(ready[1]));
    });
  });
  child.on("exit", (code) => {
    if (isEnding()) return;
    process.stderr.write(`demo: the local chain ended with code ${code}\n${said.slice(-20).join("\n")}\n`);
    process.exit(1);
  });
  return `http://127.0.0.1:${port}`;
}
