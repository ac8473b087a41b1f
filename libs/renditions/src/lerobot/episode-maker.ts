import type { FeatureStats, NumberRows, SourceEpisode } from '@app/formats';
import type { LossLog } from '../loss-report.js';
import { RenditionRefused } from '../rendition-target.js';
import { VideoUndecodable } from '../video/encode.js';
import type { EpisodeVideo } from '../video/episode-video.js';
import { VideoFiles, takeVideo, tallyVideo } from '../video/episode-video.js';
import type { CameraSizes, TakenPictures } from '../video/picture-taker.js';
import { PictureTaker } from '../video/picture-taker.js';
import type { EpisodeContent } from './episode-content.js';
import type { EpisodeFrames } from './episode-frames.js';
import { layFrames, narrowedParts, valuesOf } from './episode-frames.js';
import type { CameraFeature } from './mapping.js';
import type { CameraFacts, EpisodeStats, LayoutPlan, ReadyEpisode } from './ready-episode.js';
import { timestampOf } from './ready-episode.js';
import type { PictureCameras } from './read-pictures.js';
import { readPictures } from './read-pictures.js';
import type { TaskBook } from './task-book.js';
import { NO_TASK } from './task-book.js';
import type { RenditionOrder } from './rendition-order.js';

/** Turns episodes of the source into episodes that a layout can write. */
export class EpisodeMaker {
  private readonly sizes: CameraSizes = new Map();
  private readonly facts = new Map<string, CameraFacts>();
  private readonly files = new Map<string, VideoFiles>();
  private episode: SourceEpisode | null = null;

  constructor(
    private readonly order: RenditionOrder,
    private readonly plan: LayoutPlan,
    private readonly book: TaskBook,
    private readonly log: LossLog,
  ) {}

  get tasks(): readonly string[] {
    return this.book.texts;
  }

  get cameras(): ReadonlyMap<string, CameraFacts> {
    return this.facts;
  }

  /** Everything of one episode; `stats` are those of its cameras. */
  async make(episode: SourceEpisode, index: number, firstIndex: number): Promise<ReadyEpisode> {
    this.episode = episode;
    const { content, frames, pictures } = await readPictures(episode, this.pictureCameras(episode), (read) =>
      layFrames(this.order.source.head, this.plan.features, episode, read, this.plan.fps, this.log),
    );
    if (frames.frames === 0)
      throw new RenditionRefused(`Episode ${episode.index} has no frame, and LeRobot has no empty episodes.`);
    const { taskIndex, texts } = this.layTasks(episode, frames);
    const videos = new Map<string, EpisodeVideo>();
    const embedded = new Map<string, Extract<TakenPictures, { carrier: 'pictures' }>>();
    const stats: EpisodeStats[] = [];
    for (const camera of this.plan.cameras) {
      const taken = pictures.get(camera.spec.key);
      if (taken?.carrier === 'pictures') embedded.set(camera.key, taken);
      const coded = taken ? null : await this.takeCoded(camera, content, frames.frames);
      const video = taken?.carrier === 'encode' ? taken.video : (coded?.video ?? null);
      if (video) videos.set(camera.key, video);
      const of = taken?.stats ?? coded?.stats;
      if (of) stats.push({ key: camera.key, of, shape: [of.mean.length, 1, 1] });
      this.noteFacts(camera, taken?.carrier === 'pictures' ? taken : null, video);
    }
    return {
      index,
      frames: frames.frames,
      firstIndex,
      tasks: texts,
      taskIndex,
      numbers: this.numbers(episode, content, frames, taskIndex, index, firstIndex),
      texts: new Map(this.plan.features.texts.map(({ key, source }) => [key, content.texts.get(source) ?? []])),
      pictures: embedded,
      videos,
      stats,
    };
  }

  private pictureCameras(episode: SourceEpisode): PictureCameras {
    const { fps, cameras } = this.plan;
    const single = cameras.filter((camera) => camera.carrier !== 'video');
    const takerOf = (camera: CameraFeature): PictureTaker =>
      new PictureTaker(camera, episode.index, episode.announcedFrames, this.sizes, fps, this.order.tools, this.log);
    return {
      takers: new Map(single.map((camera) => [camera.spec.key, takerOf(camera)])),
      isTimed: single.some((camera) => camera.spec.clock === 'own'),
    };
  }

  private layTasks(episode: SourceEpisode, frames: EpisodeFrames): { taskIndex: Uint32Array; texts: string[] } {
    const laid = this.book.lay(frames.tasks, frames.frames);
    const kept = new Set(laid.texts);
    if (kept.has(NO_TASK) && episode.tasks.length === 0)
      this.log.add('task_missing', `the source names no task; LeRobot needs a text, and has "${NO_TASK}"`, {
        episode: episode.index,
      });
    for (const { text } of episode.tasks) {
      if (!kept.has(text))
        this.log.add('text_left_out', 'a task text that covers the same frames as another one is left out', {
          stream: 'tasks',
          episode: episode.index,
        });
    }
    return laid;
  }

  private numbers(
    episode: SourceEpisode,
    content: EpisodeContent,
    frames: EpisodeFrames,
    taskIndex: Uint32Array,
    index: number,
    firstIndex: number,
  ): Map<string, NumberRows> {
    const { fps, features } = this.plan;
    const count = frames.frames;
    const numbers = new Map<string, NumberRows>();
    for (const feature of features.numeric) {
      numbers.set(feature.key, valuesOf(feature, content, frames));
      for (const stream of narrowedParts(feature, content))
        this.log.add('precision_narrowed', 'float64 became float32, the type that policies are trained in', {
          stream,
          episode: episode.index,
        });
    }
    if (features.outcome.success || features.outcome.done) {
      const outcome = episode.outcome ?? episode.outcomeAfterwards?.().outcome ?? null;
      if (outcome === null) throw new Error(`Episode ${episode.index} lost its outcome between two readings.`);
      const atEnd = (isSet: boolean): Float64Array =>
        Float64Array.from({ length: count }, (_, k) => (isSet && k === count - 1 ? 1 : 0));
      if (features.outcome.success) numbers.set('next.success', atEnd(outcome === 'success'));
      if (features.outcome.done) numbers.set('next.done', atEnd(true));
    }
    numbers.set(
      'timestamp',
      Float32Array.from({ length: count }, (_, k) => timestampOf(k, fps)),
    );
    numbers.set(
      'frame_index',
      Float64Array.from({ length: count }, (_, k) => k),
    );
    numbers.set('episode_index', new Float64Array(count).fill(index));
    numbers.set(
      'index',
      Float64Array.from({ length: count }, (_, k) => firstIndex + k),
    );
    numbers.set('task_index', Float64Array.from(taskIndex));
    return numbers;
  }

  /** A camera that comes as coded video, with statistics of its pictures. */
  private async takeCoded(
    camera: CameraFeature,
    content: EpisodeContent,
    frames: number,
  ): Promise<{ video: EpisodeVideo; stats: FeatureStats }> {
    try {
      const video = await this.takeSpan(camera, content, frames);
      return { video, stats: await tallyVideo(video, this.plan.fps, this.order.tools) };
    } catch (error) {
      if (!(error instanceof VideoUndecodable)) throw error;
      throw new RenditionRefused(
        `Episode ${this.episode?.index} cannot be standardized: its video of camera ${camera.spec.name} cannot be decoded (${error.message}).`,
      );
    }
  }

  private async takeSpan(camera: CameraFeature, content: EpisodeContent, frames: number): Promise<EpisodeVideo> {
    const { episode, order, log } = this;
    const { key, spec } = camera;
    const [span, ...others] = content.videos.get(spec.key) ?? [];
    if (!episode || !span || others.length > 0)
      throw new RenditionRefused(
        `Episode ${episode?.index} has ${others.length + (span ? 1 : 0)} videos of camera ${spec.name}, not one.`,
      );
    const files = this.files.get(key) ?? new VideoFiles((path) => order.openVideo(this.episode ?? episode, path));
    this.files.set(key, files);
    const size = this.sizes.get(key) ?? null;
    const taking = await takeVideo(files, span, frames, size, this.plan.fps, order.tools);
    const { width, height } = taking.video.facts;
    if (!size) this.sizes.set(key, { width, height });
    const place = { stream: spec.key, episode: episode.index };
    if (taking.isReencoded)
      log.add('video_reencoded', 'frames that could not be copied packet by packet were encoded again as H.264', place);
    if (taking.dropped > 0 || taking.padded > 0)
      log.add(
        'video_fitted',
        'its video has another number of frames than the episode has rows; the end was cut or repeated',
        {
          ...place,
          figures: { framesCut: taking.dropped, framesRepeated: taking.padded },
        },
      );
    return taking.video;
  }

  private noteFacts(
    { key }: CameraFeature,
    embedded: Extract<TakenPictures, { carrier: 'pictures' }> | null,
    video: EpisodeVideo | null,
  ): void {
    if (this.facts.has(key)) return;
    if (embedded) this.facts.set(key, { carrier: 'pictures', ...embedded.facts });
    else if (video) this.facts.set(key, { carrier: 'video', ...video.facts });
  }
}
