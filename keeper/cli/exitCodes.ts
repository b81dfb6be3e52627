/**
 * How the process ends, for whoever starts it again: 0 done; 1 something has to be changed or looked at first, do not restart; 75 (EX_TEMPFAIL of
 * sysexits.h) failed for now, restart.
 */
import { ConfigError } from "../errors.ts";
import { DeepReorgError } from "../state/DeepReorgError.ts";

export const EXIT = { done: 0, failed: 1, temporary: 75 } as const;

/** Everything that is not the operator's to change may go away: endpoints, blocks taken back, and defects that a new start gets around. */
export function exitCodeOf(error: unknown): number {
  // a person looks at the endpoints before anything is started again
  if (error instanceof DeepReorgError) return EXIT.failed;
  return error instanceof ConfigError ? EXIT.failed : EXIT.temporary;
}
