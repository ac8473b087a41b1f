import { deflateSync, gzipSync } from 'node:zlib';
import { registry } from 'zarrita';
import type { RecordedEpisode } from '../recordings.js';
import { JOINTS } from '../recordings.js';

/** Compressors that the writer knows; `null` stores chunks as they are. */
export const COMPRESSORS = [null, 'zlib', 'gzip', 'blosc', 'lz4', 'zstd'] as const;
export type Compressor = (typeof COMPRESSORS)[number];

type Numbers = Float32Array | Float64Array | Uint8Array | Uint16Array | BigInt64Array;

/** One array to write: all of it, in row order. */
export interface WrittenArray {
  readonly values: Numbers;
  readonly shape: readonly number[];
  /** Same length as the shape. */
  readonly chunks: readonly number[];
}

const CODES = new Map<unknown, string>([
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
  [Uint8Array, '|u1'],
  [Uint16Array, '<u2'],
  [BigInt64Array, '<i8'],
]);

/** The files of a Zarr v2 store of groups `data` and `meta`. Keys of `arrays` are paths: `data/action`. */
export async function writeZarr(
  arrays: Readonly<Record<string, WrittenArray>>,
  compressor: Compressor = null,
  separator: '.' | '/' = '.',
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const group of ['', 'data/', 'meta/']) files.set(`${group}.zgroup`, json({ zarr_format: 2 }));
  for (const [path, array] of Object.entries(arrays)) {
    files.set(
      `${path}/.zarray`,
      json({
        zarr_format: 2,
        shape: array.shape,
        chunks: array.chunks,
        dtype: CODES.get(array.values.constructor),
        compressor: compressor && { id: compressor },
        filters: null,
        fill_value: 0,
        order: 'C',
        dimension_separator: separator,
      }),
    );
    for (const { at, bytes } of chunksOf(array))
      files.set(`${path}/${at.join(separator)}`, await compress(bytes, compressor));
  }
  return files;
}

const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** Chunks of full size, as Zarr stores them: what hangs over the edge is zero. */
function* chunksOf({ values, shape, chunks }: WrittenArray): Generator<{ at: number[]; bytes: Uint8Array }> {
  const grid = shape.map((length, axis) => Math.ceil(length / (chunks[axis] ?? 1)));
  const itemBytes = values.BYTES_PER_ELEMENT;
  const all = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (const at of placesIn(grid)) {
    const bytes = new Uint8Array(chunks.reduce((product, length) => product * length, itemBytes));
    for (const [i, inner] of [...placesIn(chunks)].entries()) {
      const outer = inner.map((index, axis) => index + (at[axis] ?? 0) * (chunks[axis] ?? 1));
      if (outer.some((index, axis) => index >= (shape[axis] ?? 0))) continue;
      const from = outer.reduce((sum, index, axis) => sum * (shape[axis] ?? 0) + index, 0) * itemBytes;
      bytes.set(all.subarray(from, from + itemBytes), i * itemBytes);
    }
    yield { at, bytes };
  }
}

function* placesIn(grid: readonly number[]): Generator<number[]> {
  const total = grid.reduce((product, length) => product * length, 1);
  for (let number = 0; number < total; number += 1) {
    let rest = number;
    const at = [...grid].reverse().map((length) => {
      const index = rest % length;
      rest = Math.floor(rest / length);
      return index;
    });
    yield at.reverse();
  }
}

async function compress(bytes: Uint8Array, compressor: Compressor): Promise<Uint8Array> {
  if (compressor === null) return bytes;
  if (compressor === 'zlib') return deflateSync(bytes);
  if (compressor === 'gzip') return gzipSync(bytes);
  const codec = await registry.get(compressor)?.();
  if (!codec) throw new Error(`zarrita has no ${compressor}`);
  const config =
    compressor === 'blosc' ? { cname: 'lz4', clevel: 5, shuffle: 1, blocksize: 0 } : { level: 3, acceleration: 1 };
  const meta = { dataType: 'uint8' as const, shape: [bytes.length], codecs: [], fillValue: null };
  return (await codec.fromConfig(config, meta).encode(bytes as never)) as Uint8Array;
}

/** The recording end to end, as diffusion policy keeps it: `state`, `action` and a picture array per camera. */
export function recordingArrays(recording: readonly RecordedEpisode[]): Record<string, WrittenArray> {
  const [first] = recording;
  if (!first) throw new Error('a buffer needs an episode');
  const steps = recording.reduce((sum, episode) => sum + episode.frames, 0);
  const width = JOINTS.length;
  const join = (signal: 'state' | 'action') => Float32Array.from(recording.flatMap((episode) => [...episode[signal]]));
  const numbers = (signal: 'state' | 'action'): WrittenArray => ({
    values: join(signal),
    shape: [steps, width],
    chunks: [50, width],
  });
  const cameras = Object.keys(first.images).map((camera) => {
    const values = new Uint8Array(Buffer.concat(recording.flatMap((episode) => [...(episode.images[camera] ?? [])])));
    return [
      `data/${camera}_rgb`,
      { values, shape: [steps, first.height, first.width, 3], chunks: [1, first.height, first.width, 3] },
    ] as const;
  });
  return {
    'data/state': numbers('state'),
    'data/action': numbers('action'),
    ...Object.fromEntries(cameras),
    'meta/episode_ends': endsArray(recording.map((episode) => episode.frames)),
  };
}

/** `meta/episode_ends` for episodes of these lengths. */
export function endsArray(lengths: readonly number[]): WrittenArray {
  let end = 0;
  const values = BigInt64Array.from(lengths, (length) => BigInt((end += length)));
  return { values, shape: [lengths.length], chunks: [Math.max(1, lengths.length)] };
}
