/**
 * Places at which a process may die with different things done. Tests die there; a keeper passes them by.
 */
export type CrashPoint =
  /** A plan is simulated, and nothing is signed. */
  | "planned"
  /** The bytes are in the journal, and no node has seen them. */
  | "committed"
  /** A node may have them, and the journal does not say so. */
  | "sent"
  /** A block has them, and the journal does not say so. */
  | "mined"
  /** The outcome is in the journal, and nobody was told. */
  | "judged";

export type CrashHook = (point: CrashPoint) => void;
