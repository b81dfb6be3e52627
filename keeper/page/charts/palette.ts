/**
 * The colours of the style sheet, for what is drawn on canvas.
 */
export type Palette = Readonly<Record<(typeof NAMES)[number], string>>;

const NAMES = [
  "ink",
  "muted",
  "rule",
  "panel",
  "sea",
  "water",
  "red",
  "wash",
  "amber",
  "green",
  "long",
  "short",
] as const;

export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const entries = NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
  return Object.fromEntries(entries) as Palette;
}

export const FONT = '12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", sans-serif';
