import { describe, expect, it } from '@jest/globals';
import type { FileTree } from '@app/formats';
import { FindingLog } from '../../../libs/formats/src/findings.js';
import { mcapReader } from '../../../libs/formats/src/mcap/mcap.source.js';
import { DatasetFiles } from '../../../libs/formats/src/tree.js';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import type { EncodedMessage, McapOptions } from '../../support/written/mcap.js';
import { writeEncodedMcap, writeMcap } from '../../support/written/mcap.js';
import type { TimedMessage } from '../../support/written/ros-messages.js';
import {
  jpegOf,
  messagesOf,
  protobufSchema,
  stampOf,
  START_NS,
  toProtobuf,
} from '../../support/written/ros-messages.js';
import { expectTwin } from './expect-twin.js';
import { readAll } from './reading.js';

const recording = makeRecording({ episodes: 2, frames: 24, width: 32, height: 24 });

async function treeOf(options: McapOptions, change = (messages: TimedMessage[]) => messages): Promise<MemoryFileTree> {
  const files = new Map<string, Uint8Array>();
  for (const episode of recording)
    files.set(`takes/${episode.name}.mcap`, await writeMcap(change(await messagesOf(episode)), options));
  return new MemoryFileTree(files);
}

describe('the made-up recording as MCAP', () => {
  it.each<[string, McapOptions]>([
    ['CDR in zstd chunks', {}],
    ['CDR in LZ4 chunks', { compression: 'lz4' }],
    ['CDR in plain chunks', { compression: '' }],
    ['CDR without chunks', { compression: 'none' }],
    ['CDR in one large chunk', { chunkBytes: 10_000_000 }],
    ['JSON', { encoding: 'json' }],
    ['ROS 1 messages', { encoding: 'ros1' }],
  ])('reads the same content out of %s', async (_, options) => {
    const read = await readAll(mcapReader, await treeOf(options));

    expect(read.roots).toEqual(['takes/']);
    expect(read.findings.filter(({ code }) => code !== 'NO_SUMMARY')).toEqual([]);
    expect(read.source?.head).toMatchObject({ format: 'mcap', announcedEpisodes: 2 });
    await expectTwin(read, recording);
  });

  it('reads the same content without an index, and says that there is none', async () => {
    const read = await readAll(mcapReader, await treeOf({ hasSummary: false }));

    expect(read.findings.map(({ code }) => code)).toEqual(['NO_SUMMARY', 'NO_SUMMARY']);
    await expectTwin(read, recording);
  });

  it('reads the index and the first chunks to learn its streams, not the whole file', async () => {
    const [episode] = recording;
    if (!episode) throw new Error('no episode');
    const long: TimedMessage[] = Array.from({ length: 120 }, (_, i) => ({
      topic: '/log',
      type: 'std_msgs/String',
      timeNs: START_NS + 2_000_000_000n + BigInt(i),
      value: { data: 'x'.repeat(100_000) },
    }));
    const tree = new MemoryFileTree(
      new Map([['a.mcap', await writeMcap(await messagesOf(episode, long), { compression: '' })]]),
    );
    let bytesRead = 0;
    const watched: FileTree = {
      files: tree.files,
      open: async (path) => {
        const source = await tree.open(path);
        const read = (offset: number, length: number) => {
          bytesRead += length;
          return source.read(offset, length);
        };
        return { sizeBytes: source.sizeBytes, read };
      },
    };

    const source = await mcapReader.open(new DatasetFiles(watched, ''), new FindingLog(10));

    expect(source?.head.signals).toHaveLength(4);
    expect(tree.files[0]?.sizeBytes).toBeGreaterThan(12_000_000);
    expect(bytesRead).toBeLessThan(500_000);
  });

  it('takes robot, outcome, operator and scene from the notes, and believes nothing that is not there', async () => {
    const notes = {
      'session.robot': 'so101',
      success: 'false',
      Operator: 'anna',
      scene: 'kitchen 2',
      Collection_Method: 'teleop VR',
    };

    const { source, episodes } = await readAll(mcapReader, await treeOf({ notes }));
    const silent = await readAll(mcapReader, await treeOf({}));

    expect(source?.head.robotType).toEqual({ value: 'so101' });
    expect(source?.head.collectionMethod).toEqual({ value: 'teleop_vr' });
    expect(episodes[0]?.episode).toMatchObject({
      outcome: 'failure',
      outcomeSource: 'flag',
      operator: 'anna',
      scene: 'kitchen 2',
    });
    expect(silent.source?.head.robotType).toEqual({ value: null, reason: expect.stringContaining('robot') });
    expect(silent.episodes[0]?.episode).toMatchObject({ outcome: null, outcomeSource: null, operator: null });
  });

  it('reads joints and pictures out of Foxglove’s protobuf messages', async () => {
    const [episode] = recording;
    if (!episode) throw new Error('no episode');
    const schema = (name: string) => ({ name, encoding: 'protobuf', data: protobufSchema() });
    const messages: EncodedMessage[] = [];
    for (let frame = 0; frame < episode.frames; frame += 1) {
      const timeNs = START_NS + BigInt(frame) * 40_000_000n;
      const { sec, nsec } = stampOf(timeNs);
      const timestamp = { seconds: sec, nanos: nsec };
      const picture = { timestamp, format: 'jpeg', data: await jpegOf(episode, 'top', frame) };
      const joints = episode.joints.map((name, c) => ({ name, position: episode.state[frame * 7 + c] }));
      for (const [topic, type, value] of [
        ['/top', 'foxglove.CompressedImage', picture],
        ['/joints', 'foxglove.JointStates', { timestamp, joints }],
      ] as const)
        messages.push({
          topic,
          timeNs,
          data: toProtobuf(type, value),
          schema: schema(type),
          messageEncoding: 'protobuf',
        });
    }
    const tree = new MemoryFileTree(new Map([['take.mcap', await writeEncodedMcap(messages)]]));

    const { findings, episodes } = await readAll(mcapReader, tree);

    expect(findings).toEqual([]);
    expect(episodes[0]?.rows['/joints/position']).toEqual([...episode.state]);
    expect(episodes[0]?.pictures['/top']).toHaveLength(episode.frames);
    expect(episodes[0]?.pictures['/top']?.[3]?.bytes).toEqual(await jpegOf(episode, 'top', 3));
  });

  it('follows the sensor’s stamps, but the recorder where the two are more than a second apart', async () => {
    const shift = (message: TimedMessage, ns: bigint): TimedMessage => ({
      ...message,
      value: { ...message.value, header: { stamp: stampOf(message.timeNs + ns), frame_id: '', seq: 0 } },
    });
    const tree = await treeOf({}, (messages) =>
      messages.map((message) => {
        if (message.topic === '/joint_states') return shift(message, -4_000_000n);
        return message.topic === '/joint_commands' ? shift(message, 5_000_000_000n) : message;
      }),
    );

    const { findings, episodes } = await readAll(mcapReader, tree);

    expect(episodes[0]?.timesS['/joint_states/position']?.[3]).toBeCloseTo(0.1 - 0.004, 9);
    expect(episodes[0]?.timesS['/joint_commands/position']?.[3]).toBeCloseTo(0.1, 9);
    expect(findings.map(({ code, actual }) => [code, actual])).toEqual([
      ['CLOCK_JUMP', '/joint_commands: 5 s after 1 messages'],
      ['CLOCK_JUMP', '/joint_commands: 5 s after 1 messages'],
    ]);
  });

  it('puts joints in the order of the first message, and refuses another number of them once', async () => {
    const tree = await treeOf({}, (messages) =>
      messages.map((message, i) => {
        const value = message.value as { name: string[]; position: Float64Array };
        if (message.topic === '/joint_states' && i > 10 && i % 8 < 4)
          return {
            ...message,
            value: { ...value, name: [...value.name].reverse(), position: value.position.toReversed() },
          };
        if (message.topic === '/joint_commands' && i > 20)
          return { ...message, value: { ...value, name: value.name.slice(1), position: value.position.slice(1) } };
        return message;
      }),
    );

    const { findings, episodes } = await readAll(mcapReader, tree);

    expect(episodes[0]?.rows['/joint_states/position']).toEqual([...(recording[0]?.state ?? [])]);
    expect(findings.map(({ code, episode }) => [code, episode])).toEqual([
      ['BAD_MESSAGE', 0],
      ['BAD_MESSAGE', 1],
    ]);
    expect(findings[0]?.message).toMatch(
      /of 24 messages of \/joint_commands cannot be used: .*7 in the first message, 6 here/,
    );
  });
});
