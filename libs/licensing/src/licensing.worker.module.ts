import { Module } from '@nestjs/common';
import { ExpireGrantsJob } from './grants/expire-grants.job.js';
import { LicensingModule } from './licensing.module.js';
import { RefreshOfferIndexJob } from './offers/refresh-offer-index.job.js';
import { TellHoldersJob } from './withdrawals/tell-holders.job.js';

/** Licensing's background work. */
@Module({
  imports: [LicensingModule],
  providers: [ExpireGrantsJob, RefreshOfferIndexJob, TellHoldersJob],
  exports: [LicensingModule],
})
export class LicensingWorkerModule {}
