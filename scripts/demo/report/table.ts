/**
 * A table of text: the first column to the left, numbers to the right.
 */

export function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const isNumber = head.map((_, i) => rows.length > 0 && rows.every((row) => /^[-+]?[\d,.]*( %)?$/.test(row[i] ?? "")));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [
    title,
    `  ${line(head)}`,
    `  ${widths.map((width) => "─".repeat(width)).join("  ")}`,
    ...rows.map((row) => `  ${line(row)}`),
  ].join("\n");
}
