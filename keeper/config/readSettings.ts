/**
 * Reads the settings: flags win over the environment, that over the configuration file, that over the defaults. Throws ConfigError with one line that
 * names what is wrong.
 */
import { parseArgs } from "node:util";
import { ConfigError } from "../errors.ts";
import { type ConfigFile, readConfigFile } from "./readConfigFile.ts";
import { type Setting, type SettingName, type SettingValues, settings } from "./settings.ts";

export type ReadSettingsReturnType = {
  readonly values: SettingValues;
  /** Where each value comes from: a flag, a variable, the file, or the default. */
  readonly sources: Readonly<Record<SettingName, string>>;
  /** What is not a flag: the command. */
  readonly positionals: readonly string[];
};

type Environment = Readonly<Record<string, string | undefined>>;
type Given = { readonly text: string | undefined; readonly label: string };

/** The file itself is named beside the settings, because it holds them. */
export const CONFIG_FLAG = "config";
export const CONFIG_ENV = "KEEPER_CONFIG";

export function readSettings(args: readonly string[], environment: Environment): ReadSettingsReturnType {
  const { flags, positionals } = readFlags(args);
  const path = flags[CONFIG_FLAG] ?? environment[CONFIG_ENV];
  const file = typeof path === "string" && path !== "" ? readConfigFile(path) : undefined;
  const values: Partial<Record<SettingName, unknown>> = {};
  const sources: Partial<Record<SettingName, string>> = {};
  for (const [name, setting] of Object.entries(settings) as [SettingName, Setting][]) {
    const given = giveText(name, setting, flags, environment, file);
    const result = setting.schema.safeParse(given.text);
    if (!result.success) throw new ConfigError(`${given.label} ${result.error.issues[0]?.message ?? "is not valid"}`);
    values[name] = result.data;
    sources[name] = given.text === undefined ? "default" : given.label;
  }
  // Each key was parsed by the schema that its type comes from.
  const complete = values as SettingValues;
  checkKey(complete);
  return { values: complete, sources: sources as Record<SettingName, string>, positionals };
}

function checkKey({ mode, privateKey, keyFile, keystore }: SettingValues): void {
  const count = [privateKey, keyFile, keystore].filter((source) => source !== undefined).length;
  if (count > 1) throw new ConfigError("KEEPER_PRIVATE_KEY, KEEPER_KEY_FILE and KEEPER_KEYSTORE: only one may be set");
  if (mode === "armed" && count === 0) {
    throw new ConfigError("KEEPER_PRIVATE_KEY must be set in mode armed (or KEEPER_KEY_FILE, or KEEPER_KEYSTORE)");
  }
}

function readFlags(args: readonly string[]) {
  const options: Record<string, { type: "string" | "boolean" }> = { [CONFIG_FLAG]: { type: "string" } };
  for (const { flag, isSwitch } of Object.values(settings) as Setting[]) {
    if (flag !== undefined) options[flag] = { type: isSwitch === true ? "boolean" : "string" };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { flags: values, positionals };
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split(/\. |\n/)[0] ?? "") : String(cause);
    throw new ConfigError(message, { cause });
  }
}

/** An empty variable counts as not set: that is how .env files leave things out. */
function giveText(
  name: SettingName,
  setting: Setting,
  flags: Record<string, unknown>,
  environment: Environment,
  file: ConfigFile | undefined,
): Given {
  const flag = setting.flag === undefined ? undefined : flags[setting.flag];
  if (flag !== undefined) return { text: String(flag), label: `--${setting.flag}` };
  const text = environment[setting.env];
  if (text !== undefined && text !== "") return { text, label: setting.env };
  const line = file?.values.get(name);
  return line === undefined ? { text: undefined, label: setting.env } : { text: line, label: `${file?.path}: ${name}` };
}
