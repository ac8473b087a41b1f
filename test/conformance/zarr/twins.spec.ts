import { describe, expect, it } from '@jest/globals';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { writeZip } from '../../support/written/zarr-zip.js';
import { COMPRESSORS, recordingArrays, writeZarr } from '../../support/written/zarr.js';
import type { ReadEpisode } from './reading.js';
import { readBuffer } from './reading.js';

const recording = makeRecording({ episodes: 3, frames: 12, width: 16, height: 12 });

function expectRecording(episodes: readonly ReadEpisode[]): void {
  expect(episodes.map(({ episode }) => episode.announcedFrames)).toEqual(recording.map(({ frames }) => frames));
  for (const [i, { rows, pictures }] of episodes.entries()) {
    expect(rows['state']).toEqual([...(recording[i]?.state ?? [])]);
    expect(rows['action']).toEqual([...(recording[i]?.action ?? [])]);
    for (const [camera, expected] of Object.entries(recording[i]?.images ?? {})) {
      const read = pictures[`${camera}_rgb`] ?? [];
      expect(read.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(
        expected.map((bytes) => Buffer.from(bytes).toString('hex')),
      );
      expect(read[0]).toMatchObject({ encoding: 'rgb8', width: 16, height: 12 });
    }
  }
}

describe('the made-up recording as a replay buffer', () => {
  it.each(COMPRESSORS)('reads the same content out of a folder of %s chunks', async (compressor) => {
    const files = await writeZarr(recordingArrays(recording), compressor);

    const { source, log, episodes } = await readBuffer(new MemoryFileTree(files));

    expect(log.toList()).toEqual([]);
    expect(source?.head).toMatchObject({ format: 'zarr', formatVersion: 'diffusion-policy', announcedEpisodes: 3 });
    expectRecording(episodes);
  });

  it.each([
    ['stored', {}],
    ['deflated', { isDeflated: true }],
    ['written as a stream', { isDeflated: true, hasDataDescriptors: true }],
    ['zip64', { isZip64: true }],
  ])('reads the same content out of an archive, %s', async (_, options) => {
    const files = await writeZarr(recordingArrays(recording), 'blosc');
    const tree = new MemoryFileTree(new Map([['upload/dataset.zarr.zip', writeZip(files, options)]]));

    const { roots, log, episodes } = await readBuffer(tree);

    expect(roots).toEqual(['upload/']);
    expect(log.toList()).toEqual([]);
    expectRecording(episodes);
  });

  it('finds the buffer in a folder of the archive, whatever the archive is called', async () => {
    const files = await writeZarr(recordingArrays(recording));
    const inner = new Map([...files].map(([path, bytes]) => [`replay_buffer.zarr/${path}`, bytes]));

    const { roots, log, episodes } = await readBuffer(new MemoryFileTree(new Map([['demos.zip', writeZip(inner)]])));

    expect(roots).toEqual(['']);
    expect(log.toList()).toEqual([]);
    expectRecording(episodes);
  });

  it('reads nested chunk folders and pictures that are cut into several chunks', async () => {
    const arrays = recordingArrays(recording);
    const split = Object.fromEntries(
      Object.entries(arrays).map(([path, array]) => [
        path,
        path.endsWith('_rgb') ? { ...array, chunks: [5, 7, 9, 2] } : array,
      ]),
    );
    const files = await writeZarr(split, 'zlib', '/');
    const tree = new MemoryFileTree(new Map([...files].map(([path, bytes]) => [`replay_buffer.zarr/${path}`, bytes])));

    const { roots, log, episodes } = await readBuffer(tree);

    expect(roots).toEqual(['replay_buffer.zarr/']);
    expect(log.toList()).toEqual([]);
    expectRecording(episodes);
  });

  it('reads one episode alone, with the same content', async () => {
    const tree = new MemoryFileTree(await writeZarr(recordingArrays(recording), 'blosc'));

    const { episodes } = await readBuffer(tree, new Set([1]));

    expect(episodes.map(({ episode }) => episode.index)).toEqual([1]);
    expect(episodes[0]?.rows['state']).toEqual([...(recording[1]?.state ?? [])]);
  });
});
