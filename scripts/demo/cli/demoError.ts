/**
 * Something that whoever started the demo can put right: one line on stderr, exit code 1, no stack.
 */
export class DemoError extends Error {
  override readonly name = "DemoError";
}
