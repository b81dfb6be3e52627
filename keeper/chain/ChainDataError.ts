/**
 * An endpoint's answers do not fit together. Asking again, or another one, can help.
 */
import { KeeperError } from "../errors.ts";

export class ChainDataError extends KeeperError {
  override readonly name = "ChainDataError";
}
