/**
 * The commands `config print` (the settings in force) and `config docs` (the tables of settings and of errors in docs/keeper.md).
 */
import type { ReadSettingsReturnType } from "../config/readSettings.ts";
import { type Setting, type SettingName, settings } from "../config/settings.ts";
import { settingsTable, shown } from "../config/settingsTable.ts";
import { ConfigError } from "../errors.ts";
import { glossary } from "../ops/glossary.ts";
import { secretsOfUrl } from "../ops/createRedactor.ts";
import { formatTable } from "./formatTable.ts";

export function configCommand(rest: readonly string[], read: ReadSettingsReturnType): string {
  if (rest.length === 1 && rest[0] === "docs") return `${settingsTable()}\n${glossary()}`;
  if (rest.length !== 1 || rest[0] !== "print") throw new ConfigError("config needs print or docs: see --help");
  const rows = (Object.entries(settings) as [SettingName, Setting][]).map(([name, setting]) => {
    const value = read.values[name];
    const text = setting.isSecret === true && value !== undefined ? "(set)" : hideKeys(shown(value));
    return [name, setting.env, text, read.sources[name]];
  });
  return `${formatTable(["setting", "variable", "value", "from"], rows)}\n`;
}

/** Addresses of endpoints, one or several with commas, hold access keys. */
function hideKeys(text: string): string {
  if (secretsOfUrl(text).length === 0) return text;
  const hidden = text.split(",").map((address) => {
    const url = address.trim();
    if (!URL.canParse(url)) return "…";
    const { protocol, host } = new URL(url);
    return secretsOfUrl(url).length === 0 ? url : `${protocol}//${host}/…`;
  });
  return hidden.join(",");
}
