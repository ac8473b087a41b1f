import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { CageLimitExceeded, entryBeside, findFfmpeg, runCaged, withScratch } from '@app/cages';
import { MediaLook, catalogSettings } from '@app/catalog';
import type { LookOrder } from '@app/catalog';
import { Settings } from '@app/config';
import { FindingLog } from '@app/formats';
import type { Finding } from '@app/formats';
import { Clock } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { INTERNAL_PARAMETER, ObjectStore } from '@app/storage';
import { toCharts } from '../charts/charts.js';
import type { ChannelHistogram } from '../charts/charts.js';
import { PreviewStore } from '../samples/preview-store.service.js';
import type { PictureRow, PreviewRow } from '../samples/preview.types.js';
import type { DrawnPicture, PreviewMessage, PreviewOrder } from './look.types.js';
import { pickSamples } from './preview-policy.rules.js';
import { SampleCandidates } from './sample-candidates.queries.js';

/** Internal URLs outlive the longest check. */
const URL_S = 86_400;
const MINUTE_MS = 60_000;
const MAX_FINDINGS = 200;
/** The child takes 150 MB built and 300 MB from source, two decoders 60 to 100 MB each, one of 4K 200 MB. */
const LIMITS = { rssBytes: 700 * 2 ** 20, heapMb: 256 };
/** More than a minute at 240 lines can take. */
const MAX_PICTURE_BYTES = 32 * 2 ** 20;
const MEDIA_TYPES = { poster: 'image/webp', sheet: 'image/webp', clip: 'video/mp4' } as const;
const entry = entryBeside(import.meta.url, 'preview.child');

/** Decodes a version's videos and draws what a buyer may see before he buys, in one pass. */
@Injectable()
export class MakePreviews extends MediaLook {
  constructor(
    private readonly candidates: SampleCandidates,
    private readonly previews: PreviewStore,
    private readonly store: ObjectStore,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {
    super();
  }

  /**
   * Replaces the version's previews. What could not be looked at is a warning, never an obstacle: only a picture that does not
   * decode is an error.
   * @throws CageFailed, and faults of store and database: trying again may help
   */
  async look(ctx: RequestContext, { versionId, files, measure, signal }: LookOrder): Promise<{ findings: Finding[] }> {
    const log = new FindingLog(MAX_FINDINGS);
    const rows: PreviewRow[] = [];
    const histograms: ChannelHistogram[] = [];
    const runId = randomUUID();
    if (await findFfmpeg()) {
      const picks = pickSamples(measure, await this.candidates.of(ctx, versionId));
      const known = new Set(files.map(({ path }) => path));
      const videos = (await this.candidates.videosOf(ctx, versionId)).filter(({ path }) => known.has(path));
      const cameraFps = Object.fromEntries(measure.cameras.map(({ key, fps }) => [key, fps]));
      await withScratch(async (scratch) => {
        const order: PreviewOrder = {
          files: this.signed(versionId, files),
          scratch,
          rootPath: measure.rootPath,
          picks,
          videos,
          cameraFps,
        };
        await runCaged<PreviewOrder, PreviewMessage>({
          entry,
          order,
          limits: { ...LIMITS, wallMs: this.settings.of(catalogSettings).ingestMinutes * MINUTE_MS },
          signal,
          onMessage: async (message) => {
            if (message.kind === 'finding') {
              const { code, message: sentence, ...place } = message.finding;
              log.add(code, sentence, place);
            } else if (message.kind === 'histograms') {
              histograms.push(...message.histograms);
            } else if (message.kind === 'series') {
              const { index: episode, sourceKey, frames, durationS } = message.episode;
              rows.push({ kind: 'series', episode, sourceKey, frames, durationS, data: message.series });
            } else {
              rows.push(await this.keep(versionId, runId, scratch, message.picture));
            }
          },
        });
      }).catch((error: unknown) => {
        // The same files would take as long again: what is drawn by now is shown, the rest is said to be unseen.
        if (!(error instanceof CageLimitExceeded)) throw error;
        log.add('NOT_DECODED', `not every picture was decoded: looking at them ${error.message}`);
      });
    } else {
      log.add('NOT_DECODED', 'the pictures were counted, not decoded: this worker has no ffmpeg');
    }
    await this.previews.replace(ctx, versionId, [...rows, { kind: 'charts', data: toCharts(measure, histograms) }]);
    return { findings: log.toList() };
  }

  private signed(versionId: string, files: LookOrder['files']): PreviewOrder['files'] {
    const options = {
      expiresS: URL_S,
      now: this.clock.now(),
      query: { [INTERNAL_PARAMETER]: `previews/${versionId}` },
    };
    return files.map(({ path, sizeBytes, objectKey }) => ({
      path,
      sizeBytes,
      url: this.store.presignGet(objectKey, options),
    }));
  }

  private async keep(versionId: string, runId: string, scratch: string, picture: DrawnPicture): Promise<PictureRow> {
    const { file, ...same } = picture;
    const mediaType = MEDIA_TYPES[picture.kind];
    const bytes = await readDrawn(scratch, file);
    const objectKey = await this.previews.put(versionId, runId, file, bytes, mediaType);
    return { ...same, objectKey, mediaType, sizeBytes: bytes.length };
  }
}

/** The child has read untrusted bytes: a name from it leads nowhere but into its own folder, and not by a link. */
async function readDrawn(scratch: string, file: string): Promise<Buffer> {
  if (!/^[a-z0-9-]+\.(webp|mp4)$/.test(file)) throw new Error('The child named a file that it may not.');
  const handle = await open(join(scratch, file), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await handle.stat();
    if (size > MAX_PICTURE_BYTES)
      throw new Error(`A preview has ${size} bytes; at most ${MAX_PICTURE_BYTES} are taken.`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
