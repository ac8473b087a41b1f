import { describe, expect, it, jest } from '@jest/globals';
import type { ByteSource } from '@app/formats';
import { measureDataset, readMp4 } from '@app/formats';
import { bufferSource, MemoryFileTree } from '../../support/file-trees.js';
import { cleanSet, writeSet } from './clean-set.js';
import { errorCodes, measure } from './measuring.js';
import { writeMp4 } from './mp4-writer.js';

// Generous: other work may share the machine, and no test here is about time.
jest.setTimeout(300_000);

const clean = { 'v2.1': writeSet(cleanSet('v2.1')), 'v3.0': writeSet(cleanSet('v3.0')) };

/** A repeatable stream of numbers below `limit`. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
}

/** The tree with one file changed, whose answers to reads are watched: nobody may ask for more than there is. */
function withFile(base: MemoryFileTree, path: string, bytes: Uint8Array): MemoryFileTree {
  const tree = base.copy();
  tree.contents.set(path, bytes);
  return tree;
}

describe.each(['v2.1', 'v3.0'] as const)('damaged %s sets become findings', (version) => {
  const base = clean[version];

  it('when any file is cut at any of many places', async () => {
    let refused = 0;
    let cases = 0;
    for (const [path, bytes] of base.contents) {
      const cuts = new Set([
        0,
        1,
        3,
        4,
        7,
        8,
        11,
        12,
        16,
        31,
        bytes.length - 1,
        bytes.length - 4,
        bytes.length - 8,
        bytes.length - 9,
        ...Array.from({ length: 12 }, (_, i) => Math.floor((bytes.length * (i + 1)) / 13)),
      ]);
      for (const cut of cuts) {
        if (cut < 0 || cut >= bytes.length) continue;
        const { set } = await measure(withFile(base, path, bytes.slice(0, cut)));
        cases += 1;
        if (errorCodes(set).length > 0) refused += 1;
        else expect(path).toMatch(/stats|episodes_stats|meta\/(episodes|tasks)\.jsonl|info\.json/);
      }
    }
    expect(cases).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(cases * 0.8);
  });

  it('when bits are flipped anywhere', async () => {
    const next = random(version === 'v2.1' ? 7 : 11);
    const paths = [...base.contents.keys()];
    for (let round = 0; round < 400; round += 1) {
      const path = paths[next(paths.length)] ?? '';
      const bytes = Uint8Array.from(base.contents.get(path) ?? []);
      // Half of the hits go to the end, where parquet footers and moov boxes are.
      for (let flips = 1 + next(4); flips > 0; flips -= 1) {
        const at = next(2) === 0 ? next(bytes.length) : bytes.length - 1 - next(Math.min(bytes.length, 400));
        bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8));
      }
      const { set } = await measure(withFile(base, path, bytes));
      expect(set.findings.every((finding) => finding.message !== '')).toBe(true);
    }
  });

  it('when lengths are overwritten with huge numbers', async () => {
    const next = random(3);
    for (const [path, bytes] of base.contents) {
      if (!/\.(parquet|mp4)$/.test(path)) continue;
      for (let round = 0; round < 60; round += 1) {
        const changed = Uint8Array.from(bytes);
        const at = next(bytes.length - 8);
        changed.set([0xff, 0xff, 0xff, next(2) === 0 ? 0x7f : 0xff, 0xff], at);
        const before = process.memoryUsage().arrayBuffers;
        const { set } = await measure(withFile(base, path, changed));
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(300e6);
        expect(set.findings.length).toBeLessThan(300);
      }
    }
  });
});

describe('hostile metadata', () => {
  const infoOf = (change: (info: Record<string, unknown>) => void): MemoryFileTree => {
    const plan = cleanSet('v3.0');
    change(plan.info);
    return writeSet(plan);
  };
  const deep = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}"x"${']'.repeat(depth)}`);

  it('survives names nested a hundred thousand deep', async () => {
    const plan = writeSet(cleanSet('v3.0'));
    const text = new TextDecoder().decode(plan.contents.get('meta/info.json'));
    const nested = text.replace('"names":null', `"names":${'['.repeat(100_000)}${']'.repeat(100_000)}`);

    const { set } = await measure(withFile(plan, 'meta/info.json', new TextEncoder().encode(nested)));

    expect(set.findings.length).toBeGreaterThan(0);
  });

  it('takes names as null, a list, a nested list or an object', async () => {
    const shapes: [unknown, string[]][] = [
      [null, []],
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
      [[['a', 'b']], ['a', 'b']],
      [{ motors: ['a', 'b'] }, ['a', 'b']],
      [deep(9), []],
    ];
    for (const [names, expected] of shapes) {
      const { set } = await measure(
        infoOf(
          (info) =>
            void (info.features = { ...(info.features as object), action: { dtype: 'float32', shape: [2], names } }),
        ),
      );
      expect([set.streams.find((stream) => stream.key === 'action')?.names, errorCodes(set)]).toEqual([expected, []]);
    }
  });

  it('keeps a feature called __proto__ apart from the language', async () => {
    const tree = writeSet(cleanSet('v2.1'));
    const text = new TextDecoder()
      .decode(tree.contents.get('meta/info.json'))
      .replace('"action":', '"__proto__":{"dtype":"float32","shape":[1]},"action":');

    const { set } = await measure(withFile(tree, 'meta/info.json', new TextEncoder().encode(text)));

    expect(errorCodes(set)).toEqual(['FEATURE_MISSING']);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });

  it.each([
    ['a shape of a billion', { dtype: 'float32', shape: [1_000_000_000] }],
    ['a shape below zero', { dtype: 'float32', shape: [-1] }],
    ['a shape of text', { dtype: 'float32', shape: ['2'] }],
    ['no dtype', { shape: [1] }],
    ['a feature that is a number', 7],
  ])('refuses %s', async (_, feature) => {
    const { set } = await measure(
      infoOf((info) => void (info.features = { ...(info.features as object), action: feature })),
    );

    expect(errorCodes(set)).toContain('INFO_INVALID');
  });

  it('refuses a line longer than a megabyte', async () => {
    const tree = writeSet(cleanSet('v2.1'));

    const { set } = await measure(
      withFile(
        tree,
        'meta/episodes.jsonl',
        new TextEncoder().encode('{"episode_index":0,"tasks":["' + 'x'.repeat(3 << 20) + '"],"length":20}\n'),
      ),
    );

    expect(set.findings).toContainEqual(
      expect.objectContaining({ code: 'METADATA_INVALID', path: 'meta/episodes.jsonl', row: 0 }),
    );
  });
});

describe('hostile mp4 tables', () => {
  const plain = {
    width: 32,
    height: 24,
    fourcc: 'av01',
    timescale: 5120,
    ticks: [0, 512, 1024, 1536],
    keyEvery: 2,
    seed: 1,
    editStart: null,
  };

  function patched(type: string, bytesAfterType: number, ...values: number[]): ByteSource {
    const bytes = Buffer.from(writeMp4(plain));
    values.forEach((value, i) => bytes.writeUInt32BE(value, bytes.indexOf(type) + 4 + bytesAfterType + 4 * i));
    return bufferSource(new Uint8Array(bytes));
  }

  it.each([
    ['more sizes than bytes', 'stsz', 8, 0xffffffff],
    ['four billion frames of one size', 'stsz', 4, 1, 0xffffffff],
    ['more times than bytes', 'stts', 4, 0xffffffff],
    ['a run of times longer than the video', 'stts', 8, 0xffffffff],
    ['more chunks than bytes', 'stco', 4, 0xffffffff],
    ['a chunk behind the end', 'stco', 8, 0xfffffff0],
    ['chunks that start at 0', 'stsc', 8, 0],
    ['more key frames than bytes', 'stss', 4, 0x7fffffff],
    ['no time scale', 'mdhd', 12, 0],
  ] as [string, string, number, ...number[]][])('refuse %s at once', async (_, type, at, ...values) => {
    const source = patched(type, at, ...values);

    await expect(readMp4(source)).rejects.toThrow(/mp4|frame|file/);
  });

  it('reads the times of reordered frames and of an edit list', async () => {
    const video = await readMp4(bufferSource(writeMp4({ ...plain, ticks: [0, 1536, 512, 1024], editStart: 0 })));
    const shifted = await readMp4(bufferSource(writeMp4({ ...plain, editStart: 512 })));

    expect([...video.ptsS].map((t) => Math.round(t * 10))).toEqual([0, 3, 1, 2]);
    expect([...video.sortedPtsS].map((t) => Math.round(t * 10))).toEqual([0, 1, 2, 3]);
    expect([...shifted.ptsS].map((t) => Math.round(t * 10))).toEqual([-1, 0, 1, 2]);
    expect([video.frames, video.keyFrames, video.codec, video.width, video.height]).toEqual([4, 2, 'av1', 32, 24]);
  });
});

describe("what is not the data's fault", () => {
  it('lets a fault of the source through, so that the job tries again', async () => {
    const tree = clean['v3.0'].copy();
    const faulty = {
      files: tree.files,
      open: async (path: string): Promise<ByteSource> => {
        const source = await tree.open(path);
        return path.startsWith('data/')
          ? { sizeBytes: source.sizeBytes, read: () => Promise.reject(new Error('connection reset')) }
          : source;
      },
    };

    await expect(measureDataset(faulty, { onEpisode: () => undefined })).rejects.toThrow('connection reset');
  });

  it('does not mistake a short answer for a short file', async () => {
    const tree = clean['v3.0'].copy();
    const faulty = {
      files: tree.files,
      open: async (path: string): Promise<ByteSource> => {
        const source = await tree.open(path);
        return {
          sizeBytes: source.sizeBytes,
          read: async (offset, length) =>
            (await source.read(offset, length)).subarray(0, path.endsWith('.mp4') ? 3 : length),
        };
      },
    };

    await expect(measureDataset(faulty, { onEpisode: () => undefined })).rejects.toThrow('byte source answered');
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();

    const measuring = measureDataset(clean['v3.0'], {
      onEpisode: () => stop.abort(new Error('enough')),
      signal: stop.signal,
    });

    await expect(measuring).rejects.toThrow('enough');
  });

  it('says what it looked for in an upload that it does not know', async () => {
    const { set } = await measure(new MemoryFileTree(new Map([['notes.txt', new TextEncoder().encode('hello')]])));

    expect(errorCodes(set)).toEqual(['UNKNOWN_FORMAT']);
    expect(set.findings[0]?.message).toContain('meta/info.json');
  });
});
