import { CageFailed, CageLimitExceeded } from '@app/cages';
import { VersionQueries } from '@app/catalog';
import { JobHandler } from '@app/jobs';
import type { JobFailed, JobFailure, JobHelp, JobRun } from '@app/jobs';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { RENDITION_TARGETS, RenditionRefused } from '../rendition-target.js';
import { RenditionStore } from '../shelf/rendition-store.service.js';
import { RenditionService } from '../shelf/rendition.service.js';
import { MAKE_RENDITION_JOB } from './making.types.js';
import { RenditionMaker } from './rendition-maker.service.js';

const payloadSchema = z.object({ versionId: z.string(), target: z.enum(RENDITION_TARGETS) });

/**
 * Makes one standard form of a version. Until the last transaction nothing of it can be seen; a run that died leaves objects
 * that the next run writes over with the same bytes, or sweeps away.
 */
@Injectable()
@JobHandler(MAKE_RENDITION_JOB)
export class MakeRenditionJob implements JobRun, JobFailed {
  constructor(
    private readonly renditions: RenditionService,
    private readonly maker: RenditionMaker,
    private readonly kept: RenditionStore,
    private readonly versions: VersionQueries,
  ) {}

  async run(payload: unknown, help: JobHelp): Promise<void> {
    const { versionId, target } = payloadSchema.parse(payload);
    if (!(await this.renditions.begin(help.ctx, versionId, target))) return;
    const version = await this.versions.byId(help.ctx, versionId);
    try {
      const finished = await this.maker.make(help.ctx, version, target, help.signal);
      await this.renditions.finish(help.ctx, version, target, finished);
    } catch (error) {
      const isHopeless =
        error instanceof RenditionRefused ||
        error instanceof CageLimitExceeded ||
        (error instanceof CageFailed && help.attempt >= help.maxAttempts);
      if (!isHopeless) throw error;
      const reason = error instanceof RenditionRefused ? error.message : `The making ${sentenceOf(error)}`;
      await this.renditions.fail(help.ctx, versionId, target, reason);
    }
    await this.kept.sweep(help.ctx, version, target);
  }

  /** What nobody will try again must not look as if it were being made. */
  async onJobFailed(payload: unknown, { ctx }: JobFailure): Promise<void> {
    const { versionId, target } = payloadSchema.parse(payload);
    await this.renditions.fail(ctx, versionId, target, 'The making was cut short at every try.');
    await this.kept.sweep(ctx, await this.versions.byId(ctx, versionId), target);
  }
}

/** A limit says which it was; what else a caged process says is for the log. */
function sentenceOf(error: Error): string {
  return error instanceof CageLimitExceeded ? `${error.message}.` : 'failed at every try.';
}
