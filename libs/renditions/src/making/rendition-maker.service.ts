import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { entryBeside, runCaged, withScratch } from '@app/cages';
import type { SignedFile } from '@app/cages';
import { FileQueries, catalogSettings } from '@app/catalog';
import type { FileRow, VersionRow } from '@app/catalog';
import { Settings } from '@app/config';
import { Database } from '@app/database';
import type { DatasetMeasure, Rate, StreamFact } from '@app/formats';
import { Clock } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { INTERNAL_PARAMETER, ObjectStore } from '@app/storage';
import { contentRootOf } from '../content-root.js';
import { toSaneRate } from '../lerobot/survey.js';
import type { LossReport } from '../loss-report.js';
import { RenditionRefused } from '../rendition-target.js';
import type { RenditionTarget } from '../rendition-target.js';
import type { RenditionFileRow } from '../shelf/rendition.queries.js';
import { RenditionStore } from '../shelf/rendition-store.service.js';
import type { FinishedRendition } from '../shelf/rendition.service.js';
import type { MakeMessage, MakeOrder, ProveMessage, ProveOrder } from './making.types.js';
import { prove } from './proof.rules.js';
import type { MeasuredSet, ReadBack } from './proof.rules.js';

/** Internal URLs outlive the longest making. */
const URL_S = 86_400;
const MINUTE_MS = 60_000;
const FILE_PAGE = 5_000;
/** The writer takes 150 to 300 MB, each encoder beside it 50 to 150 MB. */
const MAKE_LIMITS = { rssBytes: 1_000 * 2 ** 20, heapMb: 512 };
const PROVE_LIMITS = { rssBytes: 600 * 2 ** 20, heapMb: 256 };

/** What was measured when the version was checked, and what its provider declared. */
interface StoredFacts {
  readonly measured?: { readonly fps?: Rate | null; readonly streams?: readonly StreamFact[] };
  readonly declared?: { readonly frameRateHz?: number };
}

/** Makes a rendition in a cage, stores it, reads it back in another cage and compares. */
@Injectable()
export class RenditionMaker {
  constructor(
    private readonly files: FileQueries,
    private readonly kept: RenditionStore,
    private readonly store: ObjectStore,
    private readonly database: Database,
    private readonly settings: Settings,
    private readonly clock: Clock,
  ) {}

  /** @throws RenditionRefused, CageLimitExceeded, CageFailed */
  async make(
    ctx: RequestContext,
    version: VersionRow,
    target: RenditionTarget,
    signal: AbortSignal,
  ): Promise<FinishedRendition> {
    const { measured, declared } = (version.facts ?? {}) as StoredFacts;
    const fps = measured?.fps ?? toSaneRate(declared?.frameRateHz ?? 0);
    const { files, loss } = await this.write(ctx, version, target, fps, signal);
    const source: MeasuredSet = {
      episodes: version.episodes,
      frames: version.frames,
      streams: measured?.streams ?? [],
      contentRoot: await this.contentRootOf(ctx, version.id),
    };
    const { proof, problems } = prove(source, await this.readBack(version.id, files, signal), loss);
    if (problems.length > 0)
      throw new RenditionRefused(`The rendition did not pass its own check: ${problems.join('; ')}.`);
    return { files, loss, proof };
  }

  private async write(
    ctx: RequestContext,
    version: VersionRow,
    target: RenditionTarget,
    fps: Rate | null,
    signal: AbortSignal,
  ): Promise<{ files: RenditionFileRow[]; loss: LossReport }> {
    const sources = this.signed(version.id, await this.allFiles(ctx, version.id));
    const files: RenditionFileRow[] = [];
    let loss: LossReport | null = null;
    await withScratch(async (folder) => {
      const [scratch, output] = [join(folder, 'scratch'), join(folder, 'output')];
      await mkdir(scratch);
      await mkdir(output);
      await runCaged<MakeOrder, MakeMessage>({
        entry: entryBeside(import.meta.url, 'make.child'),
        order: { files: sources, target, fps, scratch, output },
        limits: { ...MAKE_LIMITS, wallMs: this.wallMs() },
        signal,
        onMessage: async (message) => {
          if (message.kind === 'refused') throw new RenditionRefused(message.message);
          if (message.kind === 'made') loss = message.loss;
          else {
            files.push(await this.kept.keep(version, target, output, message.path));
            await rm(join(output, message.path));
          }
        },
      });
    });
    if (!loss) throw new Error('The writer ended without a report.');
    return { files, loss };
  }

  private async readBack(
    versionId: string,
    files: readonly RenditionFileRow[],
    signal: AbortSignal,
  ): Promise<ReadBack> {
    const contentHashes: string[] = [];
    const damaged: string[] = [];
    const wanted = new Map(files.map(({ path, sha256 }) => [path, sha256]));
    let filesVerified = 0;
    let measure: DatasetMeasure | null = null;
    await withScratch((scratch) =>
      runCaged<ProveOrder, ProveMessage>({
        entry: entryBeside(import.meta.url, 'prove.child'),
        order: { files: this.signed(versionId, files), scratch },
        limits: { ...PROVE_LIMITS, wallMs: this.wallMs() },
        signal,
        onMessage: (message) => {
          if (message.kind === 'episodes') contentHashes.push(...message.contentHashes);
          else if (message.kind === 'done') measure = message.measure;
          else
            for (const [path, sha256] of message.hashes) {
              filesVerified += 1;
              if (wanted.get(path) !== sha256) damaged.push(path);
            }
        },
      }),
    );
    const read = measure as DatasetMeasure | null;
    if (!read) throw new Error('The reader ended without a measure.');
    const { episodes, frames, streams, findings } = read;
    return { episodes, frames, streams, findings, contentRoot: contentRootOf(contentHashes), filesVerified, damaged };
  }

  private wallMs(): number {
    return this.settings.of(catalogSettings).ingestMinutes * MINUTE_MS;
  }

  private signed(versionId: string, files: readonly Pick<FileRow, 'path' | 'sizeBytes' | 'objectKey'>[]): SignedFile[] {
    const query = { [INTERNAL_PARAMETER]: `renditions/${versionId}` };
    const options = { expiresS: URL_S, now: this.clock.now(), query };
    return files.map(({ path, sizeBytes, objectKey }) => ({
      path,
      sizeBytes,
      url: this.store.presignGet(objectKey, options),
    }));
  }

  private async contentRootOf(ctx: RequestContext, versionId: string): Promise<string> {
    const rows = await this.database.query<{ hash: string }>(
      ctx,
      'select content_hash as hash from episodes where version_id = $1 order by idx',
      [versionId],
    );
    return contentRootOf(rows.map(({ hash }) => hash));
  }

  private async allFiles(ctx: RequestContext, versionId: string): Promise<FileRow[]> {
    const files: FileRow[] = [];
    for (;;) {
      const page = await this.files.page(ctx, versionId, { after: files.at(-1)?.path ?? null, limit: FILE_PAGE });
      files.push(...page);
      if (page.length < FILE_PAGE) return files;
    }
  }
}
