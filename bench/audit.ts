import { parseArgs } from 'node:util';
import { appendRows } from './audit/append.js';
import { proofRows } from './audit/proofs.js';
import type { BenchRow } from './bench-row.js';

const LEAVES = 10_000_000;

/** Rows of `npm run bench -- audit [--leaves N]`: how large the log is in which proofs are asked for. */
export async function rows(): Promise<BenchRow[]> {
  const { values } = parseArgs({ args: process.argv.slice(3), options: { leaves: { type: 'string' } }, strict: false });
  const leaves = Number(values.leaves ?? LEAVES);
  if (!Number.isSafeInteger(leaves) || leaves < 1) throw new Error('--leaves takes a whole number.');
  return [...(await appendRows()), ...(await proofRows(leaves))];
}
