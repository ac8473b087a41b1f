import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeMarket } from './fake-market.js';
import type { FakeFile } from './fake-market.js';
import { runBodega, startBodega } from './run-bodega.js';

jest.setTimeout(60_000);

/** Bytes that differ everywhere, so that a piece in the wrong place is seen. */
function noise(sizeBytes: number, seed: string): Buffer {
  const out = Buffer.alloc(sizeBytes);
  for (let at = 0, i = 0; at < sizeBytes; at += 32, i++)
    createHash('sha256').update(`${seed}${i}`).digest().copy(out, at);
  return out;
}

const MB = 1 << 20;
const SET: FakeFile[] = [
  { path: 'README.md', bytes: Buffer.from('# 抓取\n') },
  { path: 'meta/empty.txt', bytes: Buffer.alloc(0) },
  { path: 'meta/info.json', bytes: noise(3_000, 'info') },
  { path: '数据/第一 集.parquet', bytes: noise(2 * MB + 7, 'a') },
  { path: 'videos/top.mp4', bytes: noise(5 * MB + 1, 'b') },
];
const LARGE: FakeFile[] = [...SET, { path: 'videos/wide.mp4', bytes: noise(50 * MB + 13, 'c') }];

describe('bodega pull', () => {
  let folder: string;
  let to: string;
  let market: FakeMarket;

  async function open(files: readonly FakeFile[] = SET): Promise<void> {
    market = await FakeMarket.open(files);
    market.versionStatus = 'PUBLISHED';
  }
  const args = (...more: string[]): string[] => [
    'pull',
    'acme/cups',
    '--to',
    to,
    '--json',
    '--endpoint',
    market.url,
    '--api-key',
    'hf_bodega_test',
    ...more,
  ];
  const partsLeft = (): string[] => {
    const parts = join(to, '.bodega/parts');
    return existsSync(parts) ? readdirSync(parts) : [];
  };
  function expectWhole(): void {
    for (const file of market.files) expect(readFileSync(join(to, file.path)).equals(file.bytes)).toBe(true);
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bodega-pull-'));
    to = join(folder, '目标 folder');
  });
  afterEach(async () => {
    await market.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings every byte, counts what crossed the wire, and proves the folder with the network off', async () => {
    await open(LARGE);

    const pulled = await runBodega(args());

    expect(pulled.stderr.split('\n').at(-2)).toContain('100 %');
    expect(pulled.exitCode).toBe(0);
    expect(pulled.json()).toMatchObject({
      slug: 'acme/cups',
      version: 'v1',
      files: 6,
      bytes: market.totalBytes,
      receivedBytes: market.totalBytes,
      verified: true,
      path: to,
    });
    expectWhole();
    expect(market.servedBytes).toBe(market.totalBytes);
    expect(readdirSync(join(to, '.bodega'))).toEqual(['manifest.json']);
    await market.close();
    const verified = await runBodega(['verify', to, '--json']);
    expect([verified.exitCode, verified.json()['verified'], verified.json()['files']]).toEqual([0, true, 6]);
  });

  it('goes on after cut connections without fetching a byte twice', async () => {
    await open(LARGE);
    market.misbehave = ({ nth, to: end, from }) =>
      nth < 8 && end - from > 1000 ? { kind: 'cut', afterBytes: 700_001 } : null;

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(0);
    expectWhole();
    expect(market.servedBytes).toBe(market.totalBytes);
    expect(pulled.json()['receivedBytes']).toBe(market.servedBytes);
  });

  it('killed in the middle and run again, fetches only what is missing', async () => {
    await open(LARGE);
    market.misbehave = ({ path, from, nth }) =>
      path === 'videos/wide.mp4' && from > 0
        ? { kind: 'hang', afterBytes: 2 * MB }
        : path === 'videos/top.mp4' && nth === 0
          ? { kind: 'hang', afterBytes: 3 * MB }
          : null;
    const running = startBodega(args());
    const wide = (): Buffer | string => {
      const journal = partsLeft().find((name) => name.endsWith('.ranges'));
      return journal === undefined ? '' : readFileSync(join(to, '.bodega/parts', journal));
    };
    while (wide().length === 0 || market.stored.length < 7) await new Promise((resolve) => setTimeout(resolve, 20));

    running.child.kill('SIGKILL');
    await running.ended;

    expect(existsSync(join(to, 'videos/top.mp4'))).toBe(false);
    expect(existsSync(join(to, 'videos/wide.mp4'))).toBe(false);
    expect(existsSync(join(to, '.bodega/manifest.json'))).toBe(false);
    market.misbehave = () => null;
    const before = market.servedBytes;
    const pulled = await runBodega(args());
    expect(pulled.exitCode).toBe(0);
    expectWhole();
    expect(pulled.json()['receivedBytes']).toBe(market.servedBytes - before);
    expect(market.servedBytes - before).toBeLessThan(market.totalBytes - 16 * MB);
    expect(partsLeft()).toEqual([]);
  });

  it('stopped by Ctrl-C, says one sentence, keeps what came, and goes on when run again', async () => {
    await open(LARGE);
    market.misbehave = ({ path }) => (path === 'videos/wide.mp4' ? { kind: 'hang', afterBytes: 4 * MB } : null);
    const running = startBodega(args());
    while (!market.stored.some((request) => request.path === 'videos/wide.mp4'))
      await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, 300));

    running.child.kill('SIGINT');
    const stopped = await running.ended;

    expect(stopped.exitCode).toBe(1);
    expect(stopped.stderr.trim().split('\n').at(-1)).toBe(
      'Stopped. Run the same command again to go on where it stopped.',
    );
    expect(stopped.json()).toMatchObject({ error: { code: 'CLI_INTERRUPTED' } });
    expect(existsSync(join(to, 'videos/wide.mp4'))).toBe(false);
    market.misbehave = () => null;
    const before = market.servedBytes;
    const pulled = await runBodega(args());
    expect(pulled.exitCode).toBe(0);
    expectWhole();
    expect(market.servedBytes - before).toBeLessThan(market.totalBytes);
  });

  it('takes a fresh lease when URLs have expired, once for all files of the page', async () => {
    await open(LARGE);
    market.misbehave = ({ generation, path, nth }) =>
      generation === 1 && path !== 'README.md' && nth >= 1
        ? { kind: 'status', status: 403 }
        : generation === 1 && path === 'videos/top.mp4'
          ? { kind: 'cut', afterBytes: MB }
          : null;

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(0);
    expectWhole();
    expect(market.asked.filter((asked) => asked.name === 'CreateLease')).toHaveLength(2);
  });

  it('gives up with the reason of the store when fresh URLs are refused too', async () => {
    await open();
    market.misbehave = ({ path }) => (path === 'videos/top.mp4' ? { kind: 'status', status: 403 } : null);

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(1);
    expect(pulled.stderr).toContain(
      'videos/top.mp4 could not be transferred: the store answered 403 (AccessDenied: Request has expired).',
    );
    expect(existsSync(join(to, '.bodega/manifest.json'))).toBe(false);
  });

  it('waits and asks again when market or store are busy', async () => {
    await open();
    market.refusals.push({ status: 429, headers: { 'retry-after': '0' } }, { status: 503, headers: {} });
    market.misbehave = ({ nth }) =>
      nth === 0 ? { kind: 'status', status: nth === 0 ? 503 : 429, headers: { 'retry-after': '0' } } : null;

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(0);
    expectWhole();
  });

  it('never keeps a file whose bytes are wrong', async () => {
    await open(LARGE);
    market.misbehave = ({ path }) => (path === 'videos/wide.mp4' ? { kind: 'corrupt' } : null);

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(1);
    expect(pulled.json()).toMatchObject({ error: { code: 'CLI_HASH_MISMATCH' } });
    expect(pulled.stderr).toContain('videos/wide.mp4 does not have the bytes that were licensed');
    expect(existsSync(join(to, 'videos/wide.mp4'))).toBe(false);
    expect(existsSync(join(to, '.bodega/manifest.json'))).toBe(false);
  });

  it('mends a file that was changed on the disk, and leaves right ones alone', async () => {
    await open();
    await runBodega(args());
    writeFileSync(join(to, 'meta/info.json'), noise(3_000, 'other'));
    const before = market.servedBytes;

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(0);
    expect(market.servedBytes - before).toBe(3_000);
    expectWhole();
  });

  it.each([
    ['../evil', 'leads out of the folder'],
    ['/tmp/evil', 'is absolute'],
    ['a/../../evil', 'leads out of the folder'],
    ['.bodega/manifest.json', 'kept for our own notes'],
  ])('refuses the file name %j', async (path, why) => {
    await open();
    market.doctor = (name, data) => {
      if (name !== 'CreateLease') return data;
      const lease = data['createLease'] as { files: { path: string }[] };
      return { createLease: { ...lease, files: lease.files.map((file, i) => (i === 0 ? { ...file, path } : file)) } };
    };

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(1);
    expect(pulled.stderr).toContain(why);
    expect(existsSync(join(folder, 'evil'))).toBe(false);
    expect(existsSync('/tmp/evil')).toBe(false);
  });

  it('never writes through a link that was planted in the folder', async () => {
    await open();
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    mkdirSync(to);
    symlinkSync(outside, join(to, 'videos'));

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(1);
    expect(pulled.stderr).toContain('passes through a link that leads out of the folder');
    expect(readdirSync(outside)).toEqual([]);
  });

  it('never says done when the market leaves a file out, or lists other files than the version has', async () => {
    await open();
    let mode = 'short';
    market.doctor = (name, data) => {
      if (name === 'Version' && mode === 'root')
        return { node: { ...(data['node'] as object), merkleRoot: '0'.repeat(64) } };
      if (name !== 'CreateLease' || mode !== 'short') return data;
      const lease = data['createLease'] as { files: unknown[] };
      return { createLease: { ...lease, files: lease.files.slice(1) } };
    };

    const short = await runBodega(args());
    mode = 'root';
    const other = await runBodega(args());

    expect([short.exitCode, other.exitCode]).toEqual([1, 1]);
    expect(short.stderr).toContain('the market listed 4 of 5 files');
    expect(other.stderr).toContain('add up to');
    expect(existsSync(join(to, '.bodega/manifest.json'))).toBe(false);
  });

  it('says in one sentence why it cannot write', async () => {
    await open();
    writeFileSync(join(folder, 'file'), '');
    to = join(folder, 'file', 'below');

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(1);
    expect(pulled.stderr.trim().split('\n')).toHaveLength(1);
    expect(pulled.stderr).toContain('a part of the path is not a folder');
  });

  it('tells how to get a licence when there is none, and why an ended one does not do', async () => {
    await open();
    market.doctor = (name, data) =>
      name === 'Grants'
        ? {
            grants: {
              nodes: [
                {
                  ...(data['grants'] as { nodes: object[] }).nodes[0],
                  state: 'revoked',
                  stateReason: 'breach of terms',
                },
              ],
              pageInfo: { hasNextPage: false },
            },
          }
        : data;

    const pulled = await runBodega(args());

    expect(pulled.exitCode).toBe(1);
    expect(pulled.stderr).toContain('grt_1 for v1 is revoked: breach of terms');
    expect(pulled.stderr).toContain('bodega license acme/cups');
  });

  describe('verify', () => {
    it('names every difference: changed, missing, extra, and a forged manifest', async () => {
      await open();
      await runBodega(args());
      writeFileSync(join(to, 'meta/info.json'), noise(3_000, 'other'));
      writeFileSync(join(to, 'README.md'), 'short');
      rmSync(join(to, 'videos/top.mp4'));
      writeFileSync(join(to, 'extra.txt'), 'x');

      const changed = await runBodega(['verify', to, '--json']);

      expect(changed.exitCode).toBe(1);
      expect(
        (changed.json()['differences'] as { path: string; problem: string }[]).map((d) => [d.path, d.problem]),
      ).toEqual([
        ['README.md', 'wrong_size'],
        ['meta/info.json', 'wrong_hash'],
        ['videos/top.mp4', 'missing'],
        ['extra.txt', 'extra'],
      ]);
      expect(changed.stderr).toContain('differs from its manifest in 4 places');

      await runBodega(args());
      rmSync(join(to, 'extra.txt'));
      const path = join(to, '.bodega/manifest.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as { files: { path: string; sha256: string }[] };
      const forged = noise(3_000, 'forged');
      writeFileSync(join(to, 'meta/info.json'), forged);
      for (const file of manifest.files) {
        if (file.path === 'meta/info.json') file.sha256 = createHash('sha256').update(forged).digest('hex');
      }
      writeFileSync(path, JSON.stringify(manifest));
      const fake = await runBodega(['verify', to, '--json']);
      expect(fake.exitCode).toBe(1);
      expect((fake.json()['differences'] as { path: string }[]).map((d) => d.path)).toEqual(['merkleRoot', 'commit']);
    });

    it('refuses a manifest that points out of the folder', async () => {
      await open();
      mkdirSync(join(to, '.bodega'), { recursive: true });
      writeFileSync(join(to, '.bodega/manifest.json'), '{"v":1,"files":[{"path":"../x"}]}');

      const verified = await runBodega(['verify', to]);

      expect(verified.exitCode).toBe(1);
      expect(verified.stderr).toContain('is not a manifest of ours');
    });
  });
});
