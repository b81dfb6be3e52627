/**
 * Something that whoever asked for an audit can put right: one line on stderr, exit code 1, no stack.
 */
export class AuditError extends Error {
  override readonly name = "AuditError";
}
