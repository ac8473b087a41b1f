import { Module } from '@nestjs/common';
import { JobsModule } from '@app/jobs';
import { StorageModule } from '@app/storage';
import { AuditModule } from './audit.module.js';
import { SweepOperatorReadsJob } from './reads/sweep-operator-reads.job.js';
import { LogPublisher } from './publishing/log-publisher.js';
import { LogStore } from './publishing/log-store.js';
import { PublisherLoop } from './publishing/publisher-loop.js';
import { SequencerLoop } from './sequencer/sequencer-loop.js';
import { DailyVerification } from './verification/daily-verification.js';
import { VerifyLogJob } from './verification/verify-log.job.js';

/** Keeps the log sequenced, published, signed and verified; imported by the worker. */
@Module({
  imports: [AuditModule, JobsModule, StorageModule],
  providers: [
    DailyVerification,
    LogPublisher,
    LogStore,
    PublisherLoop,
    SequencerLoop,
    SweepOperatorReadsJob,
    VerifyLogJob,
  ],
  exports: [DailyVerification, LogPublisher],
})
export class AuditWorkerModule {}
