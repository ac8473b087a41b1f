import { describe, expect, it } from '@jest/globals';
import { rosbag1Reader } from '../../../libs/formats/src/rosbag1/rosbag1.source.js';
import { rosbag2Reader } from '../../../libs/formats/src/rosbag2/rosbag2.source.js';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { writeMcap, zstdFrame } from '../../support/written/mcap.js';
import type { TimedMessage } from '../../support/written/ros-messages.js';
import { messagesOf } from '../../support/written/ros-messages.js';
import { writeRosbag1 } from '../../support/written/rosbag1.js';
import { writeDb3, writeMetadata } from '../../support/written/rosbag2.js';
import { expectTwin } from '../mcap/expect-twin.js';
import { readAll } from '../mcap/reading.js';

const recording = makeRecording({ episodes: 2, frames: 24, width: 32, height: 24 });

/** One folder a recording, its files made by `write`. */
async function bagTree(write: (messages: TimedMessage[], name: string) => Promise<Record<string, Uint8Array>>) {
  const files = new Map<string, Uint8Array>();
  for (const episode of recording)
    for (const [name, bytes] of Object.entries(await write(await messagesOf(episode), episode.name)))
      files.set(`bags/${episode.name}/${name}`, bytes);
  return new MemoryFileTree(files);
}

describe('the made-up recording as ROS 2 bags', () => {
  it.each([
    ['with definitions', {}],
    ['without definitions, as before Iron', { hasDefinitions: false }],
    ['in pages of 512 bytes', { pageBytes: 512 }],
    ['in pages of 64 KiB', { pageBytes: 65_536 }],
  ])('reads the same content out of SQLite %s', async (_, options) => {
    const tree = await bagTree(async (messages, name) => ({
      [`${name}_0.db3`]: await writeDb3(messages, options),
      'metadata.yaml': writeMetadata([`${name}_0.db3`], messages),
    }));

    const read = await readAll(rosbag2Reader, tree);

    expect(read.roots).toEqual(['bags/']);
    expect(read.findings).toEqual([]);
    expect(read.source?.head).toMatchObject({ format: 'rosbag', formatVersion: 'rosbag2-sqlite3' });
    expect(read.episodes.map(({ episode }) => episode.sourceKey)).toEqual(['episode_0', 'episode_1']);
    await expectTwin(read, recording);
  });

  it('reads the same content out of split files, named in metadata.yaml or not', async () => {
    const write = async (messages: TimedMessage[], name: string) => {
      const middle = Math.floor(messages.length / 2);
      return {
        [`${name}_0.db3`]: await writeDb3(messages.slice(0, middle)),
        [`${name}_1.db3`]: await writeDb3(messages.slice(middle)),
      };
    };
    const bound = await bagTree(async (messages, name) => ({
      ...(await write(messages, name)),
      'metadata.yaml': writeMetadata([`${name}/${name}_0.db3`, `${name}/${name}_1.db3`], messages),
    }));

    for (const tree of [bound, await bagTree(write)]) {
      const read = await readAll(rosbag2Reader, tree);

      expect(read.findings).toEqual([]);
      expect(read.episodes[0]?.episode.files).toHaveLength(2);
      await expectTwin(read, recording);
    }
  });

  it('reads the same content out of MCAP in bags, and takes notes from custom data', async () => {
    const tree = await bagTree(async (messages) => ({
      'x_0.mcap': await writeMcap(messages),
      'metadata.yaml': writeMetadata(['x_0.mcap'], messages, {
        storage: 'mcap',
        custom: { robot: 'ur5e', success: 'true', operator: 'li' },
      }),
    }));

    const read = await readAll(rosbag2Reader, tree);

    expect(read.findings).toEqual([]);
    expect(read.source?.head).toMatchObject({ formatVersion: 'rosbag2-mcap', robotType: { value: 'ur5e' } });
    expect(read.episodes[0]?.episode).toMatchObject({ outcome: 'success', outcomeSource: 'flag', operator: 'li' });
    await expectTwin(read, recording);
  });

  it('reads the same content out of files and messages that are packed with zstd', async () => {
    const trees = [
      await bagTree(async (messages) => ({
        'x_0.db3.zstd': await zstdFrame(await writeDb3(messages)),
        'metadata.yaml': writeMetadata(['x_0.db3.zstd'], messages, { mode: 'FILE' }),
      })),
      await bagTree(async (messages) => ({
        'x_0.mcap.zstd': await zstdFrame(await writeMcap(messages, { compression: '' })),
        'metadata.yaml': writeMetadata(['x_0.mcap.zstd'], messages, { mode: 'FILE', storage: 'mcap' }),
      })),
      await bagTree(async (messages) => ({
        'x_0.db3': await writeDb3(messages, { isPackedByMessage: true }),
        'metadata.yaml': writeMetadata(['x_0.db3'], messages, { mode: 'MESSAGE' }),
      })),
    ];

    for (const tree of trees) {
      const read = await readAll(rosbag2Reader, tree);

      expect(read.findings).toEqual([]);
      await expectTwin(read, recording);
    }
  });

  it('says where metadata.yaml is wrong: renamed files, absent files, another number of messages', async () => {
    const write = (yaml: (messages: TimedMessage[]) => Uint8Array) =>
      bagTree(async (messages) => ({ 'x_0.db3': await writeDb3(messages), 'metadata.yaml': yaml(messages) }));
    const codesOf = async (tree: MemoryFileTree) =>
      (await readAll(rosbag2Reader, tree)).findings
        .filter(({ path }) => path?.includes('episode_0'))
        .map(({ code }) => code);

    const renamed = await write((messages) => writeMetadata(['old_name_0.db3'], messages));
    const absent = await write((messages) => writeMetadata(['x_0.db3', 'x_1.db3'], messages));
    const miscounted = await write((messages) => writeMetadata(['x_0.db3'], messages, { count: 7 }));
    const broken = await write(() => Buffer.from('rosbag2_bagfile_information: [1, {'));

    expect(await codesOf(renamed)).toEqual(['STALE_PATHS']);
    expect(await codesOf(absent)).toEqual(['MISSING_DATA_FILE']);
    expect(await codesOf(miscounted)).toEqual(['FRAME_COUNT_MISMATCH']);
    expect(await codesOf(broken)).toEqual(['METADATA_INVALID']);
  });

  it('refuses a bag whose last messages lie in a write-ahead log', async () => {
    const tree = await bagTree(async (messages) => ({
      'x_0.db3': await writeDb3(messages),
      'x_0.db3-wal': new Uint8Array(32),
      'metadata.yaml': writeMetadata(['x_0.db3'], messages),
    }));

    const { findings } = await readAll(rosbag2Reader, tree);

    expect(findings.map(({ code }) => code)).toEqual(['TRUNCATED_FILE', 'TRUNCATED_FILE']);
  });
});

describe('the made-up recording as ROS 1 bags', () => {
  const tree = async (options: Parameters<typeof writeRosbag1>[1]) => {
    const files = new Map<string, Uint8Array>();
    for (const episode of recording) files.set(`${episode.name}.bag`, writeRosbag1(await messagesOf(episode), options));
    return new MemoryFileTree(files);
  };

  it.each(['none', 'lz4'] as const)('reads the same content out of chunks packed with %s', async (compression) => {
    const read = await readAll(rosbag1Reader, await tree({ compression }));

    expect(read.findings).toEqual([]);
    expect(read.source?.head).toMatchObject({ format: 'rosbag', formatVersion: 'rosbag1' });
    await expectTwin(read, recording);
  });

  it('reads a bag that was not closed, and refuses it with what to do', async () => {
    const read = await readAll(rosbag1Reader, await tree({ isClosed: false }));

    expect(read.findings.map(({ code }) => code)).toEqual([
      'TRUNCATED_FILE',
      'RECOVERED',
      'TRUNCATED_FILE',
      'RECOVERED',
    ]);
    expect(read.findings[0]?.message).toContain('rosbag reindex');
    await expectTwin(read, recording);
  });
});
