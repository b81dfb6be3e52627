/**
 * A demo as a process of its own, with its page.
 */
import { type ChildProcess, spawn } from "node:child_process";

/** A crash on a chain of its own, and the address of the page that watches it. */
export function startDemo(): Promise<{ demo: ChildProcess; url: string }> {
  const args = ["scripts/demo.ts", "--ui", "--shock", "--accounts", "60"];
  // `npm test` has built before
  const env = { ...process.env, DEMO_NO_COMPILE: "1" };
  const demo = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  return new Promise((resolve, reject) => {
    let said = "";
    demo.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const found = /The page: (http:\S+)/.exec(said);
      if (found?.[1] !== undefined) resolve({ demo, url: found[1] });
    });
    demo.on("exit", (code) => reject(new Error(`the demo ended with code ${code}\n${said.slice(-2_000)}`)));
  });
}
