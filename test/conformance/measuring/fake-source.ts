import type {
  CameraSpec,
  DatasetMeasure,
  DatasetSource,
  EpisodeFact,
  EpisodeItem,
  SignalSpec,
  SourceEpisode,
  SourceHead,
} from '@app/formats';
import { DatasetFiles, FindingLog, measureSource } from '@app/formats';
import type { RecordedEpisode } from '../../support/recordings.js';
import { makeRecording } from '../../support/recordings.js';
import { MemoryFileTree } from '../../support/file-trees.js';

/** An episode in memory, for a test to damage before it is measured. */
export interface FakeEpisode {
  facts: Omit<SourceEpisode, 'items' | 'outcomeAfterwards'>;
  items: EpisodeItem[];
}

/** A dataset in memory. */
export interface FakeSet {
  head: SourceHead;
  episodes: FakeEpisode[];
}

/** The set as a reader would hand it out. */
export function sourceOf(set: FakeSet): DatasetSource {
  return {
    head: set.head,
    async *episodes() {
      for (const { facts, items } of set.episodes) {
        yield {
          ...facts,
          async *items() {
            for (const item of items) yield await Promise.resolve(item);
          },
        };
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Measures a set in memory. */
export async function measureFake(
  source: DatasetSource,
  files: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<{ set: DatasetMeasure; episodes: EpisodeFact[] }> {
  const log = new FindingLog(200);
  const episodes: EpisodeFact[] = [];
  const tree = new MemoryFileTree(new Map(files));
  const set = await measureSource(source, new DatasetFiles(tree, ''), log, {
    onEpisode: (episode) => {
      episodes.push(episode);
    },
    tick: () => undefined,
  });
  return { set: { ...set, findings: log.toList() }, episodes };
}

/** A clean set whose rows and pictures are all on the clock of the frames, at a declared 30 Hz. */
export function framesSet(recording: readonly RecordedEpisode[] = makeRecording()): FakeSet {
  const [first] = recording;
  const cameras = Object.keys(first?.images ?? {});
  return {
    head: {
      ...HEAD,
      fps: { value: { num: 30, den: 1 } },
      signals: [signal('action', 'action', 'frames'), signal('state', 'state', 'frames')],
      cameras: cameras.map((name) => camera(name, 'frames', first?.width ?? 0, first?.height ?? 0)),
      referenceKey: null,
      announcedEpisodes: recording.length,
    },
    episodes: recording.map((episode, index) => ({
      facts: factsOf(episode, index, episode.frames),
      items: [
        // In blocks that do not agree between the streams: items come as the reader finds them.
        ...blocks('state', episode.state, 16),
        ...cameras.flatMap((name) => pictures(episode, name, () => null)),
        ...blocks('action', episode.action, 25),
      ],
    })),
  };
}

/** A clean set of signals at 100 Hz beside pictures at 30 Hz that tremble by 2 ms, each with its times; no rate is declared. */
export function ownClockSet(): FakeSet {
  const signals = makeRecording({ fps: 100, frames: 300, cameras: [] });
  const seen = makeRecording({ fps: 30, frames: 90 });
  const cameras = Object.keys(seen[0]?.images ?? {});
  return {
    head: {
      ...HEAD,
      fps: { value: null, reason: 'a bag keeps no frame rate' },
      signals: [signal('/action', 'action', 'own'), signal('/state', 'state', 'own')],
      cameras: cameras.map((name) => camera(name, 'own', seen[0]?.width ?? 0, seen[0]?.height ?? 0)),
      referenceKey: 'top',
      announcedEpisodes: signals.length,
    },
    episodes: seen.map((episode, index) => {
      const { state, action } = signals[index] ?? episode;
      return {
        facts: factsOf(episode, index, null),
        items: [
          ...blocks('/state', state, 40, (row) => row / 100),
          ...blocks('/action', action, 7, (row) => row / 100 + 0.001),
          ...cameras.flatMap((name) => pictures(episode, name, pictureTime)),
        ],
      };
    }),
  };
}

/** Time of a picture at 30 Hz that comes up to 2 ms late; the first and the last are on time. */
export function pictureTime(frame: number): number {
  return frame / 30 + (frame % 3 === 1 ? 0.002 : 0);
}

const HEAD = {
  format: 'mcap',
  formatVersion: 'fake',
  robotType: { value: 'made-up arm' },
  collectionMethod: { value: 'teleop_vr' },
  reality: { value: 'simulated' },
  tasks: [],
} as const;

function signal(key: string, role: 'action' | 'state', clock: 'frames' | 'own'): SignalSpec {
  return {
    key,
    role,
    dtype: 'float32',
    shape: [7],
    names: ['shoulder_pan', 'shoulder_lift', 'elbow_flex', 'forearm_roll', 'wrist_flex', 'wrist_roll', 'gripper'],
    unit: { value: 'rad' },
    clock,
    nominalRateHz: clock === 'own' ? 100 : null,
  };
}

function camera(name: string, clock: 'frames' | 'own', width: number, height: number): CameraSpec {
  return {
    key: name,
    name,
    kind: 'rgb',
    carrier: 'images',
    width,
    height,
    nominalRateHz: null,
    clock,
    declaredCodec: null,
  };
}

function factsOf(episode: RecordedEpisode, index: number, announcedFrames: number | null): FakeEpisode['facts'] {
  return {
    index,
    sourceKey: episode.name,
    tasks: [{ text: episode.task, from: 0, to: null }],
    outcome: episode.outcome,
    outcomeSource: 'flag',
    announcedFrames,
    startedAt: null,
    operator: 'op-1',
    scene: null,
    files: [],
  };
}

function blocks(key: string, values: Float32Array, rows: number, timeOf?: (row: number) => number): EpisodeItem[] {
  const total = values.length / 7;
  return Array.from({ length: Math.ceil(total / rows) }, (_, block) => {
    const from = block * rows;
    const count = Math.min(rows, total - from);
    return {
      kind: 'rows' as const,
      key,
      rows: count,
      values: values.slice(from * 7, (from + count) * 7),
      timesS: timeOf ? Float64Array.from({ length: count }, (_unused, k) => timeOf(from + k)) : null,
    };
  });
}

function pictures(episode: RecordedEpisode, name: string, timeOf: (frame: number) => number | null): EpisodeItem[] {
  const { width, height } = episode;
  return (episode.images[name] ?? []).map((bytes, frame) => ({
    kind: 'image' as const,
    camera: name,
    timeS: timeOf(frame),
    encoding: 'rgb8' as const,
    width,
    height,
    bytes,
  }));
}
