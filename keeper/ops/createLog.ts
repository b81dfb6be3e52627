/**
 * Writes events, one a line: text with the time of day, or JSON (pino: level, time, the event's fields, and the sentence as `msg`). "idle" is
 * text only when something was said since the last time.
 */
import pino from "pino";
import type { Log } from "./events.ts";
import { formatEvent, type NameOf } from "./formatEvent.ts";
import { levelOf } from "./levelOf.ts";
import { toJson } from "./toJson.ts";

export type CreateLogParameters = {
  readonly json: boolean;
  readonly nameOf: NameOf;
  readonly write: (line: string) => void;
  /** Takes secrets out. */
  readonly redact?: (text: string) => string;
};

export function createLog({ json, nameOf, write, redact = (text) => text }: CreateLogParameters): Log {
  if (json) {
    const stream = { write: (line: string) => write(redact(line.trimEnd())) };
    const logger = pino({ level: "debug", base: null, formatters: { level: (level) => ({ level }) } }, stream);
    // pino knows no bigints; what is left after this has none
    return (event) => logger[levelOf(event)](JSON.parse(toJson(event)) as object, formatEvent(event, nameOf));
  }
  let quiet = false;
  return (event) => {
    if (event.type === "idle" && quiet) return;
    quiet = event.type === "idle";
    write(redact(`${new Date().toISOString().slice(11, 23)} ${formatEvent(event, nameOf)}`));
  };
}
