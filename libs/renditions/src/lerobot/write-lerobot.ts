import { FeatureAccumulator, PooledStats } from '@app/formats';
import type { LossReport } from '../loss-report.js';
import { LossLog } from '../loss-report.js';
import { RenditionRefused } from '../rendition-target.js';
import { EpisodeMaker } from './episode-maker.js';
import { LayoutV21 } from './layout-v21.js';
import { LayoutV30 } from './layout-v30.js';
import { planFeatures, reportPlan } from './mapping.js';
import type { EpisodeStats, Layout, LayoutPlan, ReadyEpisode } from './ready-episode.js';
import { dataColumns } from './ready-episode.js';
import type { RenditionOrder } from './rendition-order.js';
import { statShape } from './stats-shape.js';
import { TaskBook } from './task-book.js';

/** What was written. */
export interface RenditionMade {
  readonly episodes: number;
  readonly frames: number;
  readonly loss: LossReport;
}

/**
 * Writes a dataset as LeRobot, episode by episode, in bounded memory. The same source gives the same bytes.
 * @throws RenditionRefused where LeRobot cannot hold the data, and what the source and the folder throw
 */
export async function writeLerobot(order: RenditionOrder): Promise<RenditionMade> {
  const { source, survey, target, folder } = order;
  const features = planFeatures(source.head, survey);
  const log = new LossLog(target, features.mapping);
  reportPlan(source.head, survey, features, log);
  const plan: LayoutPlan = {
    features,
    columns: dataColumns(features),
    cameras: features.cameras,
    fps: survey.fps,
    robotType: source.head.robotType.value,
  };
  const layout: Layout = target === 'lerobot_v3.0' ? new LayoutV30(folder, plan) : new LayoutV21(folder, plan);
  const maker = new EpisodeMaker(order, plan, new TaskBook(source.head.tasks), log);
  const pooled = new PooledSet();
  let episodes = 0;
  let frames = 0;
  for await (const episode of source.episodes()) {
    order.tools.signal.throwIfAborted();
    const made = await maker.make(episode, episodes, frames);
    const ready: ReadyEpisode = { ...made, stats: [...numericStats(plan, made), ...made.stats] };
    try {
      await layout.add(ready);
    } finally {
      for (const { spill } of ready.pictures.values()) await spill.close();
    }
    pooled.add(ready.stats);
    episodes += 1;
    frames += ready.frames;
    await order.onProgress?.(episodes);
  }
  if (episodes === 0) throw new RenditionRefused('There is no episode to standardize.');
  await layout.finish({ episodes, frames, tasks: maker.tasks, stats: pooled.finish(), cameras: maker.cameras });
  return { episodes, frames, loss: log.finish() };
}

function numericStats(plan: LayoutPlan, episode: ReadyEpisode): EpisodeStats[] {
  return plan.columns.flatMap(({ key, dtype, shape }) => {
    const values = episode.numbers.get(key);
    if (!values) return [];
    const width = shape.reduce((product, length) => product * length, 1);
    const accumulator = new FeatureAccumulator(width, /^float(16|32)$/.test(dtype));
    accumulator.add(values);
    return [{ key, of: accumulator.finish(), shape: statShape(shape) }];
  });
}

/** Statistics of the set from those of its episodes, as LeRobot aggregates them. */
class PooledSet {
  private readonly features = new Map<string, { pooled: PooledStats; shape: readonly number[] }>();

  add(stats: readonly EpisodeStats[]): void {
    for (const { key, of, shape } of stats) {
      const feature = this.features.get(key) ?? { pooled: new PooledStats(), shape };
      this.features.set(key, feature);
      feature.pooled.add(of);
    }
  }

  finish(): EpisodeStats[] {
    return [...this.features].flatMap(([key, { pooled, shape }]) => {
      const of = pooled.finish();
      return of ? [{ key, of, shape }] : [];
    });
  }
}
