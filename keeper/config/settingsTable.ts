/**
 * The table of settings in docs/keeper.md, as `keeper config docs` prints it.
 */
import { formatEther } from "viem";
import { type Setting, settings } from "./settings.ts";

export function settingsTable(): string {
  const rows = Object.entries(settings as Record<string, Setting>).map(([name, setting]) => {
    const flag = setting.flag === undefined ? "" : `\`--${setting.flag}\``;
    const key = setting.isSecret === true ? "" : `\`${name}\``;
    return `| \`${setting.env}\` | ${flag} | ${key} | ${defaultOf(setting)} | ${setting.help} |`;
  });
  return ["| variable | flag | in the file | default | meaning |", "|---|---|---|---|---|", ...rows, ""].join("\n");
}

/** Amounts are wei inside, and ether where people read. */
export function defaultOf({ schema }: Setting): string {
  const result = schema.safeParse(undefined);
  return result.success ? shown(result.data) : "";
}

export function shown(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "bigint" ? formatEther(value) : String(value);
}
