import type { DatasetSource, SignalSpec, SourceEpisode } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { DatasetMeasure, EpisodeFact, Rate, StreamFact } from '../episode-model.js';
import { blankMeasure } from '../episode-model.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import type { VideoDigest } from '../mp4/video-digest.js';
import { videoDigests } from '../mp4/video-digest.js';
import { PooledStats } from '../stats/pooled-stats.js';
import type { DatasetFiles } from '../tree.js';
import { CoverageTally } from './coverage-tally.js';
import type { MeasuredEpisode } from './episode-meter.js';
import { EpisodeMeter } from './episode-meter.js';
import { GrowingFloats } from './growing.js';
import { modalitiesOf } from './modalities.js';
import { QualityTally } from './quality-tally.js';
import { toHz, toRate } from './rate.js';
import { quantileOf } from './quantile.js';
import { SetContext } from './set-context.js';
import { remarkOnSet } from './set-remarks.js';

/** What a measurement tells its caller on the way. */
export interface MeasureHooks {
  /** How video goes into `contentHash`; `fast` unless something is to be proved. */
  readonly videoDigest?: VideoDigest;
  onEpisode(episode: EpisodeFact): Promise<void> | void;
  /** Shows how far the measurement is; throws to stop it. */
  tick(step: string, done: number, total: number): void;
}

/** Items after which the caller may stop a long episode. */
const ITEMS_PER_TICK = 64;
/** Rates of episodes that are held for the median of a set. */
const MAX_HELD_RATES = 100_000;
const MAX_TASK_TEXTS = 100_000;

/** Walks every episode of an opened dataset once and measures what is there. The caller closes the source. */
export async function measureSource(
  source: DatasetSource,
  files: DatasetFiles,
  log: FindingLog,
  hooks: MeasureHooks,
): Promise<DatasetMeasure> {
  const set = new SetContext(source, files, log, videoDigests(hooks.videoDigest ?? 'fast'));
  const tallies = new SetTallies(set);
  let walked = 0;
  try {
    for await (const episode of source.episodes()) {
      const total = Math.max(set.head.announcedEpisodes ?? 0, walked + 1);
      const measured = await measureEpisode(set, episode, () => hooks.tick('episodes', walked, total));
      walked += 1;
      if (measured) {
        tallies.add(measured, episode);
        await hooks.onEpisode(measured.fact);
      }
      hooks.tick('episodes', walked, Math.max(total, walked));
    }
  } catch (error) {
    report(log, error, {});
  }
  const announced = set.head.announcedEpisodes;
  if (announced !== null && announced !== walked)
    log.add('EPISODE_COUNT_MISMATCH', 'the set has another number of episodes than it announces', {
      expected: `${announced}`,
      actual: `${walked}`,
    });
  if (walked === 0) log.add('EMPTY_RECORDING', 'there is no episode in the set');
  return tallies.finish(files);
}

async function measureEpisode(
  set: SetContext,
  episode: SourceEpisode,
  tick: () => void,
): Promise<MeasuredEpisode | null> {
  const meter = new EpisodeMeter(set, episode);
  let items = 0;
  try {
    for await (const item of episode.items()) {
      await meter.add(item);
      items += 1;
      if (items % ITEMS_PER_TICK === 0) tick();
    }
  } catch (error) {
    report(set.log, error, { episode: episode.index });
  }
  return meter.finish();
}

/** Turns bad data into a finding; lets faults of the source through. */
function report(log: FindingLog, error: unknown, place: FindingPlace): void {
  if (!(error instanceof Defect)) throw error;
  log.add(error.code, error.message, { ...error.detail, ...place });
}

/** What is gathered over the episodes of a set. */
class SetTallies {
  private readonly quality: QualityTally;
  private readonly coverage = new CoverageTally();
  private readonly pooled = new Map<string, PooledStats>();
  private readonly rates = new Map<string, GrowingFloats>();
  private readonly frameRates = new GrowingFloats(MAX_HELD_RATES);
  private readonly taskTexts: Set<string>;
  private episodes = 0;
  private frames = 0;
  private durationS = 0;

  constructor(private readonly set: SetContext) {
    const { head, signals, cameras } = set;
    const nominal = new Map<string, number>();
    const fps = head.fps.value;
    if (fps) nominal.set('frames', toHz(fps));
    for (const { key, nominalRateHz, clock } of [...signals.values(), ...cameras.values()]) {
      const rateHz = nominalRateHz ?? (fps && clock === 'frames' ? toHz(fps) : null);
      if (rateHz !== null) nominal.set(key, rateHz);
    }
    this.quality = new QualityTally([...signals.values()], nominal);
    this.taskTexts = new Set(head.tasks.slice(0, MAX_TASK_TEXTS));
  }

  add({ fact, extras, frameRateHz }: MeasuredEpisode, episode: SourceEpisode): void {
    const { log } = this.set;
    this.episodes += 1;
    this.frames += fact.frames;
    this.durationS += fact.durationS;
    const { duplicateOf } = this.quality.add(fact, extras);
    if (duplicateOf !== null)
      log.add('DUPLICATE_EPISODE', `this episode has the same content as episode ${duplicateOf}`, {
        episode: fact.index,
      });
    this.coverage.add(fact, episode);
    for (const [key, stats] of Object.entries(fact.stats)) this.pooledOf(key).add(stats);
    for (const [key, { rateHz }] of Object.entries(fact.clocks)) if (rateHz !== null) this.ratesOf(key).push(rateHz);
    if (frameRateHz !== null) this.frameRates.push(frameRateHz);
    for (const { text } of fact.taskSpans) if (this.taskTexts.size < MAX_TASK_TEXTS) this.taskTexts.add(text);
    if (!fact.tasks.some((text) => text.trim() !== ''))
      log.addOnce('none', 'TASK_TEXT_MISSING', 'an episode has no task text', { episode: fact.index });
  }

  finish(files: DatasetFiles): DatasetMeasure {
    const { head, signals, book } = this.set;
    const quality = this.quality.finish();
    const coverage = this.coverage.finish();
    const fps = head.fps.value ?? this.measuredFps();
    const cameras = book.toList(
      (key) => this.medianRate(key) ?? this.set.cameras.get(key)?.nominalRateHz ?? (fps ? toHz(fps) : 0),
    );
    const tasks = [...this.taskTexts];
    const measure: DatasetMeasure = {
      ...blankMeasure(files),
      format: head.format,
      formatVersion: head.formatVersion,
      fps,
      fpsSource: head.fps.value ? 'declared' : fps ? 'measured' : null,
      robotType: head.robotType.value,
      collectionMethod: head.collectionMethod.value,
      reality: head.reality.value,
      episodes: this.episodes,
      frames: this.frames,
      durationS: this.durationS,
      streams: [...signals.values()].map((spec) => this.toStream(spec, fps)),
      cameras,
      tasks,
      modalities: modalitiesOf(
        [...signals.values()].filter(({ key }) => this.pooled.has(key)),
        cameras,
        tasks.some((text) => text.trim() !== ''),
      ),
      quality,
      coverage,
    };
    if (this.episodes > 0 && this.pooled.size === 0 && cameras.length === 0)
      this.set.log.add('EMPTY_RECORDING', 'no state, action or picture could be read: there is nothing to learn from');
    return { ...measure, unknowns: remarkOnSet(this.set, measure) };
  }

  private measuredFps(): Rate | null {
    return this.frameRates.length > 0 ? toRate(quantileOf(this.frameRates.view(), 0.5)) : null;
  }

  private toStream(spec: SignalSpec, fps: Rate | null): StreamFact {
    const stats = this.pooled.get(spec.key)?.finish();
    const measuredRateHz = this.medianRate(spec.key);
    return {
      key: spec.key,
      role: spec.role,
      dtype: spec.dtype,
      shape: [...spec.shape],
      names: [...spec.names],
      unit: spec.unit.value,
      ...(spec.unit.value === null ? { unitReason: spec.unit.reason } : {}),
      ...(spec.frame === undefined ? {} : { frame: spec.frame }),
      rateHz: spec.nominalRateHz ?? (fps && spec.clock === 'frames' ? toHz(fps) : null),
      ...(spec.clock === 'own' ? { measuredRateHz } : {}),
      ...(stats ? { stats } : {}),
    };
  }

  private medianRate(key: string): number | null {
    const rates = this.rates.get(key);
    return rates && rates.length > 0 ? quantileOf(rates.view(), 0.5) : null;
  }

  private pooledOf(key: string): PooledStats {
    const pooled = this.pooled.get(key) ?? new PooledStats();
    this.pooled.set(key, pooled);
    return pooled;
  }

  private ratesOf(key: string): GrowingFloats {
    const rates = this.rates.get(key) ?? new GrowingFloats(MAX_HELD_RATES);
    this.rates.set(key, rates);
    return rates;
  }
}
