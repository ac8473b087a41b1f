import { describe, expect, it } from '@jest/globals';
import { McapRecordBuilder } from '@mcap/core';
import fc from 'fast-check';
import { mcapReader } from '../../../libs/formats/src/mcap/mcap.source.js';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { writeMcap, zstdFrame } from '../../support/written/mcap.js';
import { messagesOf, START_NS, toCdr } from '../../support/written/ros-messages.js';
import { cpuMs } from '../../support/process-use.js';
import { readAll } from './reading.js';

const [recording] = makeRecording({ episodes: 1, frames: 8, width: 16, height: 12 });
if (!recording) throw new Error('no recording');
const messages = await messagesOf(recording);
const chunked = await writeMcap(messages, { chunkBytes: 1500 });
const loose = await writeMcap(messages, { compression: 'none' });

const read = (bytes: Uint8Array) => readAll(mcapReader, new MemoryFileTree(new Map([['a.mcap', bytes]])));
const errorsOf = ({ findings }: Awaited<ReturnType<typeof read>>) =>
  findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
const rowsOf = ({ episodes }: Awaited<ReturnType<typeof read>>) => episodes[0]?.rows['/joint_states/position'] ?? [];

/** Where records start: 9 bytes of head, then their content. */
function boundaries(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found = [];
  for (let at = 8; at + 9 <= bytes.byteLength; at += 9 + Number(view.getBigUint64(at + 1, true))) found.push(at);
  return found;
}

/** A file of one chunk whose head says what it likes. */
function fileOfChunk(chunk: { uncompressedSize: bigint; compression: string; records: Uint8Array }): Uint8Array {
  const builder = new McapRecordBuilder();
  builder.writeMagic();
  builder.writeHeader({ profile: '', library: '' });
  builder.writeChunk({ messageStartTime: 0n, messageEndTime: 0n, uncompressedCrc: 0, ...chunk });
  builder.writeDataEnd({ dataSectionCrc: 0 });
  builder.writeFooter({ summaryStart: 0n, summaryOffsetStart: 0n, summaryCrc: 0 });
  builder.writeMagic();
  return builder.buffer.slice();
}

/** A file of one channel and one message, with this definition and these bytes. */
function fileOfMessage(definition: string, data: Uint8Array, type = 'sensor_msgs/msg/JointState'): Uint8Array {
  const builder = new McapRecordBuilder();
  builder.writeMagic();
  builder.writeHeader({ profile: '', library: '' });
  builder.writeSchema({ id: 1, name: type, encoding: 'ros2msg', data: Buffer.from(definition) });
  builder.writeChannel({ id: 0, schemaId: 1, topic: '/x', messageEncoding: 'cdr', metadata: new Map() });
  builder.writeMessage({ channelId: 0, sequence: 0, logTime: START_NS, publishTime: START_NS, data });
  builder.writeDataEnd({ dataSectionCrc: 0 });
  builder.writeFooter({ summaryStart: 0n, summaryOffsetStart: 0n, summaryCrc: 0 });
  builder.writeMagic();
  return builder.buffer.slice();
}

describe('MCAP files that break off', () => {
  it.each([
    ['chunked', chunked],
    ['without chunks', loose],
  ])('refuses a %s file cut at any record, and keeps what lies before the cut', async (_, bytes) => {
    const whole = rowsOf(await read(bytes));
    let most = 0;

    for (const cut of boundaries(bytes)) {
      for (const at of [cut, cut + 1, cut + 9]) {
        const found = await read(bytes.subarray(0, at));

        expect(errorsOf(found).length).toBeGreaterThan(0);
        const rows = rowsOf(found);
        expect(whole.slice(0, rows.length)).toEqual(rows);
        expect(rows.length).toBeGreaterThanOrEqual(most);
        most = Math.max(most, rows.length);
      }
    }

    expect(most).toBe(whole.length);
  });

  it('says that it is damaged and how many messages could be read', async () => {
    const found = await read(chunked.subarray(0, Math.floor(chunked.byteLength / 2)));

    expect(errorsOf(found)).toEqual(['TRUNCATED_FILE']);
    expect(found.findings.find(({ code }) => code === 'RECOVERED')?.actual).toMatch(/^\d+ messages$/);
  });

  it('leaves out one chunk whose checksum is wrong, and reads those around it', async () => {
    const whole = await writeMcap(messages, { compression: '', chunkBytes: 1500 });
    const rows = [];

    for (const chunk of boundaries(whole).filter((at) => whole[at] === 6)) {
      const bytes = whole.slice();
      bytes[chunk + 200] = (bytes[chunk + 200] ?? 0) ^ 1;
      const found = await read(bytes);
      expect(errorsOf(found)).toEqual(['CRC_MISMATCH', 'FRAME_COUNT_MISMATCH']);
      rows.push(rowsOf(found).length / 7);
    }

    expect(rows.length).toBeGreaterThan(4);
    // Each row lies in one chunk, so over all of them each is missed once.
    expect(rows.reduce((missed, count) => missed + recording.frames - count, 0)).toBe(recording.frames);
  });
});

describe('MCAP files that lie', () => {
  it('does not allocate what a chunk claims to unpack to', async () => {
    const before = process.memoryUsage().arrayBuffers;

    const found = await read(
      fileOfChunk({ uncompressedSize: 10n ** 12n, compression: 'zstd', records: new Uint8Array(20) }),
    );

    expect(errorsOf(found)).toEqual(expect.arrayContaining(['EXPANSION_LIMIT', 'EMPTY_RECORDING']));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50_000_000);
  });

  it.each(['zstd', 'lz4'])('stops a %s bomb at the size that it announces', async (compression) => {
    const zeros = new Uint8Array(8_000_000);
    const records =
      compression === 'zstd' ? await zstdFrame(zeros) : (await import('../../support/written/mcap.js')).lz4Frame(zeros);

    const found = await read(fileOfChunk({ uncompressedSize: 1000n, compression, records }));

    expect(errorsOf(found)).toContain('BAD_MCAP');
    expect(records.byteLength).toBeLessThan(100_000);
  });

  it('reads a good LZ4 chunk after a broken one', async () => {
    const good = await writeMcap(messages, { compression: 'lz4' });
    const broken = fileOfChunk({ uncompressedSize: 1000n, compression: 'lz4', records: Buffer.alloc(300, 0xff) });

    expect(errorsOf(await read(broken))).toContain('BAD_MCAP');
    expect(errorsOf(await read(good))).toEqual([]);
  });

  it.each([
    ['a type that contains itself', 'A a\n================\nMSG: x/A\nA a'],
    ['a type that contains itself many times', 'A[] a\n================\nMSG: x/A\nA[] a'],
    ['types that double on every level', doubling(40)],
    ['an array of 10^12 numbers', 'float64[1000000000000] position'],
    ['an array of 4 billion empty parts', 'E[4000000000] e\n================\nMSG: x/E\nuint8[0] n'],
    ['10,000 nested types', nesting(10_000)],
    ['a text of 700 KB', `string name # ${'x'.repeat(700_000)}`],
    ['JavaScript', 'uint8 a];process.exit(1);//\n'],
    ['no text', ''],
  ])('survives %s as a definition', async (_, definition) => {
    const started = cpuMs();

    const found = await read(fileOfMessage(definition, Uint8Array.of(0, 1, 0, 0, ...new Uint8Array(4000))));

    expect(cpuMs() - started).toBeLessThan(3000);
    expect(rowsOf(found)).toEqual([]);
  });

  it('refuses a list that claims more names than the message has bytes', async () => {
    const value = {
      header: { stamp: { sec: 1, nanosec: 0 }, frame_id: '' },
      name: [],
      position: [],
      velocity: [],
      effort: [],
    };
    const data = toCdr('sensor_msgs/JointState', value).slice();
    new DataView(data.buffer).setUint32(20, 30_000_000, true);

    const found = await read(
      fileOfMessage(
        'std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort\n================================================================================\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id',
        data,
      ),
    );

    expect(errorsOf(found)).toContain('BAD_MESSAGE');
  });

  it('keeps its head with 20,000 channels, and tells of a thousand', async () => {
    const builder = new McapRecordBuilder();
    builder.writeMagic();
    builder.writeHeader({ profile: '', library: '' });
    builder.writeSchema({ id: 1, name: 'x/msg/Unknown', encoding: 'ros2msg', data: Buffer.from('uint8 a') });
    for (let id = 0; id < 20_000; id += 1) {
      builder.writeChannel({ id, schemaId: 1, topic: `/t${id}`, messageEncoding: 'cdr', metadata: new Map() });
      builder.writeMessage({ channelId: id, sequence: 0, logTime: 1n, publishTime: 1n, data: new Uint8Array(1) });
    }
    const started = cpuMs();

    const found = await read(builder.buffer.slice());

    expect(cpuMs() - started).toBeLessThan(4000);
    expect(found.findings.filter(({ code }) => code === 'CHANNEL_SKIPPED').length).toBeLessThanOrEqual(1001);
  });
});

describe('any change of a valid MCAP file', () => {
  const change = fc.record({
    file: fc.constantFrom(chunked, loose),
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    how: fc.constantFrom('overwrite', 'insert', 'delete'),
  });

  it('gives findings or a result: never a throw, never a hang', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        let bytes = Buffer.from(changes[0]?.file ?? chunked);
        for (const { at, bytes: put, how } of changes) {
          const offset = Math.floor(at * bytes.byteLength);
          const rest = bytes.subarray(how === 'insert' ? offset : offset + put.byteLength);
          bytes = Buffer.concat([bytes.subarray(0, offset), how === 'delete' ? new Uint8Array(0) : put, rest]);
        }
        const started = cpuMs();

        const found = await read(new Uint8Array(bytes));

        expect(cpuMs() - started).toBeLessThan(5000);
        for (const { rows, pictures } of found.episodes) {
          expect((rows['/joint_states/position']?.length ?? 0) % 7).toBe(0);
          expect(Object.keys(pictures).length).toBeLessThanOrEqual(3);
        }
      }),
      { numRuns: 150 },
    );
  });
});

function doubling(levels: number): string {
  const parts = ['T0 a\nT0 b'];
  for (let i = 0; i < levels; i += 1)
    parts.push(`================\nMSG: x/T${i}\n${i === levels - 1 ? 'uint8[0] n' : `T${i + 1} a\nT${i + 1} b`}`);
  return parts.join('\n');
}

function nesting(levels: number): string {
  const parts = ['T0 a'];
  for (let i = 0; i < levels; i += 1)
    parts.push(`================\nMSG: x/T${i}\n${i === levels - 1 ? 'uint8 n' : `T${i + 1} a`}`);
  return parts.join('\n');
}
