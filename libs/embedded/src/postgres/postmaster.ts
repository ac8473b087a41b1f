import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isErrno, isRunning } from '../process-lock.js';

const run = promisify(execFile);

/** What a running server writes about itself into its data folder. */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
}

/** Reads `postmaster.pid`; null when there is none, or when it is half written. */
export async function readPostmasterFile(pgdata: string): Promise<PostmasterFile | null> {
  let text: string;
  try {
    text = await readFile(join(pgdata, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return { pid, port: Number(lines[3]), isReady: (lines[7] ?? '').trim() === 'ready' };
}

/**
 * Whether this pid is the server of this data folder: after a reboot or a kill, the pid in the file may belong to
 * somebody else, or to a dead process that nobody has reaped.
 */
export async function isPostmasterOf(pid: number, pgdata: string): Promise<boolean> {
  if (!isRunning(pid)) return false;
  if (process.platform === 'linux') {
    // A server works inside its data folder. A zombie has no working folder any more.
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    return cwd === (await realpath(pgdata));
  }
  const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.includes(pgdata);
}

const PATIENCE: readonly { readonly signal: NodeJS.Signals; readonly ms: number }[] = [
  // Fast shutdown: roll back, write a checkpoint, leave.
  { signal: 'SIGINT', ms: 30_000 },
  // Immediate shutdown: leave now, recover from the log at the next start.
  { signal: 'SIGQUIT', ms: 5_000 },
  { signal: 'SIGKILL', ms: 5_000 },
];
const POLL_MS = 20;

/** Stops a server and waits until it is gone. */
export async function stopPostmaster(pid: number, pgdata: string): Promise<void> {
  for (const { signal, ms } of PATIENCE) {
    if (!(await isPostmasterOf(pid, pgdata))) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (isErrno(error, 'ESRCH')) return;
      throw error;
    }
    const deadline = Date.now() + ms;
    while (Date.now() < deadline) {
      if (!(await isPostmasterOf(pid, pgdata))) return;
      await delay(POLL_MS);
    }
  }
  throw new Error(`the Postgres process ${pid} of ${pgdata} does not end`);
}

/** Removes the pid file of a server that is gone; a new one refuses to start while the pid lives as something else. */
export async function removeStalePidFile(pgdata: string): Promise<void> {
  await rm(join(pgdata, 'postmaster.pid'), { force: true });
}
