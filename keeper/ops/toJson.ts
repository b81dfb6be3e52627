/**
 * JSON of values with bigints, which become decimal strings: a number would lose digits. Block numbers stay numbers.
 */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (typeof item !== "bigint") return item;
    return key === "block" ? Number(item) : item.toString();
  });
}
