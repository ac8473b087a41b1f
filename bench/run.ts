import { existsSync, readdirSync } from 'node:fs';
import type { BenchRow } from './bench-row.js';

/** `npm run bench -- NAME [--json]`: runs one bench, prints its rows, and ends with 1 when a reach is missed. */
interface Bench {
  rows(): Promise<BenchRow[]>;
}

const NOT_BENCHES = new Set(['run.ts', 'bench-row.ts']);

function names(): string[] {
  return readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !NOT_BENCHES.has(entry.name))
    .map((entry) => entry.name.slice(0, -3))
    .sort();
}

const round = (figure: number): string =>
  figure.toLocaleString('en-US', { maximumSignificantDigits: figure < 1_000 ? 3 : 6, useGrouping: true });

function table(rows: readonly BenchRow[]): string {
  const cells = [
    ['work', 'ours', 'unit', 'reference', 'ratio', 'reach', 'met'],
    ...rows.map((row) => [
      row.work,
      round(row.ours),
      row.unit,
      typeof row.reference === 'number' ? round(row.reference) : (row.reference ?? '-'),
      row.ratio === null ? '-' : row.ratio.toFixed(2),
      typeof row.reach === 'number' ? `≥ ${row.reach} ×` : row.reach,
      row.met ? 'yes' : 'NO',
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const [name, ...flags] = process.argv.slice(2);
if (name === undefined || !/^[a-z-]+$/.test(name) || !existsSync(new URL(`./${name}.ts`, import.meta.url))) {
  process.stderr.write(`Say which bench: ${names().join(', ')}.\n`);
  process.exit(2);
}
const bench = (await import(new URL(`./${name}.ts`, import.meta.url).href)) as Bench;
const rows = await bench.rows();
process.stdout.write(flags.includes('--json') ? `${JSON.stringify(rows)}\n` : `${table(rows)}\n`);
process.exit(rows.every(({ met }) => met) ? 0 : 1);
