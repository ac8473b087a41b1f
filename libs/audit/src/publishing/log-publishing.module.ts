import { Module } from '@nestjs/common';
import { StorageModule } from '@app/storage';
import { AuditModule } from '../audit.module.js';
import { DailyVerification } from '../verification/daily-verification.js';
import { VerifyLogJob } from '../verification/verify-log.job.js';
import { LogPublisher } from './log-publisher.js';
import { LogStore } from './log-store.js';

/** Publishing, signing and verifying the log, for whoever decides when. */
@Module({
  imports: [AuditModule, StorageModule],
  providers: [DailyVerification, LogPublisher, LogStore, VerifyLogJob],
  exports: [DailyVerification, LogPublisher],
})
export class LogPublishingModule {}
