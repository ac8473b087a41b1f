import { ScheduledJob } from '@app/jobs';
import type { JobRun } from '@app/jobs';
import { systemContext } from '@app/kernel';
import { OfferService } from './offer.service.js';

const BATCH = 100;

/** Takes offers off the shelf whose time is over. Nothing is sold under them already; this tells the catalogue. */
@ScheduledJob('licensing.retire_offers', { everyS: 30 })
export class RetireOffersJob implements JobRun {
  constructor(private readonly offers: OfferService) {}

  async run(): Promise<void> {
    const ctx = systemContext('licensing.retire_offers');
    while ((await this.offers.retireDue(ctx, BATCH)) === BATCH);
  }
}
