/**
 * Compiles the contracts if they are not compiled, or not as they are now. Hardhat decides; that alone takes a second or two.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Progress } from "../report/createProgress.ts";

const HARDHAT = fileURLToPath(import.meta.resolve("hardhat")).replace(/index\.js$/, "cli.js");

/** In the working directory, as every other npm script. */
export async function compileContracts(progress: Progress): Promise<void> {
  if (process.env["DEMO_NO_COMPILE"] === "1") return;
  progress.say("Compiling the contracts, if need be: the first time that takes a minute.");
  const child = spawn(process.execPath, [HARDHAT, "build", "--quiet"], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  if (code !== 0) throw new Error(`the contracts do not compile:\n${output}`);
}
