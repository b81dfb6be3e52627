/**
 * TypeScript without its types, by the same part of Node that runs the keeper's own files.
 */
import { stripTypeScriptTypes } from "node:module";

/** Types become spaces, so that lines and columns stay what they are in the source. */
export function stripTypes(source: string): string {
  return withoutWarning(() => stripTypeScriptTypes(source, { mode: "strip" }));
}

/** Node calls the function experimental at its first use. It runs all of the keeper: said once a start, it would only hide other warnings. */
function withoutWarning<T>(run: () => T): T {
  const emit = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return run();
  } finally {
    process.emitWarning = emit;
  }
}
