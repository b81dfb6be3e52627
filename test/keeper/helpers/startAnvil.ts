/**
 * A Foundry node as a process of its own; undefined where its binary is not installed (it is an optional package a platform).
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";

export type Anvil = { readonly url: string; readonly stop: () => void };

/** @param more Arguments beside the port; by default it makes no blocks by itself. */
export async function startAnvil(more: readonly string[] = ["--no-mining"]): Promise<Anvil | undefined> {
  const { platform, arch } = process;
  const name = `@foundry-rs/anvil-${platform}-${arch === "x64" ? "amd64" : arch}`;
  let binary: string;
  try {
    binary = createRequire(import.meta.url).resolve(`${name}/bin/anvil`);
  } catch (error) {
    if (
      error instanceof Error &&
      "code" in error &&
      /^(MODULE_NOT_FOUND|ERR_PACKAGE_PATH_NOT_EXPORTED)$/.test(String(error.code))
    ) {
      return undefined;
    }
    throw error;
  }
  const child = spawn(binary, ["--port", "0", "--chain-id", "31337", ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`anvil ended with ${code}: ${text}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = /Listening on ([\d.]+:\d+)/.exec(text);
      if (found !== null) resolve(`http://${found[1]}`);
    });
  });
  return { url, stop: () => child.kill("SIGKILL") };
}
