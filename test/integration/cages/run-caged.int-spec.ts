import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { CageFailed, CageLimitExceeded, runCaged } from '@app/cages';
import type { CageLimits } from '@app/cages';
import type { Misdeed } from './children/misbehaving.child.js';

const entry = new URL('./children/misbehaving.child.ts', import.meta.url);
const LIMITS: CageLimits = { wallMs: 60_000, rssBytes: 400 * 2 ** 20, heapMb: 128 };

async function run(misdeed: Misdeed, limits: Partial<CageLimits> = {}, signal = new AbortController().signal) {
  const heard: number[] = [];
  const started = Date.now();
  const error = await runCaged<Misdeed, { number: number }>({
    entry,
    order: misdeed,
    limits: { ...LIMITS, ...limits },
    onMessage: ({ number }) => void heard.push(number),
    signal,
  }).then(
    () => null,
    (reason: unknown) => reason,
  );
  return { error, heard, tookMs: Date.now() - started };
}

async function isRunning(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return status !== '' && !/^State:\s+[ZX]/m.test(status);
}

async function gone(pid: number): Promise<void> {
  for (const until = Date.now() + 5_000; await isRunning(pid);) {
    if (Date.now() > until) throw new Error(`Process ${pid} still runs.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a caged child', () => {
  it('waits for each of its messages to be dealt with', async () => {
    const order: string[] = [];

    await runCaged<Misdeed, { number: number }>({
      entry,
      order: 'count',
      limits: LIMITS,
      onMessage: async ({ number }) => {
        order.push(`${number} begins`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push(`${number} ends`);
      },
      signal: new AbortController().signal,
    });

    expect(order).toEqual([0, 1, 2, 3, 4].flatMap((number) => [`${number} begins`, `${number} ends`]));
  });

  it.each<[Misdeed, RegExp]>([
    ['allocate buffers', /more than 400 MB of memory/],
    ['allocate objects', /more than (400 MB of memory|128 MB of heap)/],
    ['memory of a grandchild', /more than 400 MB of memory/],
  ])('that would %s is ended at its limit', async (misdeed, message) => {
    const { error } = await run(misdeed);

    expect(error).toBeInstanceOf(CageLimitExceeded);
    expect((error as Error).message).toMatch(message);
  });

  it('that would loop, write, fork or wait for ever is ended in time, with all that it started', async () => {
    const misdeeds: Misdeed[] = ['loop', 'write', 'fork', 'fork and leave the group', 'tool that sleeps'];

    const runs = await Promise.all(misdeeds.map((misdeed) => run(misdeed, { wallMs: 12_000 })));

    for (const [at, { error, heard, tookMs }] of runs.entries()) {
      expect([misdeeds[at], error]).toEqual([misdeeds[at], new CageLimitExceeded('took longer than 12 s')]);
      expect(tookMs).toBeLessThan(20_000);
      expect(heard).toHaveLength(misdeeds[at] === 'write' ? 0 : 1);
      for (const pid of heard) expect(await isRunning(pid)).toBe(false);
    }
  });

  it.each<[Misdeed, RegExp]>([
    ['die', /SIGSEGV/],
    ['throw', /no bytes here/],
    ['reject unheard', /nobody waits for this/],
    ['talk without waiting', /out of turn/],
  ])('that would %s is reported as failed', async (misdeed, message) => {
    const { error } = await run(misdeed);

    expect(error).toBeInstanceOf(CageFailed);
    expect((error as Error).message).toMatch(message);
  });

  it('ends when its caller gives up, with the caller’s reason', async () => {
    const reason = new Error('the worker stops');
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 1_500);

    const { error, tookMs } = await run('loop', {}, abort.signal);

    expect(error).toBe(reason);
    expect(tookMs).toBeLessThan(20_000);
    expect((await run('count', {}, abort.signal)).error).toBe(reason);
  });

  it('ends when what it said cannot be dealt with, with that error', async () => {
    const fault = new Error('no database');

    const running = runCaged<Misdeed, { number: number }>({
      entry,
      order: 'loop',
      limits: LIMITS,
      onMessage: () => Promise.reject(fault),
      signal: new AbortController().signal,
    });

    await expect(running).rejects.toBe(fault);
  });

  const itWhereProcIs = existsSync('/proc/self/status') ? it : it.skip;
  itWhereProcIs('that loops, and its tools, die with a parent that was killed with -9', async () => {
    const parent = spawn(
      process.execPath,
      ['--no-warnings', '--import=#typescript', new URL('./children/parent.ts', import.meta.url).pathname],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } },
    );
    const pids = await new Promise<number[]>((resolve) => {
      parent.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim().split(' ').map(Number)));
    });

    parent.kill('SIGKILL');

    expect(pids).toHaveLength(2);
    for (const pid of pids) await gone(pid);
  });
});
