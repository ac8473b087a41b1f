import { DataTable } from './data-table.js';
import { CHUNK_SIZE, DATA_FILE_MB, infoJson } from './info-json.js';
import type { OutputFolder } from './output-folder.js';
import { writeFile } from './output-folder.js';
import type { TableColumn } from './parquet-table.js';
import { ParquetTable } from './parquet-table.js';
import type { EpisodeStats, Layout, LayoutPlan, ReadyEpisode, SetTotals } from './ready-episode.js';
import { STAT_NAMES, statCell, statsJson } from './stats-shape.js';
import { SharedVideo } from './video-file.js';

/** Rows of the episodes table that wait for their row group. */
const EPISODES_PER_GROUP = 256;

const three = (n: number): string => String(n).padStart(3, '0');

/** `chunk-000/file-000`: a chunk folder holds `CHUNK_SIZE` files. */
function placeOf(file: number): string {
  return `chunk-${three(Math.floor(file / CHUNK_SIZE))}/file-${three(file % CHUNK_SIZE)}`;
}

/** LeRobot v3.0: many episodes in one file. */
export class LayoutV30 implements Layout {
  private data: DataTable | null = null;
  private dataFile = -1;
  private readonly videos: ReadonlyMap<string, SharedVideo>;
  private episodes: ParquetTable | null = null;
  private waiting: Map<string, unknown>[] = [];

  constructor(
    private readonly folder: OutputFolder,
    private readonly plan: LayoutPlan,
  ) {
    this.videos = new Map(
      plan.cameras
        .filter((camera) => camera.carrier !== 'pictures')
        .map(({ key }) => [key, new SharedVideo(folder, plan.fps, (file) => `videos/${key}/${placeOf(file)}.mp4`)]),
    );
  }

  async add(episode: ReadyEpisode): Promise<void> {
    const table = await this.dataFor(episode);
    await table.add(episode);
    const { num, den } = this.plan.fps;
    const row = new Map<string, unknown>([
      ['episode_index', BigInt(episode.index)],
      ['tasks', episode.tasks],
      ['length', BigInt(episode.frames)],
      ['data/chunk_index', BigInt(Math.floor(this.dataFile / CHUNK_SIZE))],
      ['data/file_index', BigInt(this.dataFile % CHUNK_SIZE)],
      ['dataset_from_index', BigInt(episode.firstIndex)],
      ['dataset_to_index', BigInt(episode.firstIndex + episode.frames)],
    ]);
    for (const [key, shared] of this.videos) {
      const video = episode.videos.get(key);
      if (!video) throw new Error(`Episode ${episode.index} came without its camera ${key}.`);
      const placed = await shared.add(video);
      row.set(`videos/${key}/chunk_index`, BigInt(Math.floor(placed.file / CHUNK_SIZE)));
      row.set(`videos/${key}/file_index`, BigInt(placed.file % CHUNK_SIZE));
      // Whole frames over the rate, never a sum of durations: sums drift.
      row.set(`videos/${key}/from_timestamp`, (placed.fromFrame * den) / num);
      row.set(`videos/${key}/to_timestamp`, (placed.toFrame * den) / num);
    }
    for (const feature of episode.stats) {
      for (const name of STAT_NAMES) row.set(`stats/${feature.key}/${name}`, statCell(feature, name));
      row.set(`stats/${feature.key}/count`, [BigInt(feature.of.count)]);
    }
    row.set('meta/episodes/chunk_index', 0n);
    row.set('meta/episodes/file_index', 0n);
    this.waiting.push(row);
    if (this.waiting.length >= EPISODES_PER_GROUP) await this.flushEpisodes(episode.stats);
  }

  async finish(totals: SetTotals): Promise<void> {
    await this.data?.close();
    for (const shared of this.videos.values()) await shared.flush();
    await this.flushEpisodes(totals.stats);
    await this.episodes?.close();
    await this.writeTasks(totals.tasks);
    const json = (value: unknown): Uint8Array => Buffer.from(`${JSON.stringify(value, null, 4)}\n`);
    await writeFile(this.folder, 'meta/stats.json', json(statsJson(totals.stats, STAT_NAMES)));
    await writeFile(this.folder, 'meta/info.json', json(infoJson('v3.0', this.plan, totals)));
  }

  private async dataFor(episode: ReadyEpisode): Promise<DataTable> {
    if (this.data && this.data.sizeWith(episode.frames) > DATA_FILE_MB * 2 ** 20) {
      await this.data.close();
      this.data = null;
    }
    if (!this.data) {
      this.dataFile += 1;
      this.data = await DataTable.create(this.folder, `data/${placeOf(this.dataFile)}.parquet`, this.plan);
    }
    return this.data;
  }

  private async flushEpisodes(stats: readonly EpisodeStats[]): Promise<void> {
    if (this.waiting.length === 0) return;
    const columns = episodeColumns([...this.videos.keys()], stats);
    this.episodes ??= await ParquetTable.create(this.folder, `meta/episodes/${placeOf(0)}.parquet`, columns);
    const rows = new Map(columns.map(({ name }) => [name, this.waiting.map((row) => row.get(name))]));
    await this.episodes.write(rows, this.waiting.length);
    this.waiting = [];
  }

  private async writeTasks(tasks: readonly string[]): Promise<void> {
    const columns: TableColumn[] = [
      { name: 'task_index', type: 'INT64', listDepth: 0 },
      { name: 'task', type: 'BYTE_ARRAY', convertedType: 'UTF8', listDepth: 0 },
    ];
    const table = await ParquetTable.create(this.folder, 'meta/tasks.parquet', columns, { pandas: PANDAS });
    const rows = new Map<string, readonly unknown[]>([
      ['task_index', tasks.map((_, index) => BigInt(index))],
      ['task', tasks],
    ]);
    await table.write(rows, tasks.length);
    await table.close();
  }
}

function episodeColumns(videoKeys: readonly string[], stats: readonly EpisodeStats[]): TableColumn[] {
  const whole = (name: string): TableColumn => ({ name, type: 'INT64', listDepth: 0 });
  const seconds = (name: string): TableColumn => ({ name, type: 'DOUBLE', listDepth: 0 });
  return [
    whole('episode_index'),
    { name: 'tasks', type: 'BYTE_ARRAY', convertedType: 'UTF8', listDepth: 1 },
    ...['length', 'data/chunk_index', 'data/file_index', 'dataset_from_index', 'dataset_to_index'].map(whole),
    ...videoKeys.flatMap((key) => [
      whole(`videos/${key}/chunk_index`),
      whole(`videos/${key}/file_index`),
      seconds(`videos/${key}/from_timestamp`),
      seconds(`videos/${key}/to_timestamp`),
    ]),
    ...stats.flatMap(({ key, shape }): TableColumn[] => [
      ...STAT_NAMES.map((name): TableColumn => ({
        name: `stats/${key}/${name}`,
        type: 'DOUBLE',
        listDepth: shape.length,
      })),
      { name: `stats/${key}/count`, type: 'INT64', listDepth: 1 },
    ]),
    whole('meta/episodes/chunk_index'),
    whole('meta/episodes/file_index'),
  ];
}

/** Tells pandas that the text is the index: without it LeRobot gives the number 0 as the task, silently. */
const PANDAS = JSON.stringify({
  index_columns: ['task'],
  column_indexes: [
    { name: null, field_name: null, pandas_type: 'unicode', numpy_type: 'object', metadata: { encoding: 'UTF-8' } },
  ],
  columns: [
    { name: 'task_index', field_name: 'task_index', pandas_type: 'int64', numpy_type: 'int64', metadata: null },
    { name: 'task', field_name: 'task', pandas_type: 'unicode', numpy_type: 'object', metadata: null },
  ],
  attributes: {},
  creator: { library: 'pyarrow', version: '21.0.0' },
  pandas_version: '2.2.0',
});
