/**
 * deploy/supervise.sh: which ends of a keeper it starts again after, and that signals reach the keeper.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT } from "../../keeper/cli/exitCodes.ts";

const directory = mkdtempSync(join(tmpdir(), "plimsoll-supervise-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

/** A keeper that ends with these codes, run after run, and then waits for SIGTERM. Notes each start in a file. */
function supervise(name: string, codes: readonly (number | "KILL")[]) {
  const log = join(directory, name);
  const keeper = `
    const fs = require("node:fs");
    fs.appendFileSync(${JSON.stringify(log)}, "start\\n");
    const runs = fs.readFileSync(${JSON.stringify(log)}, "utf8").split("\\n").filter((line) => line === "start").length;
    const code = ${JSON.stringify(codes)}[runs - 1];
    if (code === "KILL") process.kill(process.pid, "SIGKILL");
    else if (code !== undefined) process.exit(code);
    process.on("SIGTERM", () => { fs.appendFileSync(${JSON.stringify(log)}, "term\\n"); setTimeout(() => process.exit(0), 100); });
    fs.appendFileSync(${JSON.stringify(log)}, "waiting\\n");
    setInterval(() => undefined, 1000);`;
  const child = spawn("deploy/supervise.sh", [process.execPath, "-e", keeper], {
    env: { PATH: process.env["PATH"], SUPERVISE_PAUSE: "0" },
  });
  const end = new Promise<number | null>((resolve) => child.on("close", resolve));
  const lines = () => readFileSync(log, "utf8").trimEnd().split("\n");
  const until = async (line: string) => {
    for (let i = 0; i < 400; i++) {
      await new Promise((resolve) => setTimeout(resolve, 25));
      try {
        if (lines().includes(line)) return;
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
      }
    }
    assert.fail(`${line} never came`);
  };
  return { child, end, lines, until };
}

test("default: again after 75 and after a crash; a person's matter (1) and a proper end (0) are handed on", async () => {
  const failed = supervise("failed", [EXIT.temporary, EXIT.temporary, "KILL", EXIT.failed]);
  assert.equal(await failed.end, 1);
  assert.equal(failed.lines().length, 4);
  const done = supervise("done", [EXIT.done]);
  assert.equal(await done.end, 0);
  assert.equal(done.lines().length, 1);
});

test("behavior: SIGTERM and SIGINT reach the keeper, which ends in its own time, and nothing is started again", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const { child, end, lines, until } = supervise(signal, [EXIT.temporary]);
    await until("waiting");
    child.kill(signal);
    assert.equal(await end, 0);
    assert.deepEqual(lines(), ["start", "start", "waiting", "term"]);
  }
});

test("behavior: what Docker is told: no restarts of its own, the keeper under the script, which the image has", () => {
  const read = (path: string) => readFileSync(new URL(`../../deploy/${path}`, import.meta.url), "utf8");
  assert.match(read("compose.yaml"), /^ {2}restart: "no"$/m);
  assert.match(read("compose.yaml"), /^ {2}entrypoint: \["deploy\/supervise\.sh", "node", "keeper\/cli\/main\.ts"\]$/m);
  assert.match(read("Dockerfile"), /^COPY deploy\/supervise\.sh deploy\/$/m);
});
