import type { EpisodeItem, ImageItem, NumberRows, SourceEpisode } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import type { BufferArrays } from './buffer-arrays.js';
import type { ChunkCache } from './chunk-cache.js';
import { chunkPath } from './array-info.js';
import type { ChunkStore } from './chunk-store.js';
import type { CameraArray, SignalArray } from './layout.js';
import { PixelRange } from './pixel-range.js';
import type { Values } from './zarr-array.js';
import { ZarrArray } from './zarr-array.js';

/** Rows are handed out in blocks of about this many values. */
const BLOCK_VALUES = 64 * 1024;
const MAX_CODED_BYTES = 64 * 1024 * 1024;

/** The arrays of a buffer, ready to be read by steps. */
export class BufferEpisodes {
  private readonly signals: readonly (SignalArray & { array: ZarrArray })[];
  private readonly cameras: readonly (CameraArray & { array: ZarrArray; range: PixelRange })[];

  constructor(
    private readonly store: ChunkStore,
    cache: ChunkCache,
    arrays: BufferArrays,
    private readonly log: FindingLog,
  ) {
    const open = (info: SignalArray['info']) => new ZarrArray(store, cache, info);
    this.signals = arrays.signals.map((signal) => ({ ...signal, array: open(signal.info) }));
    this.cameras = arrays.cameras.map((camera) => {
      const array = open(camera.info);
      return { ...camera, array, range: new PixelRange(array, log, store.place(camera.info.path)) };
    });
  }

  /** Steps `from` to `to`, half-open, as an episode. */
  episode(index: number, from: number, to: number): SourceEpisode {
    const files = new Map(
      [...this.signals, ...this.cameras].map(({ info }) => {
        const path = this.store.fileOf(`${info.path}/.zarray`);
        return [path, { path, kind: 'data', from, to } as const];
      }),
    );
    return {
      index,
      sourceKey: `episode_${index}`,
      tasks: [],
      outcome: null,
      outcomeSource: null,
      announcedFrames: to - from,
      startedAt: null,
      operator: null,
      scene: null,
      files: [...files.values()],
      items: () => this.items(index, from, to),
    };
  }

  private async *items(episode: number, from: number, to: number): AsyncGenerator<EpisodeItem> {
    for (const signal of this.signals)
      yield* this.reporting(signalItems(signal, from, to), { episode, path: this.store.place(signal.info.path) });
    for (const camera of this.cameras) {
      const place = { episode, camera: camera.spec.name, path: this.store.place(camera.info.path) };
      const pictures = camera.storage === 'coded' ? this.coded(camera, from, to) : pixelItems(camera, from, to);
      yield* this.reporting(pictures, place);
    }
  }

  /** A defect ends its stream in this episode, not the episode. */
  private async *reporting(items: AsyncIterable<EpisodeItem>, place: FindingPlace): AsyncGenerator<EpisodeItem> {
    try {
      yield* items;
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      this.log.add(error.code, error.message, { ...place, ...error.detail });
    }
  }

  private async *coded({ info, spec, encoding }: CameraArray, from: number, to: number): AsyncGenerator<ImageItem> {
    for (let step = from; step < to; step += 1) {
      const path = chunkPath(info, [step, 0, 0, 0]);
      if (!this.store.has(path))
        throw new Defect('MISSING_CHUNK', `picture ${path} is missing: upload it`, { row: step - from });
      const bytes = await this.store.read(path, MAX_CODED_BYTES);
      yield imageOf(spec, encoding, bytes);
    }
  }
}

async function* signalItems(
  { array, info, spec }: SignalArray & { array: ZarrArray },
  from: number,
  to: number,
): AsyncGenerator<EpisodeItem> {
  const width = info.shape.slice(1).reduce((product, length) => product * length, 1);
  const rowsPerBlock = Math.max(1, Math.floor(BLOCK_VALUES / width));
  for (let at = from; at < to;) {
    const end = Math.min(to, at + rowsPerBlock, array.endOfBand(at));
    const values = toNumbers(await array.rows(at, end));
    yield { kind: 'rows', key: spec.key, rows: end - at, values, timesS: null };
    at = end;
  }
}

function toNumbers(values: Values): NumberRows {
  return values instanceof Float32Array || values instanceof Float64Array ? values : Float64Array.from(values);
}

async function* pixelItems(
  { array, range, spec, encoding, storage }: CameraArray & { array: ZarrArray; range: PixelRange },
  from: number,
  to: number,
): AsyncGenerator<ImageItem> {
  for (let step = from; step < to; step += 1) {
    const values = await array.rows(step, step + 1);
    if (encoding !== 'rgb8') {
      yield imageOf(spec, encoding, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      continue;
    }
    const pixels = values instanceof Uint8Array ? values : await range.toBytes(values);
    yield imageOf(spec, encoding, storage === 'channels-first' ? channelsLast(pixels) : pixels);
  }
}

function imageOf(spec: CameraArray['spec'], encoding: ImageItem['encoding'], bytes: Uint8Array): ImageItem {
  const size = { width: spec.width ?? 0, height: spec.height ?? 0 };
  return { kind: 'image', camera: spec.key, timeS: null, encoding, ...size, bytes };
}

function channelsLast(planes: Uint8Array): Uint8Array {
  const pixels = planes.length / 3;
  const out = new Uint8Array(planes.length);
  for (let channel = 0; channel < 3; channel += 1)
    for (let i = 0; i < pixels; i += 1) out[i * 3 + channel] = planes[channel * pixels + i] ?? 0;
  return out;
}
