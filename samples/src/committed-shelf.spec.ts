import { describe, expect, it } from '@jest/globals';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CAMERA_KEYS, SIGNALS } from './features.js';
import { dataRows, videoPath } from './lerobot-writer.js';
import { readMp4Timing } from './mp4-timing.js';
import { Random } from './random.js';
import { record } from './recorder.js';
import { SHELF } from './sets.js';

const SHELF_FOLDER = join(import.meta.dirname, '..');

/** Parsed lists and numbers of one row, whatever their width. */
type Row = Record<string, unknown>;

async function table(...path: string[]): Promise<Row[]> {
  return parquetReadObjects({ file: await asyncBufferFromFile(join(SHELF_FOLDER, ...path)) });
}

describe.each(SHELF)('the committed shelf: $name', (set) => {
  it('has as many rows, episodes and video frames as it announces, every frame at k/30 s', async () => {
    const info = JSON.parse(readFileSync(join(SHELF_FOLDER, set.name, 'meta/info.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    const episodes = await table(set.name, 'meta/episodes/chunk-000/file-000.parquet');
    const rows = await table(set.name, 'data/chunk-000/file-000.parquet');

    expect(info['total_episodes']).toBe(episodes.length);
    expect(info['total_frames']).toBe(rows.length);
    const lengths = episodes.map((e) => Number(e['length']));
    expect(lengths.reduce((a, b) => a + b, 0)).toBe(rows.length);
    expect(rows.map((r) => Number(r['index']))).toEqual(rows.map((_, k) => k));
    for (const key of CAMERA_KEYS) {
      const video = readMp4Timing(readFileSync(join(SHELF_FOLDER, set.name, videoPath(key))));
      expect(video.times.map((t) => t / video.timescale)).toEqual(rows.map((_, k) => k / 30));
      expect(video.keyFrames).toEqual(expect.arrayContaining(episodes.map((e) => Number(e['dataset_from_index']))));
      expect({ width: video.width, height: video.height, codec: video.codec }).toEqual({
        width: 320,
        height: 240,
        codec: 'avc1',
      });
    }
  });

  it('declares a unit for every signal and the outcome that the rows show for every episode', async () => {
    const declared = parse(readFileSync(join(SHELF_FOLDER, set.name, 'dataset.yaml'), 'utf8')) as {
      units: Record<string, string>;
      outcomes: { outcome: string }[];
      reality: string;
    };
    const rows = await table(set.name, 'data/chunk-000/file-000.parquet');

    expect(declared.reality).toBe('simulated');
    expect(Object.keys(declared.units)).toEqual(SIGNALS.map((s) => s.key));
    const shown = rows.filter((r) => r['next.done'] === true).map((r) => r['next.success'] === true);
    expect(declared.outcomes.map((o) => o.outcome === 'success')).toEqual(shown);
    expect(new Set(shown)).toEqual(new Set([true, false]));
  });

  it('comes out of physics again, number for number, from its seed', async () => {
    const { simulation, subtasks } = parse(readFileSync(join(SHELF_FOLDER, set.name, 'dataset.yaml'), 'utf8')) as {
      simulation: { seed: number };
      subtasks: { segments: { from: number; text: string }[] }[];
    };
    const rows = await table(set.name, 'data/chunk-000/file-000.parquet');
    const random = Random.forPart(simulation.seed, `${set.name}/0`);
    const plan = set.plan(random);

    const recording = await record(plan, random.between(0.9, 1.12));

    const again = dataRows(recording, 0, 0, 0);
    expect(rows.slice(0, again.length)).toEqual(again);
    expect(subtasks[0]?.segments.map(({ from, text }) => [from, text])).toEqual(
      recording.stretches.map(({ from, phase }) => [from, phase]),
    );
  });
});

describe('the shelf as a whole', () => {
  it('stays small enough to travel with the source', () => {
    const bytes = SHELF.flatMap((set) =>
      readdirSync(join(SHELF_FOLDER, set.name), { recursive: true, encoding: 'utf8' })
        .map((path) => statSync(join(SHELF_FOLDER, set.name, path)))
        .filter((s) => s.isFile())
        .map((s) => s.size),
    );

    expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThan(20_000_000);
  });
});
