/**
 * Plans as text and back, exactly: a bigint becomes "123n".
 */
import type { Plan } from "../core/plan.ts";

export function writePlan(plan: Plan): string {
  return JSON.stringify(plan, (_, item: unknown) => (typeof item === "bigint" ? `${item}n` : item));
}

export function readPlan(text: string): Plan {
  return JSON.parse(text, (_, item: unknown) =>
    typeof item === "string" && /^-?\d+n$/.test(item) ? BigInt(item.slice(0, -1)) : item,
  ) as Plan;
}
