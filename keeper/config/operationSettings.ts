/**
 * Settings of operation: health, alerts, the end.
 */
import { z } from "zod";
import { ether, integer } from "./parsers.ts";

export const operationSettings = {
  minBalance: {
    env: "MIN_BALANCE",
    flag: "min-balance",
    help: "ether on the key's account below which an alert is raised",
    schema: ether("0.05"),
  },
  headSeconds: {
    env: "HEAD_SECONDS",
    flag: "head-seconds",
    help: "seconds without a new block after which the keeper is not ready; 0 for chains that make blocks on demand",
    schema: integer(0, 86_400, 120),
  },
  unresolvedBlocks: {
    env: "UNRESOLVED_BLOCKS",
    flag: "unresolved-blocks",
    help: "blocks after which work that nobody has done raises an alert",
    schema: integer(1, 100_000, 25),
  },
  alertWebhook: {
    env: "ALERT_WEBHOOK",
    isSecret: true,
    help: "address that alerts are posted to as JSON",
    schema: z
      .string()
      .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), "must be an http or https URL")
      .optional(),
  },
  alertRepeatSeconds: {
    env: "ALERT_REPEAT_SECONDS",
    flag: "alert-repeat-seconds",
    help: "seconds after which an alert that still holds is posted again",
    schema: integer(1, 604_800, 3_600),
  },
  shutdownSeconds: {
    env: "SHUTDOWN_SECONDS",
    flag: "shutdown-seconds",
    help: "seconds that a stopping keeper waits for an open transaction; its journal goes on with it next time",
    schema: integer(0, 3_600, 10),
  },
};
