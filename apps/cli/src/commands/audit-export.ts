import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { counted, formatBytes } from '../terminal/units.js';
import { auditLog, problemWith } from './audit-log.js';

export interface AuditExportOptions {
  readonly out: string;
  readonly key?: string;
}

/** Writes every leaf of a market's log as one line of base64, in order. The file has its name only once the whole log was verified. */
export async function auditExport(invocation: Invocation, { out, key }: AuditExportOptions): Promise<void> {
  const path = resolve(out);
  const draft = `${path}.${process.pid}.part`;
  const file = await open(draft, 'w');
  let bytes = 0;
  try {
    const { origin, size, rootHash, note } = await auditLog(invocation, {
      ...(key !== undefined && { key }),
      onEntries: async (entries) => {
        const lines = entries.map((entry) => `${entry.toString('base64')}\n`).join('');
        await file.appendFile(lines);
        bytes += lines.length;
      },
    });
    await file.sync();
    await file.close();
    await rename(draft, path);
    await syncFolder(dirname(path));
    const json = { path, origin, size, rootHash: rootHash.toString('hex'), bytes, checkpoint: note };
    invocation.result(json, () => `${path}: ${counted(size, 'leaf', 'leaves')}, ${formatBytes(bytes)}, verified`);
  } catch (error) {
    const problem = problemWith(error);
    if (problem === null) throw error;
    throw CliErrors.LOG_NOT_VERIFIED({ endpoint: (await invocation.session()).endpoint, problem }, error);
  } finally {
    await file.close().catch(() => undefined);
    await rm(draft, { force: true });
  }
}

/** The name must survive a power cut as well as the bytes. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
