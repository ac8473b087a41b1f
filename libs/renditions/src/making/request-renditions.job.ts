import { VERSION_PUBLISHED_JOB } from '@app/catalog';
import { JobFollower } from '@app/jobs';
import type { JobHelp, JobRun } from '@app/jobs';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { RenditionService } from '../shelf/rendition.service.js';

const payloadSchema = z.object({ versionId: z.string() });

/** Has the standard forms of every published version made. */
@Injectable()
@JobFollower(VERSION_PUBLISHED_JOB, 'renditions.request')
export class RequestRenditionsJob implements JobRun {
  constructor(private readonly renditions: RenditionService) {}

  async run(payload: unknown, { ctx }: JobHelp): Promise<void> {
    await this.renditions.request(ctx, payloadSchema.parse(payload).versionId);
  }
}
