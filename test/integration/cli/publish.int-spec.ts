import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeMarket } from './fake-market.js';
import { runBodega } from './run-bodega.js';

jest.setTimeout(60_000);

describe('bodega publish', () => {
  let folder: string;
  let market: FakeMarket;
  const big = Buffer.alloc(12_000_001, 'measure twice ');

  const args = (...more: string[]): string[] => [
    'publish',
    folder,
    '--name',
    'acme/cups',
    '--submit-only',
    '--json',
    '--endpoint',
    market.url,
    '--api-key',
    'hf_bodega_test',
    ...more,
  ];
  const uploaded = (path: string): Buffer =>
    Buffer.concat([...(market.uploadedParts.get(path) ?? [])].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bodega-publish-'));
    mkdirSync(join(folder, '视频'));
    writeFileSync(join(folder, '视频/长 片.mp4'), big);
    writeFileSync(join(folder, 'info.json'), '{}');
    writeFileSync(join(folder, 'empty.txt'), '');
    market = await FakeMarket.open([]);
  });
  afterEach(async () => {
    await market.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('sends every part once, straight to the store, and repeats only those that failed', async () => {
    market.misbehaveOnPut = (key, nth) =>
      key === '视频/长 片.mp4#2' && nth === 0 ? 503 : key === 'info.json#1' && nth === 0 ? 403 : null;

    const published = await runBodega(args());

    expect(published.exitCode).toBe(0);
    expect(published.json()).toMatchObject({ slug: 'acme/cups', version: 'v1', status: 'validating' });
    expect(uploaded('视频/长 片.mp4').equals(big)).toBe(true);
    expect(uploaded('info.json').toString()).toBe('{}');
    expect(uploaded('empty.txt')).toHaveLength(0);
    expect(Object.fromEntries(market.puts)).toEqual({
      '视频/长 片.mp4#1': 1,
      '视频/长 片.mp4#2': 2,
      '视频/长 片.mp4#3': 1,
      'info.json#1': 2,
      'empty.txt#1': 1,
    });
    const completed = market.asked.filter((asked) => asked.name === 'CompleteUpload');
    const files = (
      completed[0]?.variables['input'] as { files: { path: string; sha256: string; parts: { number: number }[] }[] }
    ).files;
    expect(files.map((file) => [file.path, file.parts.map((part) => part.number)]).sort()).toEqual([
      ['empty.txt', [1]],
      ['info.json', [1]],
      ['视频/长 片.mp4', [1, 2, 3]],
    ]);
    expect(files.find((file) => file.path === 'empty.txt')?.sha256).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  it('stopped by a store that will not, goes on with what is missing when run again', async () => {
    market.misbehaveOnPut = async (key) => {
      if (key !== '视频/长 片.mp4#3') return null;
      while (market.uploadedParts.get('视频/长 片.mp4')?.size !== 2)
        await new Promise((resolve) => setTimeout(resolve, 10));
      return 400;
    };
    const failed = await runBodega(args());
    market.misbehaveOnPut = () => null;

    const again = await runBodega(args());

    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain('长 片.mp4 could not be transferred: the store answered 400 (SlowDown)');
    expect(again.exitCode).toBe(0);
    expect(uploaded('视频/长 片.mp4').equals(big)).toBe(true);
    expect(market.puts.get('视频/长 片.mp4#1')).toBe(1);
  });

  it('refuses what must not travel, before anything is sent', async () => {
    const cases: [() => void, string][] = [
      [
        () => symlinkSync('/etc/hostname', join(folder, 'link')),
        'link cannot be published: it is a link that points out of the folder',
      ],
      [
        () => {
          rmSync(join(folder, 'link'));
          writeFileSync(
            join(folder, 'a.parquet'),
            'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 5\n',
          );
        },
        'a.parquet cannot be published: it is a Git LFS pointer',
      ],
    ];
    for (const [arrange, sentence] of cases) {
      arrange();
      const refused = await runBodega(args());
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain(sentence);
    }
    expect(market.asked).toEqual([]);
  });

  it('leaves system litter out and says so', async () => {
    mkdirSync(join(folder, '.cache'));
    writeFileSync(join(folder, '.cache/x'), 'x');
    writeFileSync(join(folder, '.DS_Store'), 'x');

    const published = await runBodega(args());

    expect(published.exitCode).toBe(0);
    expect(published.stderr).toContain('Left out: .DS_Store, .cache');
    expect([...market.uploadedParts.keys()].sort()).toEqual(['empty.txt', 'info.json', '视频/长 片.mp4']);
  });

  it('calls a wrong command line what it is', async () => {
    const priced = await runBodega(args('--price', '199.00', '--terms', 'commercial'));
    const bare = await runBodega(args('--price', '19900'));
    const empty = await runBodega([
      'publish',
      join(folder, 'nowhere'),
      '--name',
      'acme/cups',
      '--api-key',
      'x',
      '--endpoint',
      market.url,
    ]);

    expect([priced.exitCode, bare.exitCode, empty.exitCode]).toEqual([2, 2, 1]);
    expect(priced.stderr).toContain('minor units');
    expect(empty.stderr).toContain('there is no such folder');
  });
});
