/**
 * Takes the flags that belong to one command out of the arguments, before the settings are read from what is left. They are not settings of the
 * keeper, and a value like -20% begins with a dash, which parsers of flags refuse.
 */
import { ConfigError } from "../errors.ts";

export type TakenFlags<Name extends string> = {
  /** In the order given; empty for a flag that was not given. */
  readonly all: (name: Name) => readonly string[];
  /** Throws ConfigError when it was given twice. */
  readonly one: (name: Name) => string | undefined;
  /** What is left, for the settings. */
  readonly rest: readonly string[];
};

/** `--name value` and `--name=value`. Throws ConfigError for a flag without a value. */
export function takeFlags<const Name extends string>(
  args: readonly string[],
  names: readonly Name[],
): TakenFlags<Name> {
  const found = new Map<Name, string[]>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [flag = "", ...inline] = (args[i] ?? "").split("=");
    const name = names.find((known) => flag === `--${known}`);
    if (name === undefined) {
      rest.push(args[i] ?? "");
      continue;
    }
    const value = inline.length > 0 ? inline.join("=") : args[++i];
    if (value === undefined || value === "") throw new ConfigError(`--${name} needs a value`);
    found.set(name, [...(found.get(name) ?? []), value]);
  }
  const all = (name: Name) => found.get(name) ?? [];
  const one = (name: Name) => {
    const [value, ...more] = all(name);
    if (more.length > 0) throw new ConfigError(`--${name} is given twice`);
    return value;
  };
  return { all, one, rest };
}

/** A whole number from `least` to `most`; `fallback` when the flag was not given. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  { least, most, fallback }: { readonly least: number; readonly most: number; readonly fallback: number },
): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new ConfigError(`--${name} must be a whole number from ${least} to ${most}: ${text}`);
}
