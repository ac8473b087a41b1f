import { CONSENT_WITHDRAWN_JOB } from '@app/catalog';
import { JobFollower } from '@app/jobs';
import type { JobHelp, JobRun } from '@app/jobs';
import { validate } from '@app/kernel';
import { z } from 'zod';
import { NoticeService } from './notice.service.js';

const payloadSchema = z.object({ withdrawalId: z.string().min(1) });

/** Tells everybody who holds what a contributor withdrew. */
@JobFollower(CONSENT_WITHDRAWN_JOB, 'licensing.tell_holders')
export class TellHoldersJob implements JobRun {
  constructor(private readonly notices: NoticeService) {}

  async run(payload: unknown, { ctx }: JobHelp): Promise<void> {
    await this.notices.tellHolders(ctx, validate(payloadSchema, payload, 'payload').withdrawalId);
  }
}
