import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedErrors } from './embedded.errors.js';

/** Held while this process may write to a folder. */
export interface ProcessLock {
  release(): Promise<void>;
}

interface Owner {
  readonly pid: number;
  /** Start time of the process, where the system tells it: pids are used again, pairs of pid and start are not. */
  readonly started: string;
}

const LOCK_FILE = 'owner.json';

/**
 * Makes this process the only owner of a folder. A lock left behind by a killed process is taken over.
 *
 * @throws EMBEDDED_IN_USE when a living process (this one included) owns the folder.
 */
export async function lockFolder(folder: string, what: string): Promise<ProcessLock> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, LOCK_FILE);
  const owner: Owner = { pid: process.pid, started: (await statOf(process.pid))?.started ?? '' };
  for (;;) {
    try {
      await writeFile(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
      return { release: () => rm(path, { force: true }) };
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const other = await readOwner(path);
    if (other && (await isAlive(other))) throw EmbeddedErrors.IN_USE({ what, dataDir: folder, pid: other.pid });
    await rm(path, { force: true });
  }
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || typeof value.pid !== 'number') return null;
    return { pid: value.pid, started: 'started' in value ? String(value.started) : '' };
  } catch {
    // Gone in the meantime, or torn by a kill while it was written: nobody's lock.
    return null;
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  if (!isRunning(owner.pid)) return false;
  const stat = await statOf(owner.pid);
  // Where there is a /proc, it has ended since the line above.
  if (stat === null) return process.platform !== 'linux';
  // Killed together with its parent, a process keeps its number until somebody buries it; in a container, perhaps nobody does.
  if (stat.state === 'Z' || stat.state === 'X') return false;
  return owner.started === '' || stat.started === owner.started;
}

/** Whether a process with this pid exists, ours to signal or not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

interface ProcessStat {
  readonly state: string;
  /** Clock ticks since boot at which the process started. */
  readonly started: string;
}

/** Fields 3 and 22 of the stat line of a process, or null where there is no /proc. */
async function statOf(pid: number): Promise<ProcessStat | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? '' };
  } catch {
    return null;
  }
}

/** Whether an unknown error carries this errno name. */
export function isErrno(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
