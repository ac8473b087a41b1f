import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Group } from 'h5wasm';
import * as onDisk from 'h5wasm/node';
import { agibotReader } from '../../../libs/formats/src/agibot/agibot.source.js';
import { alohaReader } from '../../../libs/formats/src/hdf5/aloha.source.js';
import { robomimicReader } from '../../../libs/formats/src/hdf5/robomimic.source.js';
import { DiskFileTree, MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { writeAgibot } from '../../support/written/agibot.js';
import { put, writeAloha, writeHdf5, writeRobomimic } from '../../support/written/hdf5.js';
import { codesOf, readAll } from './reading.js';

const recording = makeRecording({ episodes: 2, frames: 12, width: 16, height: 12, cameras: ['top'] });
const [first] = recording;
if (!first) throw new Error('no recording was made');
const tree = (files: Record<string, Uint8Array>): MemoryFileTree => new MemoryFileTree(new Map(Object.entries(files)));
const read = (bytes: Uint8Array) => readAll(robomimicReader, tree({ 'demo.hdf5': bytes }));
/** A robomimic file with something added to its first demonstration. */
const withFirst = (change: (demo: Group) => void) =>
  writeRobomimic(recording, { change: (demo, index) => (index === 0 ? change(demo) : undefined) });

describe('files that are not whole', () => {
  it('a cut at any place is a cut, and what was stored is named', async () => {
    for (const bytes of [await writeRobomimic(recording), await writeRobomimic(recording, { libver: 'earliest' })]) {
      for (let length = 0; length < bytes.byteLength; length += 512) {
        const { head, findings } = await read(bytes.subarray(0, length));
        expect(head).toBeNull();
        expect([length, codesOf(findings)]).toEqual([length, [length < 8 ? 'BAD_MAGIC' : 'TRUNCATED_FILE']]);
      }
      const { findings } = await read(bytes.subarray(0, bytes.byteLength - 1));
      expect(findings[0]).toMatchObject({
        code: 'TRUNCATED_FILE',
        path: 'demo.hdf5',
        expected: `${bytes.byteLength} bytes`,
        actual: `${bytes.byteLength - 1} bytes`,
      });
      expect(findings[0]?.message).toContain(`eof=${bytes.byteLength - 1}, stored eof=${bytes.byteLength}`);
    }
  });

  it('a cut file is still claimed, so that somebody says what is wrong with it', async () => {
    const cut = (await writeRobomimic(recording)).subarray(0, 4000);

    expect(await robomimicReader.find(tree({ 'a/demo.hdf5': cut }))).toEqual(['a/']);
    expect(await alohaReader.find(tree({ 'a/episode_0.hdf5': cut }))).toEqual(['a/']);
    expect(await robomimicReader.find(tree({ 'a/episode_0.hdf5': cut }))).toEqual([]);
  });

  it('a web page under the name of a recording is named as one, and the other files are read', async () => {
    const page = Buffer.from('<!DOCTYPE html><html><title>404</title></html>');

    const { episodes, findings } = await readAll(
      robomimicReader,
      tree({ 'a.hdf5': page, 'b.hdf5': await writeRobomimic(recording) }),
    );

    expect(await robomimicReader.find(tree({ 'a.hdf5': page }))).toEqual([]);
    expect(findings.map((finding) => [finding.code, finding.path])).toContainEqual(['BAD_MAGIC', 'a.hdf5']);
    expect(findings[0]?.message).toContain('web page');
    expect(episodes).toHaveLength(2);
  });

  it('a user block before the signature is allowed', async () => {
    const source = tree({ 'demo.hdf5': Buffer.concat([Buffer.alloc(512), await writeRobomimic(recording)]) });

    expect((await readAll(robomimicReader, source)).findings.map((finding) => finding.code)).not.toContain('BAD_MAGIC');
  });

  it('one unreadable episode does not move the others', async () => {
    const good = await writeAloha(first);

    const { episodes, findings } = await readAll(
      alohaReader,
      tree({ 'episode_0.hdf5': good, 'episode_1.hdf5': good.subarray(0, 3000), 'episode_2.hdf5': good }),
    );

    expect(codesOf(findings)).toEqual(['TRUNCATED_FILE']);
    expect(episodes.map(({ episode, values }) => [episode.sourceKey, Object.keys(values).length])).toEqual([
      ['episode_0', 3],
      ['episode_1', 0],
      ['episode_2', 3],
    ]);
  });
});

describe('files that point out of themselves', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodega-hdf5-'));
    const secret = await writeHdf5((file) => put(file, 'secret', [12, 2], new Float32Array(24).fill(42)));
    await writeFile(join(folder, 'secret.h5'), secret);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('an external link is refused, though the file it names is there', async () => {
    const target = join(folder, 'secret.h5');
    const bytes = await withFirst((demo) => demo.create_external_link(target, '/secret', 'obs/leak'));
    await writeFile(join(folder, 'demo.hdf5'), bytes);

    await onDisk.ready;
    const unfenced = new onDisk.File(join(folder, 'demo.hdf5'), 'r');
    expect(unfenced.get('data/demo_0/obs/leak')).toBeInstanceOf(onDisk.Dataset);
    unfenced.close();
    const disk = await DiskFileTree.of(folder);
    const { episodes, findings } = await readAll(robomimicReader, disk);
    await disk.close();

    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'SYMLINK_FILE', path: 'demo.hdf5', actual: target }),
    );
    expect(episodes.flatMap(({ values }) => Object.values(values).flat())).not.toContain(42);
  });

  it('a link that leads nowhere is refused', async () => {
    const { findings } = await read(await withFirst((demo) => demo.create_soft_link('/nowhere', 'obs/gone')));

    expect(codesOf(findings)).toContain('SYMLINK_FILE');
  });
});

describe('files that grow', () => {
  it('an array of a trillion values in a small file is refused before anything is allocated', async () => {
    const bytes = await withFirst((demo) => {
      put(demo, 'huge', [1, 7], new Float64Array(7), { chunks: [1000, 7], maxshape: [null, 7] as never });
      (demo.get('huge') as unknown as { resize(shape: number[]): number }).resize([150_000_000_000, 7]);
    });
    const before = process.memoryUsage().rss;

    const { findings } = await read(bytes);

    expect(codesOf(findings)).toContain('EXPANSION_LIMIT');
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6);
  });

  it('the same pictures under many names count every time', async () => {
    const frames = 24;
    const black = new Uint8Array(frames * 256 * 256 * 3);
    const bytes = await writeHdf5((file) => {
      const demo = file.create_group('data').create_group('demo_0');
      put(demo, 'actions', [frames, 2], new Float32Array(frames * 2));
      put(demo.create_group('obs'), 'top_image', [frames, 256, 256, 3], black, {
        chunks: [1, 256, 256, 3],
        compression: 'gzip',
      });
      for (let index = 1; index < 30; index += 1) file.create_hard_link('/data/demo_0', `data/demo_${index}`);
    });

    const { findings } = await read(bytes);

    expect(codesOf(findings)).toEqual(['EXPANSION_LIMIT']);
  });

  it('groups in groups in groups are not walked', async () => {
    const bytes = await withFirst((demo) => {
      let group = demo.create_group('deep');
      for (let depth = 0; depth < 60; depth += 1) group = group.create_group('g');
    });

    const { episodes, findings } = await read(bytes);

    expect(findings).toEqual([]);
    expect(episodes).toHaveLength(2);
  });

  it('a file beyond what fits into memory is refused where there is no disk', async () => {
    const small = tree({ 'demo.hdf5': await writeRobomimic(recording) });
    const source = await small.open('demo.hdf5');
    const sizeBytes = 65 * 2 ** 20;
    const large = {
      files: [{ path: 'demo.hdf5', sizeBytes }],
      open: () => Promise.resolve({ sizeBytes, read: (at: number, length: number) => source.read(at, length) }),
    };

    expect(codesOf((await readAll(robomimicReader, large)).findings)).toEqual(['TOO_LARGE']);
  });
});

describe('arrays that are not what they should be', () => {
  it('a filter that is not there is named', async () => {
    const bytes = Buffer.from(await writeRobomimic(recording, { libver: 'earliest' }));
    const filter = Buffer.from('0100080000000100', 'hex');
    for (let at = bytes.indexOf(filter); at >= 0; at = bytes.indexOf(filter, at + 1)) bytes.writeUInt16LE(32015, at);

    const { findings } = await read(bytes);

    expect(codesOf(findings)).toEqual(['CODEC_UNSUPPORTED']);
    expect(findings[0]?.message).toContain('zstd');
  });

  it.each<[string, string[], (demo: Group) => void]>([
    [
      'pictures of four channels',
      ['CHANNEL_SKIPPED'],
      (demo) => put(demo, 'obs/rgba_image', [12, 64, 64, 4], new Uint8Array(12 * 64 * 64 * 4)),
    ],
    [
      'texts of any length',
      ['CHANNEL_SKIPPED'],
      (demo) => void demo.create_dataset({ name: 'notes', data: ['a', 'b'] }),
    ],
    ['an arm of no width', [], (demo) => put(demo, 'obs/left_arm', [12, 0], new Float32Array(0))],
    ['a single number', [], (demo) => void demo.create_dataset({ name: 'seed', data: 7 as never, shape: [] })],
  ])('%s: %p', async (_, codes, change) => {
    const { episodes, findings } = await read(await writeRobomimic(recording, { change: (demo) => change(demo) }));

    expect(codesOf(findings)).toEqual(codes);
    expect(Object.keys(episodes[0]?.values ?? {}).sort()).toEqual([
      'actions',
      'dones',
      'obs/robot0_joint_pos',
      'rewards',
    ]);
  });

  it('every demonstration is held against the first one, and against its own num_samples', async () => {
    const bytes = await writeHdf5((file) => {
      const data = file.create_group('data');
      data.create_attribute('total', 99);
      const widths = [7, 7, 6];
      widths.forEach((width, index) => {
        const demo = data.create_group(`demo_${index}`);
        demo.create_attribute('num_samples', index === 1 ? 11 : 12);
        put(demo, 'actions', [12, width], new Float32Array(12 * width));
        const obs = demo.create_group('obs');
        if (index !== 1) put(obs, 'robot0_joint_pos', [12, 7], new Float32Array(84));
        else put(obs, 'object', [12, 3], new Float32Array(36));
      });
    });

    const { findings } = await read(bytes);

    expect(findings.map(({ code, episode, severity }) => `${code} ${episode ?? '-'} ${severity}`)).toEqual([
      'FEATURE_MISSING 1 error',
      'FEATURE_UNDECLARED 1 warning',
      'LENGTH_MISMATCH 1 error',
      'FEATURE_SHAPE_MISMATCH 2 error',
      'FRAME_COUNT_MISMATCH - error',
    ]);
  });

  it('an outcome is only taken from rewards that are sparse', async () => {
    const outcomeOf = async (rewards: number[]): Promise<unknown> => {
      const bytes = await writeHdf5((file) => {
        const demo = file.create_group('data').create_group('demo_0');
        put(demo, 'actions', [3, 1], new Float32Array(3));
        put(demo, 'rewards', [3], Float32Array.from(rewards));
        put(demo, 'dones', [3], Int32Array.from([0, 0, 1]));
      });
      return (await read(bytes)).episodes[0]?.episode.outcome;
    };

    expect(await outcomeOf([0, 0, 1])).toBe('success');
    expect(await outcomeOf([0, 1, 0])).toBeNull();
    expect(await outcomeOf([0, 0, 0])).toBeNull();
    expect(await outcomeOf([0.2, 0.7, 1])).toBeNull();
  });

  it('LIBERO without a sentence takes it from the name of the file, and says so', async () => {
    const bytes = await writeHdf5((file) => {
      const data = file.create_group('data');
      data.create_attribute('bddl_file_name', 'x.bddl');
      put(data.create_group('demo_0'), 'actions', [3, 1], new Float32Array(3));
    });

    const { episodes, findings } = await readAll(robomimicReader, tree({ 'turn_on_the_stove_demo.hdf5': bytes }));

    expect(episodes[0]?.episode.tasks).toEqual([{ text: 'turn on the stove', from: 0, to: null }]);
    expect(codesOf(findings)).toEqual(['TASK_TEXT_GENERIC']);
  });

  it('ALOHA: lengths that differ, an episode that is over at once, a picture without bytes, a gap in the files', async () => {
    const stopped = await writeHdf5((file) => {
      put(file, 'action', [4, 14], new Float32Array(56));
      const observations = file.create_group('observations');
      put(observations, 'qpos', [5, 14], new Float32Array(70));
      put(observations.create_group('images'), 'top', [4, 200], new Uint8Array(800));
    });

    const { findings } = await readAll(alohaReader, tree({ 'episode_0.hdf5': stopped, 'episode_2.hdf5': stopped }));

    expect(codesOf(findings)).toEqual([
      'CODEC_UNUSUAL',
      'EMPTY_EPISODE',
      'EMPTY_IMAGE',
      'EPISODE_INDEX_GAP',
      'LENGTH_MISMATCH',
    ]);
  });
});

describe('AgiBot World that is not what it should be', () => {
  const proprio = 'proprio_stats/327/648000/proprio_stats.h5';
  const videoless = makeRecording({ episodes: 1, frames: 12, cameras: [] });
  const readProprio = async (build: Parameters<typeof writeHdf5>[0]) => {
    const files = await writeAgibot(videoless);
    files.set(proprio, await writeHdf5(build));
    return readAll(agibotReader, new MemoryFileTree(files));
  };
  const stamps = (file: Group): void =>
    put(
      file,
      'timestamp',
      [12],
      BigInt64Array.from({ length: 12 }, (_, i) => BigInt(i) * 33_000_000n),
    );

  it('commands that outlast the states are left out', async () => {
    const { episodes, findings } = await readProprio((file) => {
      stamps(file);
      put(file.create_group('state').create_group('joint'), 'position', [12, 14], new Float32Array(168));
      put(file.create_group('action').create_group('joint'), 'position', [15, 14], new Float32Array(210));
    });

    expect(codesOf(findings)).toEqual(['LENGTH_MISMATCH', 'MISSING_VIDEO']);
    expect(Object.keys(episodes[0]?.values ?? {})).toEqual(['state/joint/position']);
  });

  it.each([
    ['beyond the episode', [0, 3, 12]],
    ['backwards', [0, 5, 4]],
  ])('an index that goes %s is refused', async (_, index) => {
    const { findings } = await readProprio((file) => {
      stamps(file);
      const joint = file.create_group('action').create_group('joint');
      put(joint, 'position', [3, 14], new Float32Array(42));
      put(joint, 'index', [3], BigInt64Array.from(index, BigInt));
    });

    expect(codesOf(findings)).toContain('INDEX_GAP');
  });

  it('times that are no whole nanoseconds are refused', async () => {
    const { findings } = await readProprio((file) => put(file, 'timestamp', [2], Float64Array.from([0, 0.1])));

    expect(codesOf(findings)).toContain('DTYPE_MISMATCH');
  });

  it('a list of tasks that is no JSON is said, and the recordings are read', async () => {
    const files = await writeAgibot(videoless);
    files.set('task_info/task_327.json', Buffer.from('[{'));

    const { episodes, findings } = await readAll(agibotReader, new MemoryFileTree(files));

    expect(codesOf(findings)).toEqual(['METADATA_INVALID', 'MISSING_VIDEO', 'TASK_TEXT_MISSING']);
    expect(episodes[0]?.timesS['state/joint/position']).toHaveLength(12);
  });
});
