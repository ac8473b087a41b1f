import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/processes.js';
import { MarketHome, REPOSITORY } from '../support/started-market.js';

interface Said {
  readonly command: string;
  readonly text: string;
}

/** The shell lines of the README's tour, as they stand, one list for each block. */
async function tourBlocks(): Promise<string[]> {
  const readme = await readFile(join(REPOSITORY, 'README.md'), 'utf8');
  const [, tour = ''] = /^<!-- tour\b[^\n]*\n([\s\S]*?)^## /m.exec(readme) ?? [];
  return [...tour.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, lines = '']) => lines);
}

/** Runs the lines in one shell that stops at the first failure, and splits what it printed by command. */
async function run(script: string, cwd: string, env: Record<string, string>): Promise<Said[]> {
  const marked = script.replace(/^(?=(?:npx|curl) )/gm, () => `printf '\\n=====\\n'\n`);
  const output = await new Promise<string>((resolve, reject) => {
    execFile('bash', ['-e', '-c', marked], { cwd, env, maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      error ? reject(new Error(`The tour stopped: ${stdout}\n${stderr}`)) : resolve(stdout),
    );
  });
  const commands = [...script.matchAll(/^(?:npx|curl) .*$/gm)].map(([command]) => command);
  const texts = output.split('\n=====\n').slice(1);
  expect(texts).toHaveLength(commands.length);
  return commands.map((command, i) => ({ command, text: texts[i] ?? '' }));
}

/** What the one command that starts so has printed. */
function answerTo(said: readonly Said[], start: string): string {
  const found = said.filter(({ command }) => command.startsWith(start));
  expect(found).toHaveLength(1);
  return found[0]?.text ?? '';
}

/** Bytes of a set in a folder, without what the command line keeps there for itself. */
async function bytesIn(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  const counted = paths.filter((path) => !path.includes('/.bodega/'));
  const sizes = await Promise.all(counted.map(async (path) => (await stat(path)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** The line with which a block says who acts. */
const keyLine = (block = ''): string => /^export BODEGA_API_KEY=.*$/m.exec(block)?.[0] ?? '';

describe('the tour of the README', () => {
  let home: MarketHome;
  let clone: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    home = await MarketHome.create();
    // A clone as it looks from the command line: the repository's own files, and a `.bodega` of its own.
    clone = await mkdtemp(join(tmpdir(), 'bodega-tour-'));
    for (const name of await readdir(REPOSITORY)) {
      if (!name.startsWith('.')) await symlink(join(REPOSITORY, name), join(clone, name));
    }
    await mkdir(home.state);
    await symlink(home.state, join(clone, '.bodega'));
    await home.start().opened();
    environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: home.folder,
      PORT: String(home.port),
      BODEGA_ENDPOINT: home.url,
      npm_config_update_notifier: 'false',
    };
  });

  afterAll(async () => {
    await home.remove();
    await rm(clone, { recursive: true, force: true });
  });

  it('leads from the shelf to verified bytes, and to who took them', async () => {
    const blocks = await tourBlocks();
    expect(blocks).toHaveLength(3);

    const said = await run(blocks.join('\n'), clone, environment);

    const bytes = await bytesIn(join(clone, 'sorting-sim'));
    expect(bytes).toBe(await bytesIn(join(REPOSITORY, 'samples/sorting')));
    expect(answerTo(said, 'npx bodega search 分拣')).toContain('riverside/sorting-sim');
    expect(answerTo(said, 'npx bodega show')).toMatch(/^v1 +published +\S+ +[0-9a-f]{40}/m);
    expect(answerTo(said, 'npx bodega offers')).toMatch(/off_\w+ +Creative Commons Attribution 4\.0 +free/);
    expect(answerTo(said, 'npx bodega license')).toMatch(/grt_\w+ is active/);
    expect(answerTo(said, 'npx bodega pull')).toContain('every hash checked');
    expect(answerTo(said, 'npx bodega verify')).toContain('every byte as licensed');
    const { auditLog, checkpoint } = JSON.parse(
      answerTo(said, 'curl -s "http://127.0.0.1:${PORT:-3000}/graphql"'),
    ).data;
    expect(auditLog.nodes.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['lease.created', 'grant.activated']),
    );
    expect(checkpoint.size).toBeGreaterThan(auditLog.nodes.at(-1).seq);
    expect(checkpoint.rootHash).toMatch(/^[0-9a-f]{64}$/);

    expect(answerTo(said, 'npx bodega audit verify')).toMatch(/\d+ leaves/);
    expect(answerTo(said, 'curl -s "http://127.0.0.1:${PORT:-3000}/datasets/')).toContain('odrl:Offer');

    // The worker reads the store's log every few seconds, so the tour may have looked too early.
    const asOperator = `${keyLine(blocks[1])}\nnpx bodega usage\n`;
    const counted = `(${bytes.toLocaleString('en-US')} bytes)`;
    await eventually(
      async () => (await run(asOperator, clone, environment))[0]?.text.includes(counted),
      () => `the operator's usage did not come to ${counted}`,
    );
    for (const { text } of said.filter(({ command }) => command === 'npx bodega usage')) {
      expect(text).toMatch(/^issued +7\.5 MB$/m);
    }
  });
});
