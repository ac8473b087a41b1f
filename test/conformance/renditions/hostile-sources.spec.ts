import { readdir } from 'node:fs/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { EpisodeItem } from '@app/formats';
import fc from 'fast-check';
import { RenditionRefused } from '../../../libs/renditions/src/rendition-target.js';
import { makeRecording } from '../../support/recordings.js';
import { measure, errorCodes } from '../lerobot/measuring.js';
import { fakeSource } from './fake-source.js';
import { Workshop } from './making.js';

const recording = makeRecording({ episodes: 2, frames: 10, width: 16, height: 16, cameras: ['top'] });
const workshop = new Workshop();
afterAll(() => workshop.clean());

/** What may go wrong with one item; null takes it out. */
type Change = (item: EpisodeItem) => EpisodeItem | null;

const CHANGES: Readonly<Record<string, Change>> = {
  'is gone': () => null,
  'is cut short': (item) =>
    item.kind === 'rows'
      ? {
          ...item,
          rows: Math.max(0, item.rows - 3),
          values: item.values.slice(0, -21),
          timesS: item.timesS?.slice(0, -3) ?? null,
        }
      : item,
  'has fewer values than rows': (item) => (item.kind === 'rows' ? { ...item, values: item.values.slice(0, -1) } : item),
  'has bytes of another size': (item) => (item.kind === 'image' ? { ...item, bytes: item.bytes.slice(1) } : item),
  'is a picture of another size': (item) =>
    item.kind === 'image' ? { ...item, width: 8, height: 8, bytes: item.bytes.slice(0, 192) } : item,
  'claims an enormous size': (item) => (item.kind === 'image' ? { ...item, width: 100_000, height: 100_000 } : item),
  'is a picture of nothing': (item) =>
    item.kind === 'image' ? { ...item, encoding: 'png', bytes: new Uint8Array(0) } : item,
  'stands at one moment': (item) =>
    item.kind === 'rows' && item.timesS
      ? { ...item, timesS: item.timesS.map(() => 0) }
      : item.kind === 'image' && item.timeS !== null
        ? { ...item, timeS: 0 }
        : item,
};

describe('a source that is not what it says', () => {
  it('becomes a sound rendition or is refused in a sentence, whatever is wrong with its items', async () => {
    const wrong = fc.record({
      change: fc.constantFrom(...Object.keys(CHANGES)),
      kind: fc.constantFrom('rows', 'image'),
      episode: fc.constantFrom(0, 1),
      every: fc.integer({ min: 1, max: 4 }),
      clock: fc.constantFrom('frames' as const, 'own' as const),
    });
    await fc.assert(
      fc.asyncProperty(wrong, async ({ change, kind, episode, every, clock }) => {
        let seen = 0;
        const source = fakeSource(recording, {
          clock,
          change: (item, index) =>
            item.kind === kind && index === episode && seen++ % every === 0 ? (CHANGES[change]?.(item) ?? null) : item,
        });
        const episodes = source.episodes.bind(source);
        // The same episode must be told the same way each time it is read.
        const steady = { ...source, episodes: () => ((seen = 0), episodes()) };
        try {
          const made = await workshop.ofSource(steady, 'lerobot_v3.0');
          expect(errorCodes((await measure(made.tree)).set)).toEqual([]);
        } catch (error) {
          if (!(error instanceof RenditionRefused)) throw error;
          expect(error.message).toMatch(/^[A-Z].*\.$/s);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('leaves nothing in the scratch folder of an episode that was refused, but what the folder itself takes away', async () => {
    const source = fakeSource(recording, { change: CHANGES['claims an enormous size'] });

    await expect(workshop.ofSource(source, 'lerobot_v3.0')).rejects.toThrow(RenditionRefused);

    expect((await readdir(workshop.lastScratch)).filter((name) => !name.endsWith('.mp4'))).toEqual([]);
  });
});
