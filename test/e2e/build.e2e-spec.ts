import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenMarket } from '../support/open-market.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

describe('the compiled apps', () => {
  let market: OpenMarket;
  const children: ChildProcess[] = [];

  /** Starts a compiled process with no loader of ours, and waits for its first line. */
  async function start(app: 'api' | 'worker'): Promise<string> {
    const child = spawn(process.execPath, [`dist/apps/${app}/src/main.js`], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'] ?? '', ...market.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return line;
  }

  beforeAll(async () => {
    await run('npm', ['run', '--silent', 'build'], { cwd: ROOT, maxBuffer: 1 << 24 });
    market = await OpenMarket.open({ withoutWorker: true });
  }, 300_000);

  afterAll(async () => {
    for (const child of children) {
      if (child.exitCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    await market.close();
  });

  it('run a version through the cage and answer, without any source being compiled on the way', async () => {
    const line = await start('api');
    market.url = line.replace(/^.* on /, '');
    await start('worker');
    const provider = await market.party({ isProvider: true }, 'builder');

    const published = await market.cli(
      ['publish', join(ROOT, 'samples/sorting'), '--name', 'builder/sorting', '--terms', 'CC-BY-4.0', '--json'],
      provider,
    );

    expect(published).toMatchObject({ code: 0, json: { status: 'published', facts: { episodes: 10, frames: 3160 } } });
    const { datasets } = await market.must('{ datasets(filter: { text: "分拣" }) { totalCount nodes { slug } } }');
    expect(datasets).toMatchObject({ totalCount: 1, nodes: [{ slug: 'builder/sorting' }] });
    expect((await fetch(`${market.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${market.url}/graphiql/graphiql.js`)).status).toBe(200);
  });
});
