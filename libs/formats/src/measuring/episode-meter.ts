import type { CameraSpec, EpisodeItem, ImageItem, SignalSpec, SourceEpisode } from '../dataset-source.js';
import type { ClockFact, EpisodeFact, EpisodeFile, FeatureStats, TaskSpan } from '../episode-model.js';
import type { FindingPlace } from '../findings.js';
import type { HeldTimes } from './camera-offset.js';
import { largestOffsetS } from './camera-offset.js';
import { ClockMeter } from './clock-meter.js';
import { ContentHash } from './content-hash.js';
import { isWhole } from './coverage-tally.js';
import { EpisodeChecks } from './episode-checks.js';
import { MotionMeter } from './motion-meter.js';
import { PictureMeter } from './picture-meter.js';
import type { EpisodeExtras } from './quality-tally.js';
import { toHz } from './rate.js';
import type { SetContext } from './set-context.js';
import { SignalMeter, widthOf } from './signal-meter.js';
import type { VideoItem } from './video-meter.js';

/** Values that the statistics of all signals of an episode hold together: 32 MB at most, and as much while they grow. */
const MAX_HELD_VALUES = 4 * 2 ** 20;
/** Values that are held of all state signals together to see their motion: 16 MB at most. */
const MAX_MOVING_VALUES = 2 ** 21;
/** Times that all streams of an episode hold together, for their steps and again for their offsets: 32 MB at most. */
const MAX_HELD_TIMES = 2 ** 21;
/** A camera may start and stop this much after and before the rest without counting as incomplete. */
const START_STOP_S = 0.5;
/** A clock of the frames themselves, beside those of the streams. */
const FRAMES = 'frames';
const SECONDS: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };

/** An episode's facts, and what else the tallies of the set want. */
export interface MeasuredEpisode {
  readonly fact: EpisodeFact;
  readonly extras: EpisodeExtras;
  /** Rate of the frames as the times have it, Hz. */
  readonly frameRateHz: number | null;
}

/** Measures one episode from its items, in whatever order they come. */
export class EpisodeMeter {
  private readonly signals = new Map<string, SignalMeter>();
  private readonly pictures = new Map<string, PictureMeter>();
  private readonly videos = new Map<string, { parts: number; frames: number; clock: ClockFact | null }>();
  /** Cameras whose video cannot be read; that has been said. */
  private readonly unreadable = new Set<string>();
  private readonly frameTimes = new Map<string, ClockMeter>();
  private readonly motion: MotionMeter;
  private readonly content = new ContentHash();
  private readonly files: EpisodeFile[];
  private readonly checks: EpisodeChecks;
  private readonly place: FindingPlace;

  constructor(
    private readonly set: SetContext,
    private readonly episode: SourceEpisode,
  ) {
    const streams = Math.max(1, set.signals.size + set.cameras.size);
    const times = Math.max(1024, Math.floor(MAX_HELD_TIMES / streams));
    const hasTimedCamera = [...set.cameras.values()].some((spec) => spec.carrier === 'images' && spec.clock === 'own');
    const limits = { values: Math.floor(MAX_HELD_VALUES / streams), times, offsets: hasTimedCamera ? times : 0 };
    for (const spec of set.signals.values()) this.signals.set(spec.key, new SignalMeter(spec, limits));
    for (const spec of set.cameras.values())
      if (spec.carrier === 'images') this.pictures.set(spec.key, new PictureMeter(spec, limits.times));
    this.motion = new MotionMeter(
      [...set.signals.values()].map(({ key, role, names, shape }) => ({ key, role, names, width: widthOf(shape) })),
      MAX_MOVING_VALUES,
    );
    this.place = { episode: episode.index };
    this.checks = new EpisodeChecks(set.log, this.place);
    this.files = episode.files.map((file) => ({ ...file }));
  }

  async add(item: EpisodeItem): Promise<void> {
    if (item.kind === 'image') this.addPicture(item);
    else if (item.kind === 'video') await this.addVideo(item);
    else this.addRows(item);
  }

  /** Null if the episode has no frame. */
  finish(): MeasuredEpisode | null {
    const { episode, set } = this;
    const frames = this.checks.framesOf(this.counts(), set.head.referenceKey, episode.announcedFrames);
    const stats: Record<string, FeatureStats> = {};
    const clocks: Record<string, ClockFact> = {};
    const ratesHz = new Map<string, number>();
    for (const [key, signal] of this.signals) {
      const measured = signal.finish(this.content);
      if (measured && signal.rows > 0) stats[key] = measured;
      this.checks.checkNumbers(signal);
    }
    for (const [key, clock] of this.ownClocks()) {
      if (clock.count === 0 || this.signals.get(key)?.isText) continue;
      clocks[key] = clock.finish();
      this.checks.checkClock(key, clock);
      const { rateHz } = clocks[key];
      if (rateHz !== null) ratesHz.set(key, rateHz);
    }
    for (const [key, { clock }] of this.videos) if (clock && clock.samples > 1) clocks[key] = clock;
    for (const camera of this.pictures.values()) {
      camera.finish(this.content);
      this.checks.checkStillness(camera);
    }
    if (frames === 0) return null;
    const frameRateHz = this.frameRateOf(clocks);
    const motion = this.motion.finish(set.head.fps.value ? toHz(set.head.fps.value) : frameRateHz, ratesHz);
    this.checks.checkTail(motion.paddedTail, frames);
    const taskSpans = episode.tasks.map((span) => ({ ...span }));
    return {
      fact: {
        index: episode.index,
        sourceKey: episode.sourceKey,
        frames,
        durationS: this.durationOf(frames, frameRateHz),
        tasks: tasksOf(taskSpans, frames),
        ...this.outcome(),
        stats,
        clocks,
        motion,
        cameraOffsetS: this.cameraOffsetS(),
        taskSpans,
        startedAt: episode.startedAt,
        contentHash: this.content.digest(set.head.fps.value),
        files: this.files,
      },
      extras: { videoRowGap: this.videoRowGap(frames), completeness: this.cameraCompleteness() },
      frameRateHz,
    };
  }

  private addRows(item: Extract<EpisodeItem, { kind: 'rows' | 'text' }>): void {
    const signal = this.signals.get(item.key);
    if (!signal) {
      this.set.log.addOnce(item.key, 'FEATURE_UNDECLARED', 'rows of a signal that was not announced', {
        ...this.place,
        actual: item.key.slice(0, 120),
      });
      return;
    }
    if (item.kind === 'text') {
      signal.addText(item.values.length, item.timesS);
      return;
    }
    if (item.rows === 0) return;
    const values = signal.add(item.rows, item.values, item.timesS);
    if (!values) {
      this.checks.checkWidth(signal, item.rows, item.values.length);
      return;
    }
    this.motion.add(item.key, values);
    this.addFrameTimes(signal.spec, values);
  }

  /** A signal that holds the time of every frame is a clock. */
  private addFrameTimes(spec: SignalSpec, values: Float32Array | Float64Array): void {
    const scale = spec.unit.value === null ? undefined : SECONDS[spec.unit.value];
    if (spec.role !== 'time' || spec.clock !== FRAMES || scale === undefined || widthOf(spec.shape) !== 1) return;
    const clock = this.frameTimes.get(spec.key) ?? new ClockMeter();
    this.frameTimes.set(spec.key, clock);
    for (let i = 0; i < values.length; i += 1) clock.addOne((values[i] as number) * scale);
  }

  private addPicture(item: ImageItem): void {
    const camera = this.pictures.get(item.camera);
    if (!camera) {
      this.unannouncedCamera(item.camera);
      return;
    }
    const fault = camera.add(item);
    if (fault) this.checks.checkPicture(camera.spec, camera.pictures - 1, fault);
    if (!fault || fault.code === 'VIDEO_SIZE_MISMATCH') this.set.book.addPicture(camera.spec, item);
  }

  private async addVideo(item: VideoItem): Promise<void> {
    const spec = this.set.cameras.get(item.camera);
    const meter = this.set.videoMeterOf(item.camera);
    if (!spec || !meter) {
      this.unannouncedCamera(item.camera);
      return;
    }
    const part = await meter.measure(item, this.episode.index);
    if (!part) {
      this.unreadable.add(item.camera);
      return;
    }
    const before = this.videos.get(item.camera);
    const parts = (before?.parts ?? 0) + 1;
    // Times of several files in a row are not one clock.
    const clock = before ? null : part.clock.finish();
    this.videos.set(item.camera, { parts, frames: (before?.frames ?? 0) + part.frames, clock });
    this.content.addPackets(before ? `${item.camera}\npart ${parts}` : item.camera, part.frames, part.digest);
    const isListed = this.files.some(({ kind, path }) => kind === 'video' && path === part.file.path);
    if (!isListed) this.files.push(part.file);
  }

  private unannouncedCamera(camera: string): void {
    this.set.log.addOnce(camera, 'FEATURE_UNDECLARED', 'pictures of a camera that was not announced', {
      ...this.place,
      actual: camera.slice(0, 120),
    });
  }

  /** Rows, pictures and frames of every stream. */
  private counts() {
    const signals = [...this.signals.values()].map(({ spec, rows }) => ({ spec, count: rows, isCamera: false }));
    const cameras = this.readableCameras().map((spec) => ({ spec, count: this.countOfCamera(spec), isCamera: true }));
    return [...signals, ...cameras];
  }

  private readableCameras(): CameraSpec[] {
    return [...this.set.cameras.values()].filter(({ key }) => !this.unreadable.has(key));
  }

  private countOfCamera({ key, carrier }: CameraSpec): number {
    return carrier === 'images' ? (this.pictures.get(key)?.pictures ?? 0) : (this.videos.get(key)?.frames ?? 0);
  }

  private *ownClocks(): Generator<[string, ClockMeter]> {
    for (const [key, { clock }] of this.signals) if (clock) yield [key, clock];
    for (const [key, { clock }] of this.pictures) if (clock) yield [key, clock];
    // One clock of the frames is enough; were there two, they would be of the same frames.
    for (const [, clock] of this.frameTimes) {
      yield [FRAMES, clock];
      break;
    }
  }

  private frameRateOf(clocks: Record<string, ClockFact>): number | null {
    const key = this.set.head.referenceKey;
    return clocks[FRAMES]?.rateHz ?? (key === null ? null : (clocks[key]?.rateHz ?? null));
  }

  private durationOf(frames: number, frameRateHz: number | null): number {
    const fps = this.set.head.fps.value;
    const reference = this.set.referenceClock();
    if (reference === 'frames' && fps) return frames / toHz(fps);
    const rateHz = fps ? toHz(fps) : frameRateHz;
    const spans = [...this.ownClocks()].flatMap(([, clock]) => clock.span ?? []);
    if (spans.length === 0) return rateHz === null ? 0 : frames / rateHz;
    const spanS = Math.max(...spans.map(({ lastS }) => lastS)) - Math.min(...spans.map(({ firstS }) => firstS));
    return Math.max(0, spanS) + (rateHz === null ? 0 : 1 / rateHz);
  }

  private cameraOffsetS(): number | null {
    const held = (stream: SignalMeter | PictureMeter): HeldTimes[] =>
      stream.times && stream.times.length > 0 ? [{ timesS: stream.times.view(), isWhole: !stream.times.isFull }] : [];
    return largestOffsetS([...this.pictures.values()].flatMap(held), [...this.signals.values()].flatMap(held));
  }

  private videoRowGap(frames: number): number | null {
    const gaps = this.readableCameras()
      .filter((spec) => spec.clock === 'frames')
      .map((spec) => Math.abs(this.countOfCamera(spec) - frames));
    return gaps.length > 0 ? Math.max(...gaps) : null;
  }

  /** Of the cameras on clocks of their own, over the time of the whole episode. */
  private cameraCompleteness(): number | null {
    const spans = [...this.ownClocks()].flatMap(([, clock]) => clock.span ?? []);
    if (spans.length === 0) return null;
    const spanS = Math.max(...spans.map(({ lastS }) => lastS)) - Math.min(...spans.map(({ firstS }) => firstS));
    const shares = [...this.pictures.values()].flatMap(({ clock }) => {
      const own = clock?.span;
      if (!clock || !own) return [];
      return clock.completenessOver(Math.max(own.lastS - own.firstS, spanS - START_STOP_S));
    });
    return shares.length > 0 ? Math.min(...shares) : null;
  }

  private outcome(): Pick<EpisodeFact, 'outcome' | 'outcomeSource'> {
    const { outcome, outcomeSource } = this.episode;
    if (outcome !== null) return { outcome, outcomeSource };
    return this.episode.outcomeAfterwards?.() ?? { outcome: null, outcomeSource: null };
  }
}

/** Texts of the whole episode; those of its parts where there are no others. Each once, in order. */
function tasksOf(spans: readonly TaskSpan[], frames: number): string[] {
  const whole = spans.filter((span) => isWhole(span, frames));
  return [...new Set((whole.length > 0 ? whole : spans).map((span) => span.text))];
}
