import type { EpisodeFact, EpisodeFile } from '../episode-model.js';
import { CoverageTally } from '../measuring/coverage-tally.js';
import { EpisodeChecks } from '../measuring/episode-checks.js';
import { QualityTally } from '../measuring/quality-tally.js';
import type { NewDigest } from '../mp4/video-digest.js';
import { Accumulators } from '../stats/accumulators.js';
import { PooledStats } from '../stats/pooled-stats.js';
import { CameraTallies } from './camera-tallies.js';
import { DataFile } from './data-file.js';
import { compareStats } from './declared-stats.js';
import { EpisodeMeters } from './episode-meters.js';
import { measureRows } from './episode-rows.js';
import { CameraReader } from './episode-video.js';
import type { EpisodeMeta, Reading } from './reading.js';
import type { TaskTable } from './tasks.js';

/** Walks the episodes of a set once, in order, and gathers the totals. */
export class EpisodeWalk {
  readonly pooled = new Map<string, PooledStats>();
  readonly cameras: CameraTallies;
  readonly taskTexts = new Set<string>();
  announcedEpisodes = 0;
  announcedFrames = 0;
  episodes = 0;
  frames = 0;
  private nextEpisode = 0;
  private nextIndex = 0;
  private data: DataFile | null = null;
  private dataPath: string | null = null;
  private readonly readers = new Map<string, CameraReader>();
  private readonly accumulators = new Accumulators();
  readonly quality: QualityTally;
  readonly coverage = new CoverageTally();
  private readonly knownTexts: ReadonlySet<string> | null;

  constructor(
    private readonly reading: Reading,
    private readonly tasks: TaskTable | null,
    newDigest: NewDigest,
  ) {
    this.knownTexts = tasks ? new Set(tasks.values()) : null;
    this.cameras = new CameraTallies(reading.info.fps.num / reading.info.fps.den);
    const rateHz = reading.info.fps.num / reading.info.fps.den;
    const cameras = reading.info.features.filter((feature) => feature.role === 'video');
    this.quality = new QualityTally(
      reading.info.features,
      new Map([['frames', rateHz], ...cameras.map(({ key }): [string, number] => [key, rateHz])]),
    );
    for (const feature of cameras)
      this.readers.set(feature.key, new CameraReader(reading, feature, this.cameras, newDigest));
  }

  /** Measures one episode. Null if its rows cannot be read; the findings say why. */
  async next(meta: EpisodeMeta): Promise<EpisodeFact | null> {
    const { log, info } = this.reading;
    this.announcedEpisodes += 1;
    if (meta.index !== this.nextEpisode) {
      log.add('EPISODE_INDEX_GAP', 'episodes are not numbered from 0 without a gap', {
        episode: meta.index,
        expected: `${this.nextEpisode}`,
        actual: `${meta.index}`,
      });
    }
    this.nextEpisode = meta.index + 1;
    if (meta.length === 0) log.add('EMPTY_EPISODE', 'an episode has no frame', { episode: meta.index });
    const start = meta.fromIndex ?? this.nextIndex;
    if (meta.fromIndex !== null && meta.fromIndex !== this.announcedFrames) {
      log.add('INDEX_GAP', 'dataset_from_index does not follow the episode before', {
        episode: meta.index,
        expected: `${this.announcedFrames}`,
        actual: `${meta.fromIndex}`,
      });
    }
    this.announcedFrames = (meta.fromIndex ?? this.announcedFrames) + meta.length;
    if (meta.dataPath !== this.dataPath) await this.moveTo(meta.dataPath, meta.index);

    const meters = new EpisodeMeters(info.features, this.accumulators);
    const files: EpisodeFile[] = [];
    const rows = this.data ? await this.findRows(this.data, meta) : 0;
    const measured =
      this.data && rows > 0
        ? await measureRows(this.reading, this.data, meta, rows, start, this.tasks, meters, this.cameras)
        : null;
    if (this.data && rows > 0) {
      files.push({
        path: this.reading.files.full(meta.dataPath),
        kind: 'data',
        from: this.data.row,
        to: this.data.row + rows,
      });
      this.data.consume(rows);
    }
    // Gaps are told where they are, not again for every episode behind them.
    const last = measured?.lastIndex ?? null;
    this.nextIndex = last === null ? this.announcedFrames : last + 1;
    for (const [key, reader] of this.readers) {
      const span = meta.videos.get(key);
      const part = span ? await reader.measure(meta, span, rows || meta.length, meters) : null;
      if (part) files.push(part);
    }
    if (!measured) return null;

    this.episodes += 1;
    this.frames += rows;
    for (const [key, stats] of Object.entries(measured.stats)) {
      const pooled = this.pooled.get(key) ?? new PooledStats();
      this.pooled.set(key, pooled);
      pooled.add(stats);
      const shipped = meta.stats?.get(key);
      if (shipped && key !== 'timestamp') compareStats(key, shipped, stats, log, { episode: meta.index });
    }
    const tasks =
      meta.tasks.length > 0 ? [...meta.tasks] : measured.taskIndices.flatMap((index) => this.tasks?.get(index) ?? []);
    this.noteTasks(tasks, meta.index);
    const { videoRowGap, ...gathered } = meters.finish(info.fps.num / info.fps.den);
    const episode: EpisodeFact = {
      index: meta.index,
      sourceKey: `episode_${String(meta.index).padStart(6, '0')}`,
      frames: rows,
      durationS: (rows * info.fps.den) / info.fps.num,
      tasks,
      outcome: measured.outcome,
      outcomeSource: measured.outcomeSource,
      stats: measured.stats,
      ...gathered,
      taskSpans: meters.tasks.finish(this.tasks),
      startedAt: null,
      contentHash: meters.content.digest(info.fps),
      files,
    };
    new EpisodeChecks(log, { episode: meta.index }).checkTail(episode.motion?.paddedTail ?? 0, rows);
    this.tally(episode, videoRowGap);
    return episode;
  }

  /** Looks at what is left after the last episode. */
  async finish(): Promise<void> {
    await this.closeData();
  }

  private async moveTo(path: string, episode: number): Promise<void> {
    await this.closeData();
    this.dataPath = path;
    this.data = await DataFile.open(this.reading, path, episode);
  }

  private async closeData(): Promise<void> {
    const data = this.data;
    this.data = null;
    if (!data || data.rowsLeft === 0) return;
    const run = await data.peekRun();
    this.reading.log.add('FRAME_COUNT_MISMATCH', 'a data file has rows that belong to no announced episode', {
      path: this.reading.files.full(data.path),
      row: data.row,
      actual: `${data.rowsLeft} rows${run ? ` from episode_index ${run.episode}` : ''}`,
      expected: 'none',
    });
  }

  /** How many rows of the data file, from where it stands, belong to the episode. */
  private async findRows(data: DataFile, meta: EpisodeMeta): Promise<number> {
    const { log, files, version } = this.reading;
    const place = { path: files.full(data.path), episode: meta.index };
    let rows = 0;
    if (!data.hasRuns) {
      rows = version === 'v3.0' ? Math.min(meta.length, data.rowsLeft) : data.rowsLeft;
    } else if (version !== 'v3.0') {
      rows = data.rowsLeft;
      const run = await data.peekRun();
      const wrong =
        run && run.episode === meta.index && run.rows < rows
          ? { row: run.rows }
          : run && run.episode !== meta.index
            ? { row: 0 }
            : null;
      if (wrong)
        log.add('EPISODE_INDEX_GAP', 'episode_index of a row is not that of its file', {
          ...place,
          ...wrong,
          expected: `${meta.index}`,
          ...(wrong.row === 0 && run ? { actual: `${run.episode}` } : {}),
        });
    } else {
      for (let run = await data.peekRun(); run; run = await data.peekRun()) {
        if (run.episode === meta.index) {
          rows = run.rows;
          break;
        }
        if (run.episode > meta.index) break;
        log.add('EPISODE_INDEX_GAP', 'rows stand where those of another episode should', {
          ...place,
          row: data.row,
          expected: `episode_index ${meta.index}`,
          actual: `${run.rows} rows of episode_index ${run.episode}`,
        });
        data.consume(run.rows);
      }
    }
    if (rows !== meta.length) {
      log.add('LENGTH_MISMATCH', 'an episode has another number of rows than its length says', {
        ...place,
        row: data.row,
        expected: `${meta.length} rows`,
        actual: `${rows} rows`,
      });
    }
    return rows;
  }

  private tally(episode: EpisodeFact, videoRowGap: number | null): void {
    const { duplicateOf } = this.quality.add(episode, { videoRowGap });
    this.coverage.add(episode);
    if (duplicateOf !== null)
      this.reading.log.add('DUPLICATE_EPISODE', `this episode has the same content as episode ${duplicateOf}`, {
        episode: episode.index,
      });
  }

  private noteTasks(tasks: readonly string[], episode: number): void {
    for (const task of tasks) {
      if (this.taskTexts.size < 100_000) this.taskTexts.add(task);
      if (this.knownTexts && !this.knownTexts.has(task))
        this.reading.log.addOnce(
          task,
          'TASK_INDEX_UNKNOWN',
          'an episode names a task text that the tasks table does not have',
          { episode, actual: task.slice(0, 120) },
        );
    }
    if (tasks.length === 0)
      this.reading.log.addOnce('none', 'TASK_TEXT_MISSING', 'an episode has no task text', { episode });
  }
}
