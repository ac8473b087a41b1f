import { readFile, stat } from 'node:fs/promises';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { counted } from '../terminal/units.js';
import { auditLog, problemWith } from './audit-log.js';
import type { AuditedLog, KeptCheckpoint } from './audit-log.js';

export interface AuditVerifyOptions {
  /** File of an older checkpoint. */
  readonly checkpoint?: string;
  readonly key?: string;
}

/** More than a checkpoint with a hundred witnesses. */
const MAX_CHECKPOINT_BYTES = 1_000_000;

/** Verifies a market's log, against an older checkpoint too. */
export async function auditVerify(invocation: Invocation, options: AuditVerifyOptions): Promise<void> {
  const kept = options.checkpoint === undefined ? [] : [await readKept(options.checkpoint)];
  let audited: AuditedLog;
  try {
    audited = await auditLog(invocation, { kept, ...(options.key !== undefined && { key: options.key }) });
  } catch (error) {
    const problem = problemWith(error);
    if (problem === null) throw error;
    const { endpoint } = await invocation.session();
    invocation.result({ endpoint, verified: false, problem }, () => problem);
    throw CliErrors.LOG_NOT_VERIFIED({ endpoint, problem }, error);
  }
  const { endpoint, origin, size, rootHash, keys, note, extends: older, isFirstTime } = audited;
  const json = {
    endpoint,
    verified: true,
    origin,
    size,
    rootHash: rootHash.toString('hex'),
    keys,
    extends: older,
    checkpoint: note,
  };
  invocation.result(json, () =>
    [
      `${origin}: ${counted(size, 'leaf', 'leaves')}, every leaf, tile and root as signed`,
      ...(older.length > 0
        ? [`extends the ${older.length === 1 ? 'checkpoint' : 'checkpoints'} of ${older.join(' and ')} leaves`]
        : ['no older checkpoint to compare with: the next run compares with this one']),
      ...keys.map((key) => `signed by ${key}`),
      ...(isFirstTime ? ['this key was not known here before: compare it with one that you have by another way'] : []),
    ].join('\n'),
  );
}

async function readKept(path: string): Promise<KeptCheckpoint> {
  const { size } = await stat(path);
  if (size > MAX_CHECKPOINT_BYTES) throw CliErrors.FILE({ path, reason: 'this is too long for a checkpoint' });
  return { where: path, note: await readFile(path) };
}
