import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FilmedEpisode, WrittenSet } from './lerobot-writer.js';
import { dataRows, writeLeRobot } from './lerobot-writer.js';
import { Random } from './random.js';
import { record } from './recorder.js';
import { ColourHistogram } from './statistics.js';
import { planGrasping } from './task-grasping.js';

describe('the LeRobot writer', () => {
  let root: string;
  let episodes: FilmedEpisode[];
  let written: WrittenSet;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'bodega-samples-'));
    episodes = [];
    for (const seed of [1, 2]) {
      const recording = await record(planGrasping(new Random(seed)), 1.4);
      const colours = new ColourHistogram();
      colours.addPicture(new Uint8Array(3 * 16).fill(128), 4);
      episodes.push({
        recording,
        colours: { 'observation.images.front': colours, 'observation.images.wrist': colours },
      });
    }
    written = writeLeRobot(root, episodes);
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('stores every value as it was recorded, one row group for each episode', async () => {
    const file = await asyncBufferFromFile(join(root, 'data/chunk-000/file-000.parquet'));

    const metadata = await parquetMetadataAsync(file);
    const stored = await parquetReadObjects({ file });

    const first = episodes[0]?.recording.rows.length ?? 0;
    expect(metadata.row_groups.map((g) => Number(g.num_rows))).toEqual(episodes.map((e) => e.recording.rows.length));
    expect(stored).toEqual(
      episodes.flatMap(({ recording }, i) =>
        dataRows(recording, i, i * first, written.tasks.indexOf(recording.plan.instruction)),
      ),
    );
    expect(metadata.key_value_metadata?.map((kv) => kv.key)).toContain('huggingface');
  });

  it('keeps the statistics of each episode, images as channel by 1 by 1', async () => {
    const file = await asyncBufferFromFile(join(root, 'meta/episodes/chunk-000/file-000.parquet'));

    const [first] = await parquetReadObjects({ file });

    const yaw = episodes[0]?.recording.rows.map((r) => r.state[0] ?? Number.NaN) ?? [];
    const stats = first as Record<string, unknown>;
    expect((stats['stats/observation.state/min'] as number[])[0]).toBe(Math.min(...yaw));
    expect(stats['stats/observation.images.front/mean']).toEqual([[[128 / 255]], [[128 / 255]], [[128 / 255]]]);
    expect(stats['stats/action/count']).toEqual([BigInt(yaw.length)]);
    expect(stats['videos/observation.images.wrist/to_timestamp']).toBe(yaw.length / 30);
  });

  it('makes the task text the pandas index, so that loaders give the text and not a number', async () => {
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(join(root, 'meta/tasks.parquet')));

    const pandas = metadata.key_value_metadata?.find((kv) => kv.key === 'pandas')?.value ?? '{}';

    expect(JSON.parse(pandas)).toMatchObject({ index_columns: ['task'] });
  });

  it('counts in info.json what it wrote', () => {
    const info = JSON.parse(readFileSync(join(root, 'meta/info.json'), 'utf8')) as Record<string, unknown>;

    expect(info).toMatchObject({
      codebase_version: 'v3.0',
      total_episodes: 2,
      total_frames: written.frames,
      total_tasks: written.tasks.length,
      splits: { train: '0:2' },
    });
  });
});
