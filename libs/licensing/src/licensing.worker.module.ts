import { Module } from '@nestjs/common';
import { ExpireGrantsJob } from './grants/expire-grants.job.js';
import { LicensingModule } from './licensing.module.js';
import { RetireOffersJob } from './offers/retire-offers.job.js';
import { RefreshOfferIndexJob } from './offers/refresh-offer-index.job.js';
import { TellHoldersJob } from './withdrawals/tell-holders.job.js';

/** Licensing's background work. */
@Module({
  imports: [LicensingModule],
  providers: [ExpireGrantsJob, RefreshOfferIndexJob, RetireOffersJob, TellHoldersJob],
  exports: [LicensingModule],
})
export class LicensingWorkerModule {}
