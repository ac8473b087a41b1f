import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startObjectStore } from '@app/embedded';
import { eventually } from '../../support/processes.js';

/** State and start of a process, fields 3 and 22 of its stat line. */
async function stateOf(pid: number): Promise<{ state: string; started: string }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

describe('a folder whose owner is dead and not yet buried', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodega-unburied-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is taken over, as after a kill in a container whose first process buries nobody', async () => {
    // `sleep` takes the shell's place and never asks after the child that it got from it.
    const parent = spawn('bash', ['-c', 'sleep 600 & echo $!; exec sleep 600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
      const pid = Number(line);
      await eventually(
        async () => (await readFile(`/proc/${parent.pid}/comm`, 'utf8')).startsWith('sleep'),
        () => 'the shell is still there',
      );
      process.kill(pid, 'SIGKILL');
      await eventually(
        async () => (await stateOf(pid)).state === 'Z',
        () => `process ${pid} is not dead`,
      );
      const dataDir = join(folder, 'store');
      await mkdir(dataDir);
      await writeFile(join(dataDir, 'owner.json'), JSON.stringify({ pid, started: (await stateOf(pid)).started }));

      const store = await startObjectStore({ dataDir, port: 0, region: 'us-east-1', credentials: [], buckets: [] });

      expect(JSON.parse(await readFile(join(dataDir, 'owner.json'), 'utf8'))).toMatchObject({ pid: process.pid });
      await store.stop();
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
