/**
 * What a revert means to the keeper. By the decoded name of the error, never by its text or code.
 */
import type { Plan } from "../core/plan.ts";
import { ERROR_TABLE, type RevertClass } from "./errorTable.ts";

/** A trigger is its owner's order, and may meet what orders meet: a forced close never does. */
const TRADERS: ReadonlySet<string> = new Set(["FillRefused", "NothingToReduce"]);

/** @param kind Of the plan: without a list of its own, there is nothing stale about nobody's being eligible. */
export function classify(errorName: string, kind: Plan["kind"] = "deleverage"): RevertClass {
  if (kind !== "deleverage" && errorName === "NoEligibleCounterparty") return "not-yet";
  if (kind === "trigger" && TRADERS.has(errorName)) return "not-yet";
  return ERROR_TABLE[errorName]?.[0] ?? "unexpected";
}
