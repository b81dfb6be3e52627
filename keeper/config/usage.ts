/**
 * The help text, from the table of settings.
 */
import { type Setting, settings } from "./settings.ts";
import { defaultOf } from "./settingsTable.ts";

export function usage(): string {
  const lines = (Object.values(settings) as Setting[]).map((setting) => {
    const fallback = defaultOf(setting);
    const value = fallback === "" ? "" : ` [${fallback}]`;
    const flag = setting.flag === undefined ? "" : `--${setting.flag}`;
    return `  ${flag.padEnd(26)}${setting.env.padEnd(31)}${setting.help}${value}`;
  });
  return [
    "npm run keeper [-- FLAGS]        follow the chain; in mode armed, liquidate and deleverage",
    "npm run keeper -- check          whether it could run: settings, endpoint, contracts, key, balance, journal",
    "npm run keeper -- status         what a running keeper says of itself (needs HTTP_PORT)",
    "npm run keeper -- plan [--json]  print what would be done now, then exit",
    "npm run keeper -- risk [--market ETH] [--shock -20%] [--json]",
    "                                 print where the solvency line is, and what a move of the price would do",
    "npm run keeper -- drill [--shock -30%] [--shock BTC=x0.7] [--shock BTC=65000] [--bankrupt 5] [--json]",
    "                                 rehearse a crash on a node for development (Hardhat, anvil) and put its chain back: shock",
    "                                 the price, let the keeper work as a stranger, report; 0 when everything was cleared, else 1.",
    "                                 --bankrupt N: without a shock, as little as makes N accounts a market bankrupt [5];",
    "                                 --max-blocks [500], --max-seconds [600]: end it then; --block-seconds [12]: the chain's time",
    "                                 between blocks; --feed-age [0]: seconds by which the shocked price is old",
    "npm run keeper -- replay --from N [--to N] [--market BTC] [--json]",
    "                                 what would have been done in past blocks, against what was done, scored as in mode shadow",
    "npm run keeper -- tx list        what was signed, newest first",
    "npm run keeper -- tx show N      one of them, with every attempt",
    "npm run keeper -- tx cancel N    take an open one back with a transfer to ourselves",
    "npm run keeper -- config print   the settings in force, and where each comes from",
    "npm run keeper -- config docs    the table of settings for docs/keeper.md",
    "",
    "exit codes: 0 done, 1 something has to be changed or looked at first, 75 failed for now: start it again",
    "",
    `  ${"flag".padEnd(26)}${"variable".padEnd(31)}meaning [default]`,
    `  ${"--config".padEnd(26)}${"KEEPER_CONFIG".padEnd(31)}file with settings: JSON, keys as \`config print\` shows them`,
    ...lines,
    "",
  ].join("\n");
}
