import { entryBeside, runCaged, withScratch } from '@app/cages';
import type { SignedFile } from '@app/cages';
import type { DatasetMeasure, EpisodeFact } from '@app/formats';
import type { TextFile } from '@app/standards';
import type { MeasureMessage, MeasureOrder } from './ingest.types.js';

/** The reader keeps below 400 MB by itself (`npm run bench -- ingest`); what is above this is an attack. */
const RSS_CAP_BYTES = 600 * 2 ** 20;
const HEAP_CAP_MB = 256;

/** What was read of a version's files. */
export interface Measured {
  readonly measure: DatasetMeasure;
  /** SHA-256 of the stored bytes by path. */
  readonly hashes: Readonly<Record<string, string>>;
  /** README, cards and LICENSE files, as far as they were read. */
  readonly texts: readonly TextFile[];
}

/**
 * Measures untrusted bytes in a process of its own. `onEpisodes` is waited for, so that the reader never runs ahead of the
 * database. @throws CageLimitExceeded, CageFailed
 */
export async function measureInCage(
  files: readonly SignedFile[],
  wallMs: number,
  onEpisodes: (episodes: readonly EpisodeFact[]) => Promise<void>,
  signal: AbortSignal,
): Promise<Measured> {
  const hashes = new Map<string, string>();
  let texts: readonly TextFile[] = [];
  let measure: DatasetMeasure | null = null;
  await withScratch((scratch) =>
    runCaged<MeasureOrder, MeasureMessage>({
      entry: entryBeside(import.meta.url, 'measure.child'),
      order: { files, scratch },
      limits: { wallMs, rssBytes: RSS_CAP_BYTES, heapMb: HEAP_CAP_MB },
      onMessage: async (message) => {
        if (message.kind === 'episodes') await onEpisodes(message.episodes);
        else if (message.kind === 'hashes') for (const [path, sha256] of message.hashes) hashes.set(path, sha256);
        else if (message.kind === 'texts') texts = message.texts;
        else measure = message.measure;
      },
      signal,
    }),
  );
  if (!measure) throw new Error('The reader ended without a measure.');
  return { measure, hashes: Object.fromEntries(hashes), texts };
}
