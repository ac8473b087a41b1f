import { readFileSync, readdirSync } from 'node:fs';

/** A tool that a child starts may start others; a deeper family than this is no tool of ours. */
const MAX_FAMILY = 1_000;

/**
 * Something of a process; null where it is gone, or where there is no /proc. Read at once: it is memory of the kernel, and
 * asking the thread pool for it, dozens of times a second, costs ten times as much.
 */
function ofProcess<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** Resident memory of one process. */
function rssOf(pid: number): number {
  const status = ofProcess(() => readFileSync(`/proc/${pid}/status`, 'utf8')) ?? '';
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

function childrenOf(pid: number): number[] {
  const threads = ofProcess(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.flatMap((thread) => {
    const list = ofProcess(() => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')) ?? '';
    return list.split(' ').filter(Boolean).map(Number);
  });
}

/** A process and everything that it started, itself first. */
export function familyOf(pid: number): number[] {
  const family = [pid];
  for (let at = 0; at < family.length && family.length < MAX_FAMILY; at += 1)
    family.push(...childrenOf(family[at] ?? 0));
  return family;
}

/** Resident memory of a process and of everything that it started, in bytes. */
export function rssOfFamily(pid: number): number {
  return familyOf(pid).reduce((sum, member) => sum + rssOf(member), 0);
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
export function endFamily(pid: number): void {
  signal(-pid, 'SIGSTOP');
  // A process stops at its next step, not at once. Looked at twice and no more: what left the group is not stopped, and may go on.
  const family = new Set([...familyOf(pid), ...familyOf(pid)]);
  signal(-pid, 'SIGKILL');
  for (const member of family) signal(member, 'SIGKILL');
}
