/**
 * The help text, from the table of settings.
 */
import { type Setting, settings } from "./settings.ts";

export function usage(): string {
  const lines = (Object.values(settings) as Setting[]).map((setting) => {
    const fallback = setting.schema.safeParse(undefined);
    const value = fallback.success && fallback.data !== undefined ? ` [${fallback.data}]` : "";
    const flag = setting.flag === undefined ? "" : `--${setting.flag}`;
    return `  ${flag.padEnd(22)}${setting.env.padEnd(20)}${setting.help}${value}`;
  });
  return [
    "npm run keeper [-- FLAGS]        follow the chain; in mode armed, liquidate and deleverage",
    "npm run keeper -- plan [--json]  print what would be done now, then exit",
    "npm run keeper -- risk [--market ETH] [--shock -20%] [--json]",
    "                                 print where the solvency line is, and what a move of the price would do",
    "",
    `  ${"flag".padEnd(22)}${"variable".padEnd(20)}meaning [default]`,
    ...lines,
    "",
  ].join("\n");
}
