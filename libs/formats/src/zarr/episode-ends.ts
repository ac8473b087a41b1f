import { Defect } from '../defect.js';
import { readArrayInfo } from './array-info.js';
import { ChunkCache } from './chunk-cache.js';
import type { ChunkStore } from './chunk-store.js';
import { canDecompress, unsupportedCodec } from './decompress.js';
import { ZarrArray } from './zarr-array.js';

const MAX_EPISODES = 1_000_000;

/**
 * Where every episode ends, as counts of steps from the start of the buffer.
 * @throws Defect if that does not divide the buffer into episodes.
 */
export async function readEpisodeEnds(store: ChunkStore): Promise<Float64Array> {
  const info = await readArrayInfo(store, 'meta/episode_ends');
  const [episodes = 0] = info.shape;
  if (info.shape.length !== 1 || !info.dtype || !/^u?int/.test(info.dtype))
    throw new Defect('EPISODE_ENDS_INVALID', 'meta/episode_ends is not a list of whole numbers');
  if (episodes > MAX_EPISODES)
    throw new Defect('TOO_LARGE', 'meta/episode_ends announces too many episodes', {
      expected: `at most ${MAX_EPISODES}`,
      actual: `${episodes}`,
    });
  if (!canDecompress(info)) throw unsupportedCodec(info);
  const array = new ZarrArray(store, new ChunkCache(), info);
  const ends = new Float64Array(episodes);
  for (let from = 0; from < episodes;) {
    const to = array.endOfBand(from);
    ends.set(await array.rows(from, to), from);
    from = to;
  }
  for (const [i, end] of ends.entries())
    if (end <= (ends[i - 1] ?? 0) || end > Number.MAX_SAFE_INTEGER)
      throw new Defect('EPISODE_ENDS_INVALID', `meta/episode_ends must grow from episode to episode; ${i} does not`, {
        row: i,
        expected: `more than ${ends[i - 1] ?? 0}`,
        actual: `${end}`,
      });
  return ends;
}
