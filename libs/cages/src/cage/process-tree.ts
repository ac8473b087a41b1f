import { readFile, readdir } from 'node:fs/promises';

/** A tool that a child starts may start others; a deeper family than this is no tool of ours. */
const MAX_FAMILY = 1_000;

/** Resident memory of one process; 0 where it is gone, or where there is no /proc. */
async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** A process and everything that it started, itself first. */
export async function familyOf(pid: number): Promise<number[]> {
  const family = [pid];
  for (let at = 0; at < family.length && family.length < MAX_FAMILY; at += 1)
    family.push(...(await childrenOf(family[at] ?? 0)));
  return family;
}

/** Resident memory of a process and of everything that it started, in bytes. */
export async function rssOfFamily(pid: number): Promise<number> {
  const sizes = await Promise.all((await familyOf(pid)).map(rssOf));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Sends a signal to a process, or to a whole group where the number is negative; one that is gone, or not ours, is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/**
 * Ends a process that leads its own group, and everything that it started, also what left the group. It is stopped first,
 * so that it starts nothing while its family is listed.
 */
export async function endFamily(pid: number): Promise<void> {
  signal(-pid, 'SIGSTOP');
  const family = await familyOf(pid);
  signal(-pid, 'SIGKILL');
  for (const member of family) signal(member, 'SIGKILL');
}
