/**
 * One line about an error of any kind, without the request that viem appends: it would repeat addresses, data and endpoint keys.
 */
import { BaseError } from "viem";
import { KeeperError } from "../errors.ts";

/** Some endpoints answer with a page of HTML. */
const MAX_LENGTH = 200;

export function describeError(error: unknown): string {
  if (error instanceof KeeperError) return error.message;
  if (error instanceof BaseError) {
    // What the node or the operating system said is deepest down; viem's own summary of it is on top.
    const root = error.walk();
    const cause = root instanceof BaseError || !(root instanceof Error) ? error.details : root.message;
    const summary = oneLine(error.shortMessage);
    const details = oneLine(cause || error.details || "");
    return details === "" || summary.includes(details) ? summary : `${summary} (${details})`;
  }
  return oneLine(error instanceof Error ? error.message : String(error));
}

function oneLine(text: string): string {
  return text
    .replace(/\n[\s\S]*/, "")
    .replace(/https?:\/\/\S+/g, (url) => (URL.canParse(url) ? new URL(url).origin : "the endpoint"))
    .trim()
    .slice(0, MAX_LENGTH);
}
