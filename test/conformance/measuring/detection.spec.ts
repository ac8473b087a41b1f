import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { DatasetMeasure } from '@app/formats';
import { FindingLog, measureDataset, openDataset } from '@app/formats';
import { DiskFileTree, MemoryFileTree } from '../../support/file-trees.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { errorCodes } from '../lerobot/measuring.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const measureFiles = (files: Record<string, Uint8Array>): Promise<DatasetMeasure> =>
  measureDataset(new MemoryFileTree(new Map(Object.entries(files))), { onEpisode: () => undefined });

// Each sample by itself is held to its golden file in `samples/`; here they are uploaded with all that lies beside them.
describeWithSharedData('a folder of real recordings', () => {
  it.each([
    ['hdf5-robosuite-demos', 'hdf5', 'robosuite-raw', 'BaxterLift/', ['MULTIPLE_DATASETS', 'TIMESTAMP_NOT_MONOTONIC']],
    ['lerobot-malformed-franka', 'lerobot', 'unknown', 'dataset/', expect.arrayContaining(['UNKNOWN_VERSION'])],
    ['lerobot-tiny-fixtures', 'lerobot', 'v3.0', 'lerobotv3/', expect.arrayContaining(['MULTIPLE_DATASETS'])],
    ['lerobot-v21-unitree-g1', 'lerobot', 'v2.1', 'original/', expect.arrayContaining(['MULTIPLE_DATASETS'])],
    ['lerobot-v30-unitree-g1', 'lerobot', 'v3.0', 'subset-4ep/', []],
    ['lerobot-v30-unitree-g1-drift', 'lerobot', 'v3.0', 'subset-4ep/', ['TASKS_INDEX_MISSING', 'TIMESTAMP_TOLERANCE']],
    ['rlds-bridge-debug', 'rlds', 'tfrecord', 'bridge_dataset/1.0.0/', []],
  ])('%s is %s %s at "%s"', async (folder, format, version, root, codes) => {
    const tree = await DiskFileTree.of(sharedData(folder));
    try {
      const set = await measureDataset(tree, { onEpisode: () => undefined });

      expect([set.format, set.formatVersion, set.rootPath]).toEqual([format, version, root]);
      expect(errorCodes(set)).toEqual(codes);
    } finally {
      await tree.close();
    }
  });

  it.each([
    ['recording.dat', 'mcap-lichtblick/custom-camera-model.mcap', 'mcap', 1],
    ['takes/0001', 'mcap-lichtblick/custom-camera-model.mcap', 'mcap', 1],
    ['upload.hdf5', 'mcap-lichtblick/custom-camera-model.mcap', 'mcap', 1],
    ['demo.bin', 'hdf5-robosuite-demos/wipe-panda/demo.hdf5', 'hdf5', 1],
    ['demo.mcap', 'hdf5-robosuite-demos/SawyerLift/demo.hdf5', 'hdf5', 2],
    ['turtles', 'rosbag1/example-lz4.bag', 'rosbag', 1],
    ['turtles.mcap', 'rosbag1/example-lz4.bag', 'rosbag', 1],
  ])('called "%s", %s is known by its first bytes', async (name, path, format, episodes) => {
    const bytes = new Uint8Array(await readFile(sharedData(path)));
    const named = await measureFiles({ [path.split('/').at(-1) ?? '']: bytes });

    const { findings, ...facts } = await measureFiles({ [name]: bytes, 'notes.txt': text('made on a Monday') });

    expect([facts.format, facts.episodes, facts.frames]).toEqual([format, episodes, named.frames]);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(findings.flatMap((finding) => finding.path ?? []).every((where) => where === name)).toBe(true);
  });

  it('is opened by the reader that measures it, and closed again', async () => {
    const tree = await DiskFileTree.of(sharedData('lerobot-v30-unitree-g1'));
    const log = new FindingLog(10);
    const source = await openDataset(tree, log);
    let frames = 0;
    for await (const episode of source?.episodes(new Set([2])) ?? [])
      for await (const item of episode.items()) if (item.kind === 'rows' && item.key === 'action') frames += item.rows;
    await source?.close();
    await tree.close();

    expect([source?.head.format, frames, log.toList()]).toEqual(['lerobot', 277, []]);
  });
});

describe('an upload that is no dataset', () => {
  const page = text('<!DOCTYPE html><html><body>404</body></html>');
  const pointer = text(`version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`);
  const zip = Buffer.from('504b0304140000000000', 'hex');
  const tar = new Uint8Array(1024);
  tar.set(text('ustar'), 257);

  it.each<[string, Record<string, Uint8Array>, string[], RegExp]>([
    ['nothing', {}, ['UNKNOWN_FORMAT'], /meta\/info\.json.*HDF5.*MCAP/s],
    ['notes', { 'README.md': text('hello') }, ['UNKNOWN_FORMAT'], /no dataset was recognised/],
    ['a web page under the name of HDF5', { 'demo.hdf5': page }, ['BAD_MAGIC'], /web page/],
    ['a web page under the name of an archive', { 'data.zip': page }, ['BAD_MAGIC'], /web page/],
    ['text under the name of HDF5', { 'demo.h5': text('not hdf5 at all') }, ['BAD_MAGIC'], /does not start like one/],
    ['a parquet file alone', { 'data.parquet': text('PAR1....PAR1') }, ['UNSUPPORTED_FORMAT'], /Parquet/],
    ['an empty parquet file', { 'data.parquet': new Uint8Array(0) }, ['TRUNCATED_FILE'], /empty/],
    ['a zip', { 'data.zip': zip }, ['UNSUPPORTED_FORMAT'], /unpack/],
    ['a tar', { 'data.tar': tar }, ['UNSUPPORTED_FORMAT'], /TAR.*unpack/],
    ['a gzipped tar', { 'data.tar.gz': Buffer.from('1f8b0800', 'hex') }, ['UNSUPPORTED_FORMAT'], /gzip.*unpack/],
    ['a pointer', { 'demo.hdf5': pointer }, ['LFS_POINTER'], /git lfs pull/],
    ['parts of LeRobot', { 'x/meta/tasks.jsonl': text('{}') }, ['MISSING_INFO'], /info\.json is missing/],
  ])('%s', async (_, files, codes, message) => {
    const set = await measureFiles(files);

    expect([set.format, set.episodes]).toEqual([null, 0]);
    expect(errorCodes(set)).toEqual(codes);
    expect(set.findings.find((finding) => finding.severity === 'error')?.message).toMatch(message);
  });

  it('has too many files to be looked at', async () => {
    const files = Array.from({ length: 1_000_001 }, (_, k) => ({ path: `f/${k}.bin`, sizeBytes: 100 }));
    const set = await measureDataset(
      { files, open: () => Promise.reject(new Error('nothing may be opened')) },
      { onEpisode: () => undefined },
    );

    expect(errorCodes(set)).toEqual(['TOO_LARGE']);
  });

  it('has a hundred thousand small files, of which some are opened, a few at a time', async () => {
    const files = Array.from({ length: 100_000 }, (_, k) => ({ path: `chunks/${k}`, sizeBytes: 4 }));
    let open = 0;
    let most = 0;
    let opened = 0;
    const set = await measureDataset(
      {
        files,
        open: async () => {
          opened += 1;
          open += 1;
          most = Math.max(most, open);
          await Promise.resolve();
          open -= 1;
          return { sizeBytes: 4, read: () => Promise.resolve(new Uint8Array(4)) };
        },
      },
      { onEpisode: () => undefined },
    );

    expect(errorCodes(set)).toEqual(['UNKNOWN_FORMAT']);
    expect([opened, most <= 16]).toEqual([50_000, true]);
  });

  it('is hashed all the same, file by file', async () => {
    const hashes: [string, string, number][] = [];
    await measureDataset(new MemoryFileTree(new Map([['a.txt', text('abc')]])), {
      onEpisode: () => undefined,
      onFileHash: (path, sha256, sizeBytes) => {
        hashes.push([path, sha256, sizeBytes]);
      },
    });

    expect(hashes).toEqual([['a.txt', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 3]]);
  });
});
