/**
 * JSON that gives bigints back as bigints: each is an object with its decimal digits, `{"n":"12"}`.
 */
export function toText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === "bigint" ? { n: item.toString() } : item));
}

export function fromText(text: string): unknown {
  return JSON.parse(text, (_, item: unknown) => {
    if (typeof item !== "object" || item === null || !("n" in item) || Object.keys(item).length !== 1) return item;
    return typeof item.n === "string" ? BigInt(item.n) : item;
  });
}
