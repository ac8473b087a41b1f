import { Injectable } from '@nestjs/common';
import { Settings } from '@app/config';
import { CageFailed } from '@app/cages';
import type { EpisodeFact, Finding } from '@app/formats';
import { Clock } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { INTERNAL_PARAMETER, ObjectStore } from '@app/storage';
import { catalogSettings } from '../catalog.config.js';
import type { FileRow } from '../versions/file.queries.js';
import { measureInCage } from './measure-in-cage.js';
import type { Measured } from './measure-in-cage.js';
import { MediaLook } from './media-look.port.js';
import type { LookOrder } from './media-look.port.js';

/** Internal URLs outlive the longest check. */
const URL_S = 86_400;
const MINUTE_MS = 60_000;
/** Reads a version's stored bytes to their end: first what they say, then whether its pictures can be seen. */
@Injectable()
export class VersionReader {
  constructor(
    private readonly store: ObjectStore,
    private readonly settings: Settings,
    private readonly clock: Clock,
    private readonly media: MediaLook,
  ) {}

  /** @throws CageLimitExceeded, CageFailed */
  async read(
    ctx: RequestContext,
    version: { readonly id: string; readonly files: readonly FileRow[] },
    onEpisodes: (episodes: readonly EpisodeFact[]) => Promise<void>,
    { signal, isLastTry }: { readonly signal: AbortSignal; readonly isLastTry: boolean },
  ): Promise<Measured> {
    const { id: versionId, files } = version;
    const options = { expiresS: URL_S, now: this.clock.now(), query: { [INTERNAL_PARAMETER]: `ingest/${versionId}` } };
    const signed = files.map(({ path, sizeBytes, objectKey }) => ({
      path,
      sizeBytes,
      url: this.store.presignGet(objectKey, options),
    }));
    const wallMs = this.settings.of(catalogSettings).ingestMinutes * MINUTE_MS;
    const { measure, ...read } = await measureInCage(signed, wallMs, onEpisodes, signal);
    if (measure.episodes === 0) return { measure, ...read };
    const findings = await this.look(ctx, { versionId, files, measure, signal }, isLastTry);
    return { measure: { ...measure, findings: [...measure.findings, ...findings] }, ...read };
  }

  /** Pictures that no try could look at are said to be unseen: what was measured stays true. */
  private async look(ctx: RequestContext, order: LookOrder, isLastTry: boolean): Promise<Finding[]> {
    try {
      return (await this.media.look(ctx, order)).findings;
    } catch (error) {
      if (!isLastTry || !(error instanceof CageFailed)) throw error;
      const message = 'the pictures were counted, not decoded: looking at them failed at every try';
      return [{ code: 'NOT_DECODED', severity: 'warning', message }];
    }
  }
}
