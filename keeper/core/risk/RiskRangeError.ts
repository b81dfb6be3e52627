/**
 * The engine was given something outside the range in which its arithmetic is exact. The message names what, and the limit.
 */
import { KeeperError } from "../../errors.ts";

export class RiskRangeError extends KeeperError {
  override readonly name = "RiskRangeError";
}
