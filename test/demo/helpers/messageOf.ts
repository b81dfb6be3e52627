/**
 * The message of the error that a function throws, which must be of this class and one line long.
 */
import assert from "node:assert/strict";

export function messageOf(type: new (message: string) => Error, run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof type, String(error));
    assert.ok(!error.message.includes("\n"), "one line");
    return error.message;
  }
  throw new Error("nothing was thrown");
}
