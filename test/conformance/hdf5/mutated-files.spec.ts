import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import type { Account } from './mutated-files.child.js';

const CHILD = fileURLToPath(new URL('./mutated-files.child.ts', import.meta.url));
const SEED = '20261120';

// In a process of its own, as in the market: a library of 700 kB of C may stop, or never come back.
it('any change of a valid file gives findings or a result, in time, and the library lives on', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--no-warnings',
      '--expose-gc',
      '--max-old-space-size=256',
      '--wasm-max-mem-pages=8192',
      '--import=#typescript',
      CHILD,
      SEED,
    ],
    { timeout: 110_000, killSignal: 'SIGKILL' },
  );

  const account = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Account;
  expect(account.files).toBe(720);
  expect(account.refused).toBeGreaterThan(20);
  expect(account.read).toBeGreaterThan(100);
  expect(account.slowestMs).toBeLessThan(5_000);
  expect(account.rssMb).toBeLessThan(400);
});
