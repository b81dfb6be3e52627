/**
 * Reads the settings from flags and environment; flags win. Throws ConfigError with one line that names what is wrong.
 */
import { parseArgs } from "node:util";
import { ConfigError } from "../errors.ts";
import { type Setting, type SettingName, type SettingValues, settings } from "./settings.ts";

export type ReadSettingsReturnType = {
  readonly values: SettingValues;
  /** What is not a flag: the command. */
  readonly positionals: readonly string[];
};

type Environment = Readonly<Record<string, string | undefined>>;
type Given = { readonly text: string | undefined; readonly label: string };

export function readSettings(args: readonly string[], environment: Environment): ReadSettingsReturnType {
  const { flags, positionals } = readFlags(args);
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const [name, setting] of Object.entries(settings) as [SettingName, Setting][]) {
    const given = giveText(setting, flags, environment);
    const result = setting.schema.safeParse(given.text);
    if (!result.success) throw new ConfigError(`${given.label} ${result.error.issues[0]?.message ?? "is not valid"}`);
    values[name] = result.data;
  }
  // Each key was parsed by the schema that its type comes from.
  const complete = values as SettingValues;
  if (complete.mode === "armed" && complete.privateKey === undefined) {
    throw new ConfigError("KEEPER_PRIVATE_KEY must be set in mode armed");
  }
  return { values: complete, positionals };
}

function readFlags(args: readonly string[]) {
  const options: Record<string, { type: "string" | "boolean" }> = {};
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
function giveText(setting: Setting, flags: Record<string, unknown>, environment: Environment): Given {
  const flag = setting.flag === undefined ? undefined : flags[setting.flag];
  if (flag !== undefined) return { text: String(flag), label: `--${setting.flag}` };
  const text = environment[setting.env];
  return { text: text === undefined || text === "" ? undefined : text, label: setting.env };
}
