import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { isErrno } from '../../libs/embedded/src/process-lock.js';
import { ofProcess } from './process-use.js';

const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

/** A process that had this number and was started at this tick: numbers are used again, pairs are not. */
export interface SeenProcess {
  readonly pid: number;
  readonly parent: number;
  readonly started: string;
  readonly command: string;
}

/** Waits until the condition holds. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  complaint: () => string,
  withinMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`After ${withinMs / 1000} s: ${complaint()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Until none of these processes lives. */
export async function gone(processes: readonly SeenProcess[]): Promise<void> {
  let left: readonly SeenProcess[] = processes;
  await eventually(
    async () => {
      const living = new Set(allProcesses().map(({ pid, started }) => `${pid} ${started}`));
      left = processes.filter(({ pid, started }) => living.has(`${pid} ${started}`));
      return left.length === 0;
    },
    () => `still alive: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`,
  );
}

/** Every living process of the machine; one that is dead and not yet buried does not count. */
export function allProcesses(): SeenProcess[] {
  const numbers = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return numbers.map((number) => processOf(Number(number))).filter((one) => one !== null);
}

function processOf(pid: number): SeenProcess | null {
  const stat = ofProcess(pid, 'stat');
  // The second field is the program in parentheses, which may hold anything.
  const [state = '', parent = '', ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // It ended while we looked, or nobody has buried it.
  if (stat === '' || state === 'Z' || state === 'X') return null;
  const command = ofProcess(pid, 'cmdline').replaceAll('\0', ' ').trim();
  return { pid, parent: Number(parent), started: rest[17] ?? '', command };
}

/** One that ended in the meantime is as good as signalled. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // By its code alone: what Node itself throws is no Error of the realm that Jest runs a test in.
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

/** Ports that nobody listens on, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening(0)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** @throws when the port is taken */
export async function demandFree(port: number): Promise<void> {
  const server = await listening(port);
  await new Promise((resolve) => server.close(resolve));
}

async function listening(port: number): Promise<ReturnType<typeof createServer>> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}
