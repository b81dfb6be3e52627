/**
 * Calls back with every line of a stream, without its end.
 */
import type { Readable } from "node:stream";

export function onLines(stream: Readable, callback: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") callback(line);
  });
}
