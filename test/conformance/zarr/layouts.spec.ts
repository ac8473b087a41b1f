import { describe, expect, it } from '@jest/globals';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { writeZip } from '../../support/written/zarr-zip.js';
import type { WrittenArray } from '../../support/written/zarr.js';
import { endsArray, recordingArrays, writeZarr } from '../../support/written/zarr.js';
import { readBuffer } from './reading.js';

const ends = { 'meta/episode_ends': endsArray([2, 1]) };
const floats = (values: readonly number[], ...tail: number[]): WrittenArray => ({
  values: Float32Array.from(values),
  shape: [3, ...tail],
  chunks: [2, ...tail],
});
const side = 8;
const pixels = side * side * 3;

async function treeOf(arrays: Record<string, WrittenArray>, change?: (files: Map<string, Uint8Array>) => void) {
  const files = await writeZarr({ ...ends, ...arrays });
  change?.(files);
  return new MemoryFileTree(files);
}

/** Writes other values into a `.zarray`. */
function rewrite(files: Map<string, Uint8Array>, path: string, values: Readonly<Record<string, unknown>>): void {
  const before = JSON.parse(Buffer.from(files.get(`${path}/.zarray`) ?? []).toString()) as object;
  files.set(`${path}/.zarray`, Buffer.from(JSON.stringify({ ...before, ...values })));
}

describe('layouts of replay buffers', () => {
  it('knows UMI by its keys, with the units that UMI has, and passes JPEG-XL on as it is', async () => {
    const picture = (i: number) => Uint8Array.from([0xff, 0x0a, i, i, i]);
    const tree = await treeOf(
      {
        'data/robot0_eef_pos': floats([1, 2, 3, 4, 5, 6, 7, 8, 9], 3),
        'data/robot0_eef_rot_axis_angle': floats([1, 2, 3, 4, 5, 6, 7, 8, 9], 3),
        'data/robot0_gripper_width': floats([0.08, 0.04, 0], 1),
        'data/robot0_demo_start_pose': floats(
          Array.from({ length: 18 }, (_, i) => i),
          6,
        ),
        'data/camera0_rgb': {
          values: new Uint8Array(3 * pixels),
          shape: [3, side, side, 3],
          chunks: [1, side, side, 3],
        },
      },
      (files) => {
        rewrite(files, 'data/camera0_rgb', { compressor: { id: 'imagecodecs_jpegxl', level: 99 } });
        for (let i = 0; i < 3; i += 1) files.set(`data/camera0_rgb/${i}.0.0.0`, picture(i));
      },
    );

    const { source, log, episodes } = await readBuffer(tree);

    expect(log.toList()).toEqual([]);
    expect(source?.head).toMatchObject({
      formatVersion: 'umi',
      collectionMethod: { value: 'umi_handheld' },
      robotType: { value: null },
      fps: { value: null },
    });
    const signals = source?.head.signals.map(({ key, role, unit }) => [key, role, unit.value]);
    expect(signals).toEqual([
      ['robot0_demo_start_pose', 'other', null],
      ['robot0_eef_pos', 'state', 'm'],
      ['robot0_eef_rot_axis_angle', 'state', 'rad'],
      ['robot0_gripper_width', 'state', 'm'],
    ]);
    expect(episodes[1]?.rows['robot0_eef_pos']).toEqual([7, 8, 9]);
    expect(episodes[0]?.pictures['camera0_rgb']).toEqual(
      [0, 1].map((i) => ({
        ...{ kind: 'image', camera: 'camera0_rgb', timeS: null, encoding: 'jxl', width: side, height: side },
        bytes: picture(i),
      })),
    );
  });

  it('reads pictures of floats as bytes, and says so once', async () => {
    const values = Array.from({ length: 3 * pixels }, (_, i) => i % 256);
    const unit = values.map((value) => value / 255);
    const tree = await treeOf({
      'data/img': floats(values, side, side, 3),
      'data/unit_rgb': floats(unit, side, side, 3),
      'data/action': floats([1, 2, 3], 1),
    });

    const { log, episodes } = await readBuffer(tree);

    expect(log.toList().map(({ code, severity }) => [code, severity])).toEqual([
      ['DTYPE_MISMATCH', 'warning'],
      ['DTYPE_MISMATCH', 'warning'],
    ]);
    for (const camera of ['img', 'unit_rgb']) {
      const read = episodes.flatMap(({ pictures }) => pictures[camera] ?? []).flatMap(({ bytes }) => [...bytes]);
      expect(read).toEqual(values);
    }
  });

  it('reads pictures whose channels come first, depth, and arrays of order F and of big-endian numbers', async () => {
    const planes = Uint8Array.from({ length: 3 * pixels }, (_, i) => i % 251);
    const depth = Uint16Array.from({ length: 3 * side * side }, (_, i) => i * 7);
    const columns = Float32Array.from([1, 3, 5, 2, 4, 6]);
    const swapped = Float64Array.from([1.5, -2, Number.NaN]);
    const tree = await treeOf(
      {
        'data/cam_chw': { values: planes, shape: [3, 3, side, side], chunks: [3, 3, side, side] },
        'data/depth': { values: depth, shape: [3, side, side], chunks: [2, 5, 8] },
        'data/state_f': { values: columns, shape: [3, 2], chunks: [3, 2] },
        'data/state_big': { values: swapped, shape: [3], chunks: [3] },
      },
      (files) => {
        rewrite(files, 'data/state_f', { order: 'F' });
        rewrite(files, 'data/state_big', { dtype: '>f8' });
        files.set('data/state_big/0', Buffer.from(files.get('data/state_big/0') ?? []).swap64());
      },
    );

    const { source, log, episodes } = await readBuffer(tree);

    expect(log.toList()).toEqual([]);
    expect(source?.head.cameras.map(({ key, kind }) => [key, kind])).toEqual([
      ['cam_chw', 'rgb'],
      ['depth', 'depth'],
    ]);
    const first = episodes[0]?.pictures['cam_chw']?.[0]?.bytes ?? new Uint8Array(0);
    expect([...first.subarray(0, 6)]).toEqual([0, 64, 128, 1, 65, 129].map((i) => planes[i]));
    const last = episodes[1]?.pictures['depth']?.[0]?.bytes ?? new Uint8Array(0);
    expect(Buffer.from(last).readUInt16LE(2)).toBe((2 * side * side + 1) * 7);
    expect(episodes.flatMap(({ rows }) => rows['state_f'] ?? [])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(episodes.flatMap(({ rows }) => rows['state_big'] ?? [])).toEqual([...swapped]);
  });

  it.each<[string, string, (files: Map<string, Uint8Array>) => void]>([
    [
      'an unknown compressor',
      'CODEC_UNSUPPORTED',
      (files) => rewrite(files, 'data/action', { compressor: { id: 'pcodec' } }),
    ],
    [
      'a compressor named as a method is',
      'CODEC_UNSUPPORTED',
      (files) => rewrite(files, 'data/action', { compressor: { id: 'toString' } }),
    ],
    [
      'a filter',
      'CODEC_UNSUPPORTED',
      (files) => rewrite(files, 'data/action', { filters: [{ id: 'delta', dtype: '<f4' }] }),
    ],
    ['objects', 'CHANNEL_SKIPPED', (files) => rewrite(files, 'data/action', { dtype: '|O' })],
    ['half floats', 'CHANNEL_SKIPPED', (files) => rewrite(files, 'data/action', { dtype: '<f2' })],
    ['no .zarray', 'BAD_ZARR', (files) => files.delete('data/action/.zarray')],
    ['a .zarray that is no JSON', 'METADATA_INVALID', (files) => files.set('data/action/.zarray', Buffer.from('{'))],
    ['Zarr version 3', 'UNSUPPORTED_FORMAT', (files) => rewrite(files, 'data/action', { zarr_format: 3 })],
    ['another length', 'LENGTH_MISMATCH', (files) => rewrite(files, 'data/action', { shape: [4, 1] })],
    ['chunks of terabytes', 'TOO_LARGE', (files) => rewrite(files, 'data/action', { chunks: [1e12, 1] })],
    ['chunks of nothing', 'BAD_ZARR', (files) => rewrite(files, 'data/action', { chunks: [0, 1] })],
    ['a chunk that is absent', 'MISSING_CHUNK', (files) => files.delete('data/action/1.0')],
    ['a chunk that is cut', 'BAD_ZARR', (files) => files.set('data/action/1.0', Buffer.alloc(5))],
    ['a chunk that is too large', 'TOO_LARGE', (files) => files.set('data/action/1.0', Buffer.alloc(100_000))],
  ])('reports %s, and reads the rest', async (_, code, change) => {
    const tree = await treeOf({ 'data/action': floats([1, 2, 3], 1), 'data/state': floats([4, 5, 6], 1) }, change);

    const { log, episodes } = await readBuffer(tree);

    expect(log.toList()[0]).toMatchObject({ code });
    expect(new Set(log.toList().map((finding) => finding.code))).toEqual(new Set([code]));
    expect(episodes.map(({ rows }) => rows['state'])).toEqual([[4, 5], [6]]);
  });

  it.each<[string, string, (files: Map<string, Uint8Array>) => void]>([
    ['Zarr version 3', 'UNSUPPORTED_FORMAT', (files) => files.set('zarr.json', Buffer.from('{"zarr_format":3}'))],
    ['no .zarray of the ends', 'BAD_ZARR', (files) => files.delete('meta/episode_ends/.zarray')],
    ['ends that are missing', 'MISSING_CHUNK', (files) => files.delete('meta/episode_ends/0')],
    ['ends of floats', 'EPISODE_ENDS_INVALID', (files) => rewrite(files, 'meta/episode_ends', { dtype: '<f8' })],
    [
      'ends in two axes',
      'EPISODE_ENDS_INVALID',
      (files) => rewrite(files, 'meta/episode_ends', { shape: [2, 1], chunks: [2, 1] }),
    ],
    ['a billion ends', 'TOO_LARGE', (files) => rewrite(files, 'meta/episode_ends', { shape: [1e9], chunks: [1000] })],
  ])('refuses %s', async (_, code, change) => {
    const tree = await treeOf({ 'data/action': floats([1, 2, 3], 1) }, change);

    const { source, log } = await readBuffer(tree);

    expect(source).toBeNull();
    expect(log.toList()).toMatchObject([{ code }]);
  });

  it.each([
    ['fall', [3, 2]],
    ['stand still', [2, 2, 3]],
    ['start with nothing', [0, 3]],
    ['are negative', [-1, 3]],
    ['are beyond what numbers hold', [2n ** 62n, 2n ** 63n - 1n]],
  ])('refuses ends that %s', async (_, list) => {
    const values = BigInt64Array.from(list, BigInt);
    const tree = await treeOf({
      'data/action': floats([1, 2, 3], 1),
      'meta/episode_ends': { values, shape: [values.length], chunks: [values.length] },
    });

    const { source, log } = await readBuffer(tree);

    expect(source).toBeNull();
    expect(log.toList()).toMatchObject([{ code: 'EPISODE_ENDS_INVALID' }]);
  });

  it('reports arrays that end elsewhere than the last episode', async () => {
    const tree = await treeOf({ 'data/action': floats([1, 2, 3], 1), 'meta/episode_ends': endsArray([2, 3]) });

    const { source, log } = await readBuffer(tree);

    expect(source).toBeNull();
    expect(log.toList().map(({ code }) => code)).toEqual(['LENGTH_MISMATCH', 'MISSING_DATA_FILE']);
  });

  it('hands on NaN and infinity as they are', async () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, 1];

    const { log, episodes } = await readBuffer(await treeOf({ 'data/action': floats(values, 1) }));

    expect(log.toList()).toEqual([]);
    expect(episodes.flatMap(({ rows }) => rows['action'] ?? [])).toEqual(values);
  });

  it('finds every buffer of an upload, and refuses two archives in one folder', async () => {
    const one = await writeZarr(recordingArrays(makeRecording({ episodes: 1, frames: 2, width: 8, height: 8 })));
    const folders = [...one].flatMap(([path, bytes]) => [[`a/${path}`, bytes] as const, [`b/${path}`, bytes] as const]);
    const archives = ['x.zarr.zip', 'y.zarr.zip'].map((name) => [name, writeZip(one)] as const);

    expect((await readBuffer(new MemoryFileTree(new Map(folders)))).roots).toEqual(['a/', 'b/']);
    const { source, log } = await readBuffer(new MemoryFileTree(new Map(archives)));
    expect(source).toBeNull();
    expect(log.toList()).toMatchObject([{ code: 'MULTIPLE_DATASETS' }]);
  });

  it('says of another Zarr store that it is no replay buffer', async () => {
    const { source, log } = await readBuffer(new MemoryFileTree(new Map([['.zgroup', new Uint8Array(2)]])));

    expect(source).toBeNull();
    expect(log.toList()).toMatchObject([{ code: 'UNSUPPORTED_FORMAT' }]);
  });
});
