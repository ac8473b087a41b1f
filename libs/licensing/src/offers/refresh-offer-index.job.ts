import { VERSION_PUBLISHED_JOB } from '@app/catalog';
import { JobFollower } from '@app/jobs';
import type { JobRun } from '@app/jobs';
import { systemContext, validate } from '@app/kernel';
import { z } from 'zod';
import { OfferIndex } from './offer-index.service.js';

const payloadSchema = z.object({ datasetId: z.string().min(1) });

/** Counts prices anew after a version was published: totals per hour and per episode follow the version. */
@JobFollower(VERSION_PUBLISHED_JOB, 'licensing.refresh_offer_index')
export class RefreshOfferIndexJob implements JobRun {
  constructor(private readonly index: OfferIndex) {}

  async run(payload: unknown): Promise<void> {
    const { datasetId } = validate(payloadSchema, payload, 'payload');
    await this.index.refresh(systemContext(VERSION_PUBLISHED_JOB), datasetId);
  }
}
