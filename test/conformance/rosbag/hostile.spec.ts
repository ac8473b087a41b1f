import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FormatReader } from '../../../libs/formats/src/dataset-source.js';
import { rosbag1Reader } from '../../../libs/formats/src/rosbag1/rosbag1.source.js';
import { rosbag2Reader } from '../../../libs/formats/src/rosbag2/rosbag2.source.js';
import { MemoryFileTree } from '../../support/file-trees.js';
import { zstdBomb } from '../../support/hostile/bombs.js';
import { makeRecording } from '../../support/recordings.js';
import { messagesOf } from '../../support/written/ros-messages.js';
import { writeRosbag1 } from '../../support/written/rosbag1.js';
import { writeDb3, writeMetadata } from '../../support/written/rosbag2.js';
import { cpuMs } from '../../support/process-use.js';
import { readAll } from '../mcap/reading.js';

const [recording] = makeRecording({ episodes: 1, frames: 8, width: 16, height: 12 });
if (!recording) throw new Error('no recording');
const messages = await messagesOf(recording);
const bag1 = writeRosbag1(messages, { messagesPerChunk: 5, compression: 'lz4' });
const db3 = await writeDb3(messages, { pageBytes: 512 });
const yaml = writeMetadata(['b_0.db3'], messages);

const read = (reader: FormatReader, files: Record<string, Uint8Array>) =>
  readAll(reader, new MemoryFileTree(new Map(Object.entries(files))));
const readBag1 = (bytes: Uint8Array) => read(rosbag1Reader, { 'a.bag': bytes });
const readDb3 = (bytes: Uint8Array) => read(rosbag2Reader, { 'b/b_0.db3': bytes });
const errorsOf = ({ findings }: Awaited<ReturnType<typeof read>>) =>
  findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
const rowsOf = ({ episodes }: Awaited<ReturnType<typeof read>>) => episodes[0]?.rows['/joint_states/position'] ?? [];

describe('bags that break off', () => {
  it('refuses a ROS 1 bag cut anywhere, and keeps the chunks before the cut', async () => {
    const whole = rowsOf(await readBag1(bag1));
    let most = 0;

    for (let cut = 0; cut < bag1.byteLength; cut += cut < 8192 ? 37 : 211) {
      const found = await readBag1(bag1.subarray(0, cut));

      expect(errorsOf(found).length).toBeGreaterThan(0);
      expect(whole.slice(0, rowsOf(found).length)).toEqual(rowsOf(found));
      most = Math.max(most, rowsOf(found).length);
    }

    expect(most).toBe(whole.length);
  });

  it('refuses a database cut anywhere', async () => {
    for (let cut = 0; cut < db3.byteLength; cut += 509)
      expect(errorsOf(await readDb3(db3.subarray(0, cut))).length).toBeGreaterThan(0);
  });

  it('refuses a database that is no bag, and files that only bear the names', async () => {
    const other = Buffer.from(db3);
    for (let at = other.indexOf('messages'); at !== -1; at = other.indexOf('messages', at + 1))
      other.write('massages', at);

    expect(errorsOf(await readDb3(other))).toContain('BAD_BAG');
    expect(
      errorsOf(await read(rosbag2Reader, { 'b/b_0.db3': Buffer.from('<html>'), 'b/metadata.yaml': yaml })),
    ).toContain('BAD_MAGIC');
    expect((await read(rosbag2Reader, { 'b/b_0.db3': Buffer.from('<html>') })).roots).toEqual([]);
    expect((await read(rosbag1Reader, { 'a.bag': Buffer.from('<html>') })).roots).toEqual([]);
    expect(errorsOf(await readBag1(Buffer.from('#ROSBAG V1.2\n')))).toContain('UNSUPPORTED_VERSION');
  });
});

describe('bags that lie', () => {
  it('does not follow pages of a database in circles', async () => {
    const bytes = Buffer.from(db3);
    // Every interior page points at page 2.
    for (let page = 512; page < bytes.byteLength; page += 512)
      if (bytes[page] === 5)
        for (let at = page + 12; at < page + 512; at += 1) bytes.writeUInt8(at % 4 === 3 ? 2 : 0, at);
    const started = cpuMs();

    const found = await readDb3(bytes);

    expect(cpuMs() - started).toBeLessThan(5000);
    expect(errorsOf(found).length).toBeGreaterThan(0);
  });

  it('does not unpack a zstd bomb: a database, messages one after another', async () => {
    const bomb = zstdBomb(80 * 2 ** 20);
    const packed = writeMetadata(['b_0.db3.zstd'], messages, { mode: 'FILE' });
    const packedOneByOne = writeMetadata(['b_0.db3'], messages, { mode: 'MESSAGE' });

    const database = await read(rosbag2Reader, { 'b/b_0.db3.zstd': bomb, 'b/metadata.yaml': packed });
    const started = cpuMs();
    const bombs = await read(rosbag2Reader, {
      'b/b_0.db3': await writeDb3(messages, { packMessage: () => bomb }),
      'b/metadata.yaml': packedOneByOne,
    });

    expect(bomb.byteLength).toBeLessThan(20_000);
    expect(errorsOf(database).some((code) => code === 'EXPANSION_LIMIT' || code === 'TOO_LARGE')).toBe(true);
    // Each of the 33 unpacks to 64 MB before it is stopped: only the first of a stream may.
    expect(cpuMs() - started).toBeLessThan(10_000);
    expect(errorsOf(bombs)).toContain('EXPANSION_LIMIT');
    expect(rowsOf(bombs)).toEqual([]);
  });

  it('does not expand the aliases of a hostile metadata.yaml', async () => {
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 12; i += 1) {
      const before = String.fromCharCode(96 + i);
      lines.push(
        `${String.fromCharCode(97 + i)}: &${String.fromCharCode(97 + i)} [${Array(9).fill(`*${before}`).join(',')}]`,
      );
    }
    const started = cpuMs();

    const found = await read(rosbag2Reader, {
      'b/b_0.db3': db3,
      'b/metadata.yaml': Buffer.from(`rosbag2_bagfile_information: 1\n${lines.join('\n')}`),
    });

    expect(cpuMs() - started).toBeLessThan(3000);
    expect(errorsOf(found)).toContain('METADATA_INVALID');
  });
});

describe('any change of a valid bag', () => {
  const change = fc.record({
    name: fc.constantFrom('bag1' as const, 'db3' as const, 'yaml' as const),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    put: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  });

  it('gives findings or a result: never a throw, never a hang', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = { bag1: Buffer.from(bag1), db3: Buffer.from(db3), yaml: Buffer.from(yaml) };
        for (const { name, at, put } of changes) {
          const file = changed[name];
          file.set(put.subarray(0, file.byteLength), Math.floor(at * Math.max(0, file.byteLength - put.byteLength)));
        }
        const started = cpuMs();

        const one = await read(rosbag1Reader, { 'a.bag': changed.bag1 });
        const two = await read(rosbag2Reader, { 'b/b_0.db3': changed.db3, 'b/metadata.yaml': changed.yaml });

        expect(cpuMs() - started).toBeLessThan(5000);
        for (const found of [one, two]) expect(rowsOf(found).length % 7).toBe(0);
      }),
      { numRuns: 120 },
    );
  });
});
