/** What a cell may hold. */
export type Cell = string | number | boolean | Date | null;

/** Spreadsheets show Chinese from UTF-8 only behind this mark; everything else that reads CSV skips it. */
export const BYTE_ORDER_MARK = '\uFEFF';

/**
 * One line of CSV. A text that a spreadsheet would run as a formula is put behind an apostrophe, which spreadsheets hide.
 * @see RFC 4180; OWASP, CSV Injection
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return cell instanceof Date ? cell.toISOString() : String(cell);
  // Full-width signs are taken for their plain ones in Chinese and Japanese editions; blanks in front of one do not stop it.
  const isFormula = /^[\s\uFEFF\u200B]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(cell);
  const safe = isFormula ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
