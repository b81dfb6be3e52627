/**
 * Writes events, one a line: text with the time of day, or JSON. "idle" is text only when something was said since the last time.
 */
import type { Log } from "./events.ts";
import { formatEvent, type NameOf } from "./formatEvent.ts";
import { toJson } from "./toJson.ts";

export type CreateLogParameters = {
  readonly json: boolean;
  readonly nameOf: NameOf;
  readonly write: (line: string) => void;
};

export function createLog({ json, nameOf, write }: CreateLogParameters): Log {
  if (json) return (event) => write(toJson({ ...event, time: Date.now() }));
  let quiet = false;
  return (event) => {
    if (event.type === "idle" && quiet) return;
    quiet = event.type === "idle";
    write(`${new Date().toISOString().slice(11, 23)} ${formatEvent(event, nameOf)}`);
  };
}
