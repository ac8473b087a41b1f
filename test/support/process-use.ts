import { readFileSync } from 'node:fs';

/** Time that this process computed, ms: unlike the clock, it does not pass while others have the processor. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * The most memory that a process ever held; 0 if it is gone. Not `resourceUsage().maxRSS`: there a new process starts
 * with the mark of the one that started it.
 */
export function peakRssBytes(pid: number | 'self' = 'self'): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(ofProcess(pid, 'status'))?.[1] ?? 0) * 1024;
}

/**
 * What the kernel says of a process; empty if it is gone. Read at once: tests ask for hundreds, again and again, and the
 * thread pool makes each ten times as dear. @see proc(5)
 */
export function ofProcess(pid: number | 'self', what: 'cmdline' | 'environ' | 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'utf8');
  } catch {
    return '';
  }
}
