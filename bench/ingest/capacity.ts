import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchPreviews } from '@app/previews';
import { atLeastTimes, median } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';

/** One mp4 per episode of one 640x480 AV1 camera, where the real recordings are at hand. */
const REAL = fileURLToPath(new URL('../../../shared/data/lerobot-v21-unitree-g1/subset-8ep/videos/', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../../samples/sorting/videos/', import.meta.url));
/** What a collection centre such as Zigong's records: 3 million episodes a year. */
const CENTRE_PER_DAY = 15_000;
const CENTRES = 10;
const LANES = 2;
const EPISODES = 24;
const ROUNDS = 3;

/**
 * Episodes that one worker on two cores decodes and draws in a day: decode check, poster, sheet and clip of every episode's
 * camera, which is more than it does for a version, of which three episodes are drawn.
 */
export async function capacityRow(): Promise<BenchRow> {
  const isReal = existsSync(REAL);
  const folder = isReal ? REAL : SAMPLE;
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith('.mp4')).sort();
  const paths = files.map((name) => join(folder, name));
  await benchPreviews(paths, { episodes: LANES, lanes: LANES });
  const figures: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    figures.push((await benchPreviews(paths, { episodes: EPISODES, lanes: LANES })).episodesPerDay);
  const what = isReal ? 'G1 episodes' : 'files of the sample set (no real recordings beside the repository)';
  return atLeastTimes(
    `decode check, poster, sheet and clip of every episode: ${what} a day on two cores, against a centre's`,
    'episodes/day',
    median(figures),
    CENTRE_PER_DAY,
    CENTRES,
  );
}
