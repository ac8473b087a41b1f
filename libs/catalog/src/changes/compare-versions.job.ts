import { Injectable } from '@nestjs/common';
import { JobHandler } from '@app/jobs';
import type { JobHelp, JobRun } from '@app/jobs';
import { z } from 'zod';
import { VersionChangesQueries } from './version-changes.queries.js';

/** Queued when a version's check has ended well. Payload: `{ versionId }`. */
export const COMPARE_VERSIONS_JOB = 'catalog.compare_versions';

const payloadSchema = z.object({ versionId: z.string() });

/** Compares a checked version with the released one before it, so that its page and its provider need not wait. */
@Injectable()
@JobHandler(COMPARE_VERSIONS_JOB)
export class CompareVersionsJob implements JobRun {
  constructor(private readonly changes: VersionChangesQueries) {}

  async run(payload: unknown, { ctx }: JobHelp): Promise<void> {
    const { versionId } = payloadSchema.parse(payload);
    const before = await this.changes.before(ctx, versionId);
    if (before) await this.changes.keep(ctx, before, versionId);
  }
}
