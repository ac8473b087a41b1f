import type { CameraSpec, DatasetSource, SignalSpec, SourceHead } from '../dataset-source.js';
import type { FindingLog } from '../findings.js';
import type { NewDigest } from '../mp4/video-digest.js';
import type { DatasetFiles } from '../tree.js';
import { CameraBook } from './camera-book.js';
import { VideoMeter } from './video-meter.js';

/** More streams than any robot has: the rest is said and left out. */
const MAX_STREAMS = 2_000;

/** What the episodes of one measurement share. */
export class SetContext {
  readonly head: SourceHead;
  readonly signals: ReadonlyMap<string, SignalSpec>;
  readonly cameras: ReadonlyMap<string, CameraSpec>;
  readonly book = new CameraBook();
  private readonly videoMeters = new Map<string, VideoMeter>();

  constructor(
    source: DatasetSource,
    private readonly files: DatasetFiles,
    readonly log: FindingLog,
    private readonly newDigest: NewDigest,
  ) {
    this.head = source.head;
    const { signals, cameras } = source.head;
    this.signals = new Map(signals.slice(0, MAX_STREAMS).map((spec) => [spec.key, spec]));
    this.cameras = new Map(cameras.slice(0, MAX_STREAMS).map((spec) => [spec.key, spec]));
    const left = Math.max(0, signals.length - MAX_STREAMS) + Math.max(0, cameras.length - MAX_STREAMS);
    if (left > 0)
      log.add('CHANNEL_SKIPPED', `only the first ${MAX_STREAMS} signals and cameras are measured`, {
        actual: `${left} are left out`,
      });
  }

  /** The meter of a camera that keeps coded files; null for other cameras. */
  videoMeterOf(camera: string): VideoMeter | null {
    const spec = this.cameras.get(camera);
    if (spec?.carrier !== 'video') return null;
    const meter = this.videoMeters.get(camera) ?? new VideoMeter(spec, this.files, this.log, this.book, this.newDigest);
    this.videoMeters.set(camera, meter);
    return meter;
  }

  /** Which clock the frames of an episode follow. */
  referenceClock(): 'frames' | 'own' {
    const key = this.head.referenceKey;
    const spec = key === null ? undefined : (this.signals.get(key) ?? this.cameras.get(key));
    if (spec) return spec.clock;
    const all = [...this.signals.values(), ...this.cameras.values()];
    return all.some(({ clock }) => clock === 'frames') ? 'frames' : 'own';
  }
}
