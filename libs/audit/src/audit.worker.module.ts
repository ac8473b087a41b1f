import { Module } from '@nestjs/common';
import { JobsModule } from '@app/jobs';
import { AuditModule } from './audit.module.js';
import { LogPublishingModule } from './publishing/log-publishing.module.js';
import { SweepOperatorReadsJob } from './reads/sweep-operator-reads.job.js';
import { PublisherLoop } from './publishing/publisher-loop.js';
import { SequencerLoop } from './sequencer/sequencer-loop.js';

/** Keeps the log sequenced, published, signed and verified; imported by the worker. */
@Module({
  imports: [AuditModule, JobsModule, LogPublishingModule],
  providers: [PublisherLoop, SequencerLoop, SweepOperatorReadsJob],
})
export class AuditWorkerModule {}
