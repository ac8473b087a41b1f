import { cutToWidth, padToWidth, textWidth } from './text-width.js';

/** Nothing narrower than this can be read. */
const NARROWEST_COLUMN = 6;

/**
 * Rows under headings, fitted to the terminal: the widest columns give way first. `columns` is null where there is no
 * terminal (a pipe), and then nothing is cut.
 */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null,
): string {
  const lines = [headings, ...rows];
  const widths = headings.map((_, i) => Math.max(...lines.map((line) => textWidth(line[i] ?? ''))));
  const gaps = 2 * (headings.length - 1);
  if (columns !== null) {
    for (let total = widths.reduce((a, b) => a + b, gaps); total > columns; total--) {
      const widest = widths.indexOf(Math.max(...widths));
      const width = widths[widest] ?? 0;
      if (width <= NARROWEST_COLUMN) break;
      widths[widest] = width - 1;
    }
  }
  return lines
    .map((line) =>
      line
        .map((cell, i) => padToWidth(cutToWidth(cell, widths[i] ?? 0), widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
