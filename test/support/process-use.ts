import { readFile } from 'node:fs/promises';

/** Time that this process computed, ms: unlike the clock, it does not pass while others have the processor. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * The most memory that a process ever held; 0 if it is gone. Not `resourceUsage().maxRSS`: there a new process starts
 * with the mark of the one that started it.
 */
export async function peakRssBytes(pid: number | 'self' = 'self'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
