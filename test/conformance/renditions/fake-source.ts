import type { CameraSpec, DatasetSource, EpisodeItem, SignalSpec, SourceEpisode, SourceHead } from '@app/formats';
import type { RecordedEpisode } from '../../support/recordings.js';
import { JOINTS } from '../../support/recordings.js';

/** How a made-up recording is told by a source that is not LeRobot. */
export interface FakeOptions {
  /** Own clocks: signals at `signalHz`, pictures at the recording's rate, both jittering by up to `jitterS`. */
  readonly clock?: 'frames' | 'own';
  readonly signalHz?: number;
  readonly jitterS?: number;
  /** Whether the source declares the rate. */
  readonly isRateDeclared?: boolean;
  readonly isOutcomeSaid?: boolean;
  /** Frames of the second half belong to this sub-task. */
  readonly subtask?: string;
  /** Adds a 16-bit depth camera. */
  readonly hasDepth?: boolean;
  readonly encode?: (rgb: Uint8Array, width: number, height: number) => Promise<Uint8Array>;
  readonly head?: Partial<SourceHead>;
  /** Changes the items of an episode, to put a defect into it. */
  readonly change?: (item: EpisodeItem, episode: number) => EpisodeItem | null;
}

const unit = { value: 'rad' };

function signal(key: string, role: SignalSpec['role'], clock: 'frames' | 'own', rateHz: number): SignalSpec {
  return { key, role, dtype: 'float32', shape: [7], names: [...JOINTS], unit, clock, nominalRateHz: rateHz };
}

/** A source over `makeRecording`. Its pictures are raw, or as `encode` makes them (PNG). */
export function fakeSource(recording: readonly RecordedEpisode[], options: FakeOptions = {}): DatasetSource {
  const { clock = 'frames', isRateDeclared = true, isOutcomeSaid = true, hasDepth = false } = options;
  const [first] = recording;
  if (!first) throw new Error('There is no episode.');
  const fps = first.fps;
  const cameras: CameraSpec[] = Object.keys(first.images).map((name) => ({
    key: `cam/${name}`,
    name,
    kind: 'rgb',
    carrier: 'images',
    width: first.width,
    height: first.height,
    nominalRateHz: fps,
    clock,
    declaredCodec: null,
  }));
  if (hasDepth) {
    const [like] = cameras;
    if (like) cameras.push({ ...like, key: 'cam/depth', name: 'depth', kind: 'depth', depthUnit: 'mm' });
  }
  const head: SourceHead = {
    format: 'mcap',
    formatVersion: 'test',
    fps: isRateDeclared ? { value: { num: fps, den: 1 } } : { value: null, reason: 'it is not said' },
    robotType: { value: 'test arm' },
    collectionMethod: { value: null, reason: 'it is not said' },
    reality: { value: null, reason: 'it is not said' },
    signals: [
      signal('/joints/position', 'state', clock, options.signalHz ?? fps),
      signal('/command', 'action', clock, options.signalHz ?? fps),
    ],
    cameras,
    tasks: [],
    referenceKey: clock === 'own' ? (cameras[0]?.key ?? null) : null,
    announcedEpisodes: recording.length,
    ...options.head,
  };
  return {
    head,
    async *episodes() {
      for (const [index, episode] of recording.entries())
        yield fakeEpisode(episode, index, head, options, isOutcomeSaid);
    },
    close: () => Promise.resolve(),
  };
}

function fakeEpisode(
  episode: RecordedEpisode,
  index: number,
  head: SourceHead,
  options: FakeOptions,
  isOutcomeSaid: boolean,
): SourceEpisode {
  const half = Math.floor(episode.frames / 2);
  return {
    index,
    sourceKey: episode.name,
    tasks: [
      { text: episode.task, from: 0, to: null },
      ...(options.subtask ? [{ text: options.subtask, from: half, to: null }] : []),
    ],
    outcome: isOutcomeSaid ? episode.outcome : null,
    outcomeSource: isOutcomeSaid ? 'flag' : null,
    announcedFrames: null,
    startedAt: null,
    operator: null,
    scene: null,
    files: [],
    async *items() {
      for await (const item of itemsOf(episode, head, options)) {
        const changed = options.change ? options.change(item, index) : item;
        if (changed) yield changed;
      }
    },
  };
}

async function* itemsOf(episode: RecordedEpisode, head: SourceHead, options: FakeOptions): AsyncGenerator<EpisodeItem> {
  const isOwn = options.clock === 'own';
  const { fps, frames, width, height } = episode;
  const jitter = (i: number): number => (options.jitterS ?? 0) * Math.sin(i * 12.9898);
  const signalHz = options.signalHz ?? fps;
  const rows = isOwn ? Math.round(((frames - 1) / fps) * signalHz) + 1 : frames;
  const timesS = isOwn
    ? Float64Array.from({ length: rows }, (_, i) => Math.max(0, i / signalHz + jitter(i) * 0.1))
    : null;
  // Each signal row holds the posture of the frame that it falls on.
  const at = (path: Float32Array): Float32Array =>
    Float32Array.from({ length: rows * 7 }, (_, i) => {
      const frame = Math.min(frames - 1, Math.floor((Math.floor(i / 7) / signalHz) * fps + 1e-9));
      return path[(isOwn ? frame : Math.floor(i / 7)) * 7 + (i % 7)] ?? 0;
    });
  const names = Object.keys(episode.images);
  yield { kind: 'rows', key: '/joints/position', rows, values: at(episode.state), timesS };
  for (let k = 0; k < frames; k += 1) {
    const timeS = isOwn ? Math.max(0, k / fps + (k === 0 ? 0 : jitter(k))) : null;
    for (const name of names) {
      const rgb = episode.images[name]?.[k] ?? new Uint8Array(0);
      const bytes = options.encode ? await options.encode(rgb, width, height) : rgb;
      yield {
        kind: 'image',
        camera: `cam/${name}`,
        timeS,
        encoding: options.encode ? 'png' : 'rgb8',
        width,
        height,
        bytes,
      };
    }
    if (head.cameras.some((camera) => camera.key === 'cam/depth')) {
      const depth = Uint16Array.from({ length: width * height }, (_, i) => 300 + k * 7 + (i % width));
      yield {
        kind: 'image',
        camera: 'cam/depth',
        timeS,
        encoding: 'gray16le',
        width,
        height,
        bytes: new Uint8Array(depth.buffer),
      };
    }
  }
  yield { kind: 'rows', key: '/command', rows, values: at(episode.action), timesS };
}
