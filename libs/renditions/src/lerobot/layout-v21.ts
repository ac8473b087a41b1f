import { mp4Of } from '../mp4/remux.js';
import { DataTable } from './data-table.js';
import { CHUNK_SIZE, infoJson } from './info-json.js';
import type { OutputFile, OutputFolder } from './output-folder.js';
import { writeFile } from './output-folder.js';
import type { Layout, LayoutPlan, ReadyEpisode, SetTotals } from './ready-episode.js';
import { statsJson, V21_STAT_NAMES } from './stats-shape.js';

const EPISODES = 'meta/episodes.jsonl';
const STATS = 'meta/episodes_stats.jsonl';

function placeOf(episode: number): { chunk: string; name: string } {
  return {
    chunk: `chunk-${String(Math.floor(episode / CHUNK_SIZE)).padStart(3, '0')}`,
    name: `episode_${String(episode).padStart(6, '0')}`,
  };
}

/** LeRobot v2.1: a parquet file and one mp4 per camera for every episode. */
export class LayoutV21 implements Layout {
  private readonly lists = new Map<string, OutputFile>();

  constructor(
    private readonly folder: OutputFolder,
    private readonly plan: LayoutPlan,
  ) {}

  async add(episode: ReadyEpisode): Promise<void> {
    const { chunk, name } = placeOf(episode.index);
    const table = await DataTable.create(this.folder, `data/${chunk}/${name}.parquet`, this.plan);
    await table.add(episode);
    await table.close();
    for (const [key, video] of episode.videos) {
      const mp4 = mp4Of(video.kind, this.plan.fps, video.pieces);
      await writeFile(this.folder, `videos/${chunk}/${key}/${name}.mp4`, mp4);
      await video.release();
    }
    await this.append(EPISODES, { episode_index: episode.index, tasks: episode.tasks, length: episode.frames });
    await this.append(STATS, { episode_index: episode.index, stats: statsJson(episode.stats, V21_STAT_NAMES) });
  }

  async finish(totals: SetTotals): Promise<void> {
    for (const list of this.lists.values()) await list.close();
    const tasks = totals.tasks.map((task, task_index) => `${JSON.stringify({ task_index, task })}\n`);
    await writeFile(this.folder, 'meta/tasks.jsonl', Buffer.from(tasks.join('')));
    const info = JSON.stringify(infoJson('v2.1', this.plan, totals), null, 4);
    await writeFile(this.folder, 'meta/info.json', Buffer.from(`${info}\n`));
  }

  private async append(path: string, line: unknown): Promise<void> {
    const list = this.lists.get(path) ?? (await this.folder.create(path));
    this.lists.set(path, list);
    await list.append(Buffer.from(`${JSON.stringify(line)}\n`));
  }
}
