/**
 * Reads a configuration file: JSON, one object, whose keys are the names of settings. Secrets have no place in it.
 */
import { readFileSync } from "node:fs";
import { ConfigError } from "../errors.ts";
import { type Setting, settings } from "./settings.ts";

export type ConfigFile = { readonly path: string; readonly values: ReadonlyMap<string, string> };

export function readConfigFile(path: string): ConfigFile {
  const content = parse(path);
  if (typeof content !== "object" || content === null || Array.isArray(content))
    throw new ConfigError(`Configuration file ${path} must hold one JSON object`);
  const known = new Map(Object.entries(settings) as [string, Setting][]);
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(content)) {
    const setting = known.get(name);
    if (setting === undefined)
      throw new ConfigError(`Configuration file ${path}: there is no setting ${name}${suggest(name, known.keys())}`);
    if (setting.isSecret === true)
      throw new ConfigError(`Configuration file ${path}: ${name} is a secret: set ${setting.env} instead`);
    values.set(name, textOf(path, name, value));
  }
  return { path, values };
}

function parse(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ConfigError(`Configuration file ${path} cannot be read`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`Configuration file ${path} is not JSON`, {
      details: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}

function textOf(path: string, name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => textOf(path, name, item)).join(",");
  if (["string", "number", "boolean"].includes(typeof value)) return String(value);
  throw new ConfigError(
    `Configuration file ${path}: ${name} must be a text, a number, true or false, or a list of them`,
  );
}

function suggest(name: string, known: Iterable<string>): string {
  const near = [...known].find((one) => one.toLowerCase() === name.replaceAll(/[-_]/g, "").toLowerCase());
  return near === undefined ? "" : `; did you mean ${near}?`;
}
