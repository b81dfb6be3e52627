/**
 * The base of all errors that the keeper throws itself: a short message for the operator, the facts, and the cause.
 */

export type KeeperErrorOptions = { readonly details?: string | undefined; readonly cause?: unknown };

export class KeeperError extends Error {
  override readonly name: string = "KeeperError";
  readonly shortMessage: string;
  readonly details: string | undefined;

  constructor(shortMessage: string, options: KeeperErrorOptions = {}) {
    super(options.details === undefined ? shortMessage : `${shortMessage}: ${options.details}`, {
      cause: options.cause,
    });
    this.shortMessage = shortMessage;
    this.details = options.details;
  }
}

/** The operator has to change something: one line, exit code 1, no stack. */
export class ConfigError extends KeeperError {
  override readonly name = "ConfigError";
}

/** Nothing is wrong with the configuration: the same again may succeed. Exit code 75 (EX_TEMPFAIL). */
export class TemporaryError extends KeeperError {
  override readonly name: string = "TemporaryError";
}
