import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ByteSource, FileTree } from '@app/formats';
import { crc32c, maskedCrc32c } from '../../../libs/formats/src/rlds/crc32c.js';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import type { WrittenExample } from '../../support/written/rlds.js';
import {
  encodeExample,
  featuresJson,
  frameRecord,
  recordingExample,
  recordingFeatures,
  shardName,
  writeRldsFiles,
} from '../../support/written/rlds.js';
import { readRlds } from './reading.js';

const SHARD = shardName('made_up', 0, 1);
const recording = makeRecording({ episodes: 3, frames: 3, width: 8, height: 8, cameras: ['top'] });
const [first = recording[0] as (typeof recording)[number]] = recording;
const payloads = recording.map((episode) => encodeExample(recordingExample(episode)));
const files = writeRldsFiles(payloads, recordingFeatures(first));
const shard = files.get(SHARD) ?? new Uint8Array(0);
const boundaries = payloads.reduce<number[]>(
  (ends, payload) => [...ends, (ends.at(-1) ?? 0) + payload.length + 16],
  [0],
);

const withShard = (bytes: Uint8Array): MemoryFileTree => new MemoryFileTree(new Map(files).set(SHARD, bytes));
const codesOf = async (tree: FileTree): Promise<string[]> =>
  (await readRlds(tree)).log.toList().map(({ code }) => code);

describe('damaged shards of TFRecord', () => {
  it('reads the records before a cut, wherever the cut is, and says what is missing', async () => {
    const cuts = boundaries.flatMap((at) => [
      at,
      at + 1,
      at + 7,
      at + 8,
      at + 11,
      at + 12,
      at + 13,
      at - 1,
      at - 4,
      at - 5,
    ]);
    const inner = Array.from({ length: 60 }, (_, i) => Math.floor((shard.length * i) / 60));

    for (const cut of new Set([...cuts, ...inner])) {
      if (cut < 0 || cut >= shard.length) continue;
      const { log, episodes } = await readRlds(withShard(shard.subarray(0, cut)));

      const whole = boundaries.filter((end) => end <= cut).length - 1;
      expect(episodes.map(({ rows }) => rows['action'])).toEqual(
        recording.slice(0, whole).map(({ action }) => [...action]),
      );
      const errors = log.toList().filter(({ severity }) => severity === 'error');
      expect(errors).toMatchObject([
        { code: boundaries.includes(cut) ? 'EPISODE_COUNT_MISMATCH' : 'TRUNCATED_FILE', path: SHARD },
      ]);
    }
  });

  it('notices any single bit that flips', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(shard.length - 1), fc.nat(7), async (at, bit) => {
        const flipped = Uint8Array.from(shard);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect(await codesOf(withShard(flipped))).toContain('CRC_MISMATCH');
      }),
      { numRuns: 150 },
    );
  });

  it('goes on after a record whose content changed, and names its place', async () => {
    const flipped = Uint8Array.from(shard);
    const at = (boundaries[1] ?? 0) + 40;
    flipped[at] = (flipped[at] ?? 0) ^ 1;

    const { log, episodes } = await readRlds(withShard(flipped));

    expect(log.toList()).toMatchObject([{ code: 'CRC_MISMATCH', path: SHARD }]);
    expect(log.toList()[0]?.message).toContain(`offset ${(boundaries[1] ?? 0) + 12}`);
    expect(episodes.map(({ rows }) => rows['action'])).toEqual(
      [recording[0], recording[2]].map((episode) => [...(episode?.action ?? [])]),
    );
  });

  it.each([2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 2n ** 32n, 1_000_000n])(
    'does not believe a length of %s that is well signed',
    async (length) => {
      const lying = Buffer.concat([header(length), shard.subarray(12)]);

      expect(await codesOf(withShard(lying))).toEqual(['TRUNCATED_FILE']);
    },
  );

  it('refuses a record that is too large before it asks for its bytes', async () => {
    const lengthBytes = 300 * 1024 * 1024;
    const head = header(BigInt(lengthBytes));
    let asked = 0;
    const huge: ByteSource = {
      sizeBytes: lengthBytes + 16,
      read: (offset, length) => {
        asked = Math.max(asked, length);
        return Promise.resolve(offset === 0 ? head.subarray(0, length) : new Uint8Array(length));
      },
    };
    const memory = new MemoryFileTree(files);
    const tree: FileTree = {
      files: memory.files.map((file) => (file.path === SHARD ? { path: SHARD, sizeBytes: huge.sizeBytes } : file)),
      open: (path) => (path === SHARD ? Promise.resolve(huge) : memory.open(path)),
    };

    expect(await codesOf(tree)).toEqual(expect.arrayContaining(['TOO_LARGE', 'EPISODE_COUNT_MISMATCH']));
    expect(asked).toBeLessThan(1024);
  });

  it('passes on a fault of the source, so that the job is tried again', async () => {
    const memory = new MemoryFileTree(files);
    const tree: FileTree = {
      files: memory.files,
      open: async (path) =>
        path === SHARD
          ? { sizeBytes: shard.length, read: () => Promise.reject(new Error('connection reset')) }
          : memory.open(path),
    };

    await expect(readRlds(tree)).rejects.toThrow('connection reset');
  });

  it('says that a shard is compressed as a whole', async () => {
    const compressed = withShard(Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), shard]));

    expect(await codesOf(compressed)).toContain('UNSUPPORTED_FORMAT');
  });
});

describe('records that are well signed and ill made', () => {
  const small = makeRecording({ episodes: 1, frames: 2, width: 8, height: 8, cameras: ['top'] })[0] ?? first;
  const example = encodeExample(recordingExample(small));
  const features = recordingFeatures(small);

  it('gives findings or an episode for any bytes, and never throws', async () => {
    const mutation = fc.record({ at: fc.nat(example.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 6 }), fc.boolean(), async (mutations, isCut) => {
        const bytes = Buffer.from(example);
        for (const { at, byte } of mutations) bytes[at] = byte;
        const record = isCut ? bytes.subarray(0, mutations[0]?.at) : bytes;
        const started = performance.now();

        const { log, episodes } = await readRlds(new MemoryFileTree(writeRldsFiles([record], features)));

        expect(episodes.length + log.toList().length).toBeGreaterThan(0);
        expect(performance.now() - started).toBeLessThan(2000);
      }),
      { numRuns: 150 },
    );
  });

  it('gives findings or a source for any change of the metadata', async () => {
    const names = ['dataset_info.json', 'features.json'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.nat(10_000),
        fc.string({ maxLength: 6 }),
        async (name, at, text) => {
          const json = Buffer.from(files.get(name) ?? []).toString();
          const cut = at % json.length;
          const changed = json.slice(0, cut) + text + json.slice(cut + text.length);

          await readRlds(new MemoryFileTree(new Map(files).set(name, Buffer.from(changed))));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives a finding for metadata of any shape of JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.boolean(), async (value, isInfo) => {
        const name = isInfo ? 'dataset_info.json' : 'features.json';
        const { source, log } = await readRlds(
          new MemoryFileTree(new Map(files).set(name, Buffer.from(JSON.stringify(value)))),
        );

        expect(source).toBeNull();
        expect(log.hasErrors).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('stops at metadata that is nested without end, or announces shards without end', async () => {
    const nested = `${'{"featuresDict":{"features":{"x":'.repeat(5000)}{}${'}}}'.repeat(5000)}`;
    const steps = `{"featuresDict":{"features":{"steps":{"sequence":{"feature":${nested}}}}}}`;
    const shards = { name: 'x', splits: [{ name: 'train', shardLengths: Array.from({ length: 200_000 }, () => '1') }] };
    const read = (name: string, json: string) =>
      codesOf(new MemoryFileTree(new Map(files).set(name, Buffer.from(json))));

    expect(await read('features.json', steps)).toEqual(['METADATA_INVALID']);
    expect(await read('dataset_info.json', JSON.stringify(shards))).toEqual(['TOO_LARGE']);
  });

  it('does not make a million empty texts or features out of a record', async () => {
    const flags: WrittenExample = { 'steps/is_first': { ints: Array.from({ length: 1_100_000 }, () => 0) } };
    const bool = { tensor: { shape: {}, dtype: 'bool', encoding: 'none' } };
    const many = Object.fromEntries(Array.from({ length: 10_002 }, (_, i) => [`key${i}`, { ints: [] }]));
    const read = (example: WrittenExample) =>
      codesOf(new MemoryFileTree(writeRldsFiles([encodeExample(example)], featuresJson({ is_first: bool }))));

    expect(await read(flags)).toEqual(['TOO_LARGE']);
    expect(await read(many)).toEqual(['BAD_TFRECORD']);
  });
});

function header(length: bigint): Buffer {
  const bytes = Buffer.from(frameRecord(new Uint8Array(0)).subarray(0, 12));
  bytes.writeBigUInt64LE(length);
  bytes.writeUInt32LE(maskedCrc32c(crc32c(bytes.subarray(0, 8))), 8);
  return bytes;
}
