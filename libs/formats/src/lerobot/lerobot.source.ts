import type { FileTree } from '../byte-source.js';
import type { DatasetSource, FormatReader, SourceEpisode, SourceHead } from '../dataset-source.js';
import type { EpisodeItem } from '../dataset-source.js';
import type { EpisodeFile, TaskSpan } from '../episode-model.js';
import type { FindingLog } from '../findings.js';
import type { DatasetFiles } from '../tree.js';
import { isJunk } from '../tree.js';
import { DataFile } from './data-file.js';
import { readColumns } from './episode-items.js';
import { cameraName } from './features.js';
import { toHead } from './head.js';
import type { RowRange } from './locate-rows.js';
import { RowLocator } from './locate-rows.js';
import type { OpenedLerobot } from './open-lerobot.js';
import { openLerobot } from './open-lerobot.js';
import type { EpisodeMeta, Reading } from './reading.js';
import { report } from './reading.js';
import { OutcomeCheck } from './row-checks.js';
import { TaskRuns } from './task-spans.js';
import { readEpisodesV2 } from './v2-episodes.js';
import { readEpisodesV30 } from './v30-episodes.js';

const ROOT = /^((?:[^/]+\/){0,3})meta\/info\.json$/;
const TASK_ROWS = 8192;

/** LeRobot v3.0, v2.1 and v2.0, and their GR00T flavour. */
export const lerobotReader: FormatReader = {
  title: 'LeRobot v3.0, v2.1 and v2.0 (also GR00T)',

  find(tree: FileTree): Promise<readonly string[]> {
    const roots = tree.files.flatMap(({ path }) => (isJunk(path) ? [] : (ROOT.exec(path)?.[1] ?? [])));
    return Promise.resolve(roots.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)));
  },

  async open(files: DatasetFiles, log: FindingLog): Promise<DatasetSource | null> {
    const { opened } = await openLerobot(files, log, () => undefined);
    return opened ? new LerobotSource(opened) : null;
  },
};

/** Reads episodes on demand: the metadata says in which file and rows each one lies. */
class LerobotSource implements DatasetSource {
  readonly head: SourceHead;

  constructor(private readonly set: OpenedLerobot) {
    this.head = toHead(set);
  }

  async *episodes(only?: ReadonlySet<number>): AsyncGenerator<SourceEpisode> {
    const { reading, tasks } = this.set;
    const rows = new EpisodeRows(reading);
    let left = only?.size ?? Number.POSITIVE_INFINITY;
    const metas = reading.version === 'v3.0' ? readEpisodesV30(reading, false) : readEpisodesV2(reading, false);
    for await (const meta of metas) {
      if (left <= 0) return;
      rows.announce(meta);
      if (only && !only.has(meta.index)) continue;
      left -= 1;
      const spans = await rows.tasksOf(meta, tasks);
      yield new LerobotEpisode(reading, rows, meta, spans, await rows.find(meta));
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The data file that the episodes are at, and where in it their rows are. */
class EpisodeRows {
  private readonly firstIndex = new Map<string, number>();
  private current: { path: string; file: DataFile | null; locator: RowLocator | null } | null = null;

  constructor(private readonly reading: Reading) {}

  /** Every episode must be announced, in order, also those that are not wanted. */
  announce(meta: EpisodeMeta): void {
    if (meta.fromIndex !== null && !this.firstIndex.has(meta.dataPath))
      this.firstIndex.set(meta.dataPath, meta.fromIndex);
  }

  /** The rows of an episode; null, with a finding, if there are none. */
  async find(meta: EpisodeMeta): Promise<RowRange | null> {
    const { reading } = this;
    const { file, locator } = await this.open(meta);
    if (!file || !locator) return null;
    const place = { path: reading.files.full(file.path), episode: meta.index };
    try {
      const start = (meta.fromIndex ?? 0) - (this.firstIndex.get(meta.dataPath) ?? 0);
      const range = reading.version === 'v3.0' ? await locator.find(meta, start) : { from: 0, to: file.numRows };
      if (range.to - range.from !== meta.length) {
        reading.log.add('LENGTH_MISMATCH', 'an episode has another number of rows than its length says', {
          ...place,
          expected: `${meta.length} rows`,
          actual: `${range.to - range.from} rows`,
        });
      }
      return range.to > range.from ? range : null;
    } catch (error) {
      report(reading.log, error, place);
      return null;
    }
  }

  /** The file with all its columns at or before `range`. */
  async fileAt(meta: EpisodeMeta, range: RowRange): Promise<DataFile | null> {
    const { file } = await this.open(meta);
    if (!file?.columns.some(({ column }) => column.row > range.from)) return file;
    this.current = null;
    return (await this.open(meta)).file;
  }

  /** Task texts with the frames that they cover. The rows are asked only if the metadata names several tasks, or none. */
  async tasksOf(meta: EpisodeMeta, tasks: OpenedLerobot['tasks']): Promise<TaskSpan[]> {
    const [text, ...others] = meta.tasks;
    if (text !== undefined && others.length === 0) return [{ text, from: 0, to: null }];
    const whole = meta.tasks.map((task) => ({ text: task, from: 0, to: null }));
    const range = await this.find(meta);
    const { file } = await this.open(meta);
    const column = range && file?.bookkeeping('task_index');
    if (!range || !column) return whole;
    const runs = new TaskRuns();
    try {
      await column.skip(range.from);
      for (let row = range.from; row < range.to; row += TASK_ROWS)
        runs.add(await column.read(Math.min(TASK_ROWS, range.to - row)));
    } catch (error) {
      report(this.reading.log, error, { path: this.reading.files.full(meta.dataPath), episode: meta.index });
      return whole;
    }
    const spans = runs.finish(tasks);
    return spans.length > 0 ? spans : whole;
  }

  private async open(meta: EpisodeMeta): Promise<{ file: DataFile | null; locator: RowLocator | null }> {
    if (this.current?.path !== meta.dataPath) {
      const file = await DataFile.open(this.reading, meta.dataPath, meta.index);
      this.current = { path: meta.dataPath, file, locator: file && new RowLocator(file) };
    }
    return this.current;
  }
}

class LerobotEpisode implements SourceEpisode {
  readonly index: number;
  readonly sourceKey: string;
  readonly outcome = null;
  readonly outcomeSource = null;
  readonly announcedFrames: number;
  readonly startedAt = null;
  readonly operator = null;
  readonly scene = null;
  readonly files: readonly EpisodeFile[];
  private said = new OutcomeCheck();

  constructor(
    private readonly reading: Reading,
    private readonly rows: EpisodeRows,
    private readonly meta: EpisodeMeta,
    readonly tasks: readonly TaskSpan[],
    private readonly range: RowRange | null,
  ) {
    this.index = meta.index;
    this.sourceKey = `episode_${String(meta.index).padStart(6, '0')}`;
    this.announcedFrames = meta.length;
    this.files = [
      ...(range ? [{ path: reading.files.full(meta.dataPath), kind: 'data' as const, ...range }] : []),
      ...this.videos().map(({ camera, path, fromFrame, toFrame }) => ({
        path: reading.files.full(path),
        kind: 'video' as const,
        camera: cameraName(camera),
        from: fromFrame,
        ...(toFrame === null ? {} : { to: toFrame }),
      })),
    ];
  }

  async *items(): AsyncGenerator<EpisodeItem> {
    this.said = new OutcomeCheck();
    const file = this.range && (await this.rows.fileAt(this.meta, this.range));
    if (file && this.range) yield* readColumns(this.reading, file, this.range, this.meta.index, this.said);
    yield* this.videos();
  }

  outcomeAfterwards(): ReturnType<OutcomeCheck['finish']> {
    return this.said.finish();
  }

  /** Spans as whole frames: what rounding in the seconds would lose, a frame number keeps. */
  private videos(): Extract<EpisodeItem, { kind: 'video' }>[] {
    const { num, den } = this.reading.info.fps;
    const toFrames = (s: number): number => Math.round((s * num) / den);
    return [...this.meta.videos].map(([camera, { path, fromS, toS }]) => ({
      kind: 'video',
      camera,
      path,
      fromFrame: toFrames(fromS),
      toFrame: toS === null ? null : toFrames(toS),
    }));
  }
}
