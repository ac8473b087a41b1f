import { expect } from '@jest/globals';
import type { FileTree, Rate } from '@app/formats';
import { FindingLog, openDataset } from '@app/formats';
import { measureOnce } from '../lerobot/measuring.js';
import { readJson, readTable } from './loaders.js';
import type { MadeRendition } from './making.js';

const TOLERANCE_S = 1e-4;
const NAMES = ['min', 'max', 'mean', 'std', 'q01', 'q10', 'q50', 'q90', 'q99'] as const;
/** Of the size of a channel: what is float64 in the source is float32 in LeRobot. */
const NARROWED = 1e-6;

/** Streams that had to give up samples or to repeat some, and so have other statistics. */
function changedStreams({ loss }: MadeRendition): Set<string> {
  const changed = loss.losses.filter(
    ({ what, figures }) =>
      what === 'resampled' && ((figures?.['samplesDropped'] ?? 0) > 0 || (figures?.['framesRepeated'] ?? 0) > 0),
  );
  return new Set(changed.flatMap(({ stream }) => stream ?? []));
}

/**
 * The statistics of every stream that became a feature, per episode, are those of the source.
 * @returns the streams that were compared
 */
export async function expectStatisticsOf(source: FileTree, made: MadeRendition): Promise<string[]> {
  const [before, after] = [(await measureOnce(source)).episodes, (await measureOnce(made.tree)).episodes];
  const changed = changedStreams(made);
  const compared = new Set<string>();
  for (const [e, episode] of before.entries()) {
    for (const { from, to, channels } of made.loss.mapping) {
      const [theirs, ours] = [episode.stats[from], after[e]?.stats[to]];
      if (!theirs || !ours || changed.has(from)) continue;
      const [first, end] = channels ?? [0, theirs.mean.length];
      expect([from, ours.count]).toEqual([from, theirs.count]);
      for (const name of NAMES)
        theirs[name].forEach((value, c) => {
          const scale = Math.max(Math.abs(theirs.min[c] ?? 0), Math.abs(theirs.max[c] ?? 0), 1e-6);
          const off = Math.abs(value - (ours[name].slice(first, end)[c] ?? Number.NaN)) / scale;
          expect([e, from, name, c, off <= NARROWED]).toEqual([e, from, name, c, true]);
        });
      compared.add(from);
    }
  }
  return [...compared].sort();
}

/**
 * The frames of every episode are at the times that the source has, or at k/fps where it keeps none.
 * @param known the rate that somebody else knows, where the source does not
 */
export async function expectTimesOf(source: FileTree, made: MadeRendition, known: Rate | null): Promise<void> {
  const opened = await openDataset(source, new FindingLog(100));
  if (!opened) throw new Error('The source cannot be opened.');
  const key = opened.head.referenceKey;
  const rate = opened.head.fps.value ?? known;
  const fps = Number((await readJson(made, 'meta/info.json'))['fps']);
  if (rate) expect(fps).toBe(rate.num / rate.den);
  const rows = await readTable(made, 'data/chunk-000/file-000.parquet');
  for await (const episode of opened.episodes()) {
    const times: number[] = [];
    for await (const item of episode.items()) {
      if (item.kind === 'rows' && item.key === key && item.timesS) times.push(...item.timesS);
      if (item.kind === 'image' && item.camera === key && item.timeS !== null) times.push(item.timeS);
    }
    const mine = rows.filter((row) => row['episode_index'] === BigInt(episode.index)).map((row) => row['timestamp']);
    expect(mine.length).toBeGreaterThan(0);
    if (times.length > 0) expect(times).toHaveLength(mine.length);
    const off = mine.map((time, k) => Math.abs(Number(time) - (times[k] ?? k / fps)));
    expect(Math.max(...off)).toBeLessThanOrEqual(TOLERANCE_S);
  }
  await opened.close();
}
