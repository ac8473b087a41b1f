import { expect } from '@jest/globals';
import type { FileTree } from '@app/formats';
import { errorCodes, measureOnce, warningCodes } from '../lerobot/measuring.js';
import { boxOrder, readFooter, readJson, readLines, readPackets, readTable } from './loaders.js';
import type { MadeRendition } from './making.js';

interface Feature {
  dtype: string;
  shape: number[];
  fps?: number;
}

/**
 * What LeRobot's loaders demand of a v3.0 set, looked at with other readers than ours.
 * @param source what the rendition may not know better than, such as a robot that nobody names
 */
export async function expectV30(made: MadeRendition, source?: FileTree): Promise<void> {
  const info = await readJson(made, 'meta/info.json');
  const features = info.features as Record<string, Feature>;
  const fps = info.fps as number;
  expect(info).toMatchObject({
    codebase_version: 'v3.0',
    total_episodes: made.episodes,
    total_frames: made.frames,
    chunks_size: 1000,
    data_files_size_in_mb: 100,
    video_files_size_in_mb: 200,
    splits: { train: `0:${made.episodes}` },
  });
  for (const feature of Object.values(features)) expect(feature.fps).toBe(feature.dtype === 'video' ? undefined : fps);

  const tasks = await readTable(made, 'meta/tasks.parquet');
  expect(tasks.map((row) => row.task_index)).toEqual(tasks.map((_, i) => BigInt(i)));
  const pandas = (await readFooter(made, 'meta/tasks.parquet')).keys.get('pandas') ?? '{}';
  expect(JSON.parse(pandas)).toMatchObject({ index_columns: ['task'] });
  expect(info.total_tasks).toBe(tasks.length);

  const episodes = await readTable(made, 'meta/episodes/chunk-000/file-000.parquet');
  const videoKeys = Object.keys(features).filter((key) => features[key]?.dtype === 'video');
  const stats = await readJson(made, 'meta/stats.json');
  let next = 0;
  const ends = new Map<string, number>();
  for (const [e, row] of episodes.entries()) {
    const length = Number(row.length);
    expect([row.episode_index, row.dataset_from_index, row.dataset_to_index].map(Number)).toEqual([
      e,
      next,
      next + length,
    ]);
    next += length;
    for (const [key, feature] of Object.entries(features)) {
      if (feature.dtype === 'string') continue;
      for (const name of ['min', 'max', 'mean', 'std', 'q01', 'q10', 'q50', 'q90', 'q99', 'count'])
        expect(row[`stats/${key}/${name}`]).toBeDefined();
      expect(stats[key]).toBeDefined();
    }
    for (const key of videoKeys) {
      const from = Number(row[`videos/${key}/from_timestamp`]);
      const to = Number(row[`videos/${key}/to_timestamp`]);
      // Spans are whole frames over the rate, to the last bit, and one follows the other.
      const [first, end] = [Math.round(from * fps), Math.round(to * fps)];
      expect([from, to, end - first]).toEqual([first / fps, end / fps, length]);
      const file = `${key} ${Number(row[`videos/${key}/chunk_index`])} ${Number(row[`videos/${key}/file_index`])}`;
      expect([file, first]).toEqual([file, ends.get(file) ?? 0]);
      ends.set(file, end);
    }
  }
  expect(next).toBe(made.frames);

  let frame = 0;
  for (const { path } of made.files.filter((file) => file.path.startsWith('data/'))) {
    for (const row of await readTable(made, path)) {
      const k = Number(row.frame_index);
      expect([row.index, row.timestamp]).toEqual([BigInt(frame), Math.fround(k / fps)]);
      frame += 1;
    }
    const footer = await readFooter(made, path);
    const columns = [...new Set(footer.columns)].sort();
    expect(columns).toEqual(
      Object.keys(features)
        .filter((key) => !videoKeys.includes(key))
        .sort(),
    );
    const huggingface = JSON.parse(footer.keys.get('huggingface') ?? '{}') as { info: { features: object } };
    expect(Object.keys(huggingface.info.features).sort()).toEqual(columns);
  }
  expect(frame).toBe(made.frames);
  await expectVideos(made, fps);
  await expectNoFindings(made, source);
}

/** As `expectV30`, of v2.1. */
export async function expectV21(made: MadeRendition, source?: FileTree): Promise<void> {
  const info = await readJson(made, 'meta/info.json');
  const features = info.features as Record<string, Feature>;
  const videos = Object.values(features).filter((feature) => feature.dtype === 'video').length;
  expect(info).toMatchObject({
    codebase_version: 'v2.1',
    total_episodes: made.episodes,
    total_frames: made.frames,
    total_videos: made.episodes * videos,
    total_chunks: Math.ceil(made.episodes / 1000),
  });
  for (const feature of Object.values(features)) expect(feature.fps).toBeUndefined();
  const episodes = await readLines(made, 'meta/episodes.jsonl');
  const stats = await readLines(made, 'meta/episodes_stats.jsonl');
  expect(episodes.map((line) => line.episode_index)).toEqual(Array.from({ length: made.episodes }, (_, e) => e));
  expect(stats.map((line) => line.episode_index)).toEqual(episodes.map((line) => line.episode_index));
  for (const line of stats) {
    const of = line.stats as Record<string, Record<string, unknown>>;
    for (const [key, feature] of Object.entries(features)) {
      if (feature.dtype === 'string') continue;
      expect(Object.keys(of[key] ?? {})).toEqual(['min', 'max', 'mean', 'std', 'count']);
      if (feature.dtype !== 'video') continue;
      const mean = of[key]?.mean as number[][][];
      expect([mean.length, mean[0]?.length, mean[0]?.[0]?.length]).toEqual([3, 1, 1]);
      for (const [value] of mean.flat()) expect(value).toBeGreaterThanOrEqual(0);
      for (const [value] of mean.flat()) expect(value).toBeLessThanOrEqual(1);
    }
  }
  expect(made.files.filter((file) => file.path.endsWith('.parquet'))).toHaveLength(made.episodes);
  expect(made.files.filter((file) => file.path.endsWith('.mp4'))).toHaveLength(made.episodes * videos);
  await expectVideos(made, info.fps as number);
  await expectNoFindings(made, source);
}

/** Every picture of every video at k/fps, tables in front. */
async function expectVideos(made: MadeRendition, fps: number): Promise<void> {
  for (const { path } of made.files.filter((file) => file.path.endsWith('.mp4'))) {
    expect(await boxOrder(made, path)).toEqual(['ftyp', 'moov', 'mdat']);
    const { timesS, ticks, ticksPerS, keys } = await readPackets(made, path);
    // Exactly: in whole ticks, not nearly.
    expect(ticks).toEqual(ticks.map((_, k) => (k * ticksPerS) / fps));
    const worst = timesS.reduce((most, timeS, k) => Math.max(most, Math.abs(timeS - k / fps)), 0);
    expect(worst).toBeLessThan(1e-9);
    expect(keys[0]).toBe(0);
  }
}

/** Nothing to be said by our own reader, besides what is said of every LeRobot set, and of the source as well. */
async function expectNoFindings(made: MadeRendition, source?: FileTree): Promise<void> {
  const { set } = await measureOnce(made.tree);
  const before = source ? warningCodes((await measureOnce(source)).set) : [];
  expect(errorCodes(set)).toEqual([]);
  expect(warningCodes(set).filter((code) => code !== 'CONSTANT_CHANNEL' && !before.includes(code))).toEqual([]);
}
