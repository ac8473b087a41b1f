import { Module } from '@nestjs/common';
import { JobsModule } from '@app/jobs';
import { AuditModule } from './audit.module.js';
import { SweepOperatorReadsJob } from './reads/sweep-operator-reads.job.js';
import { SequencerLoop } from './sequencer/sequencer-loop.js';

/** Keeps the log sequenced; imported by the worker. */
@Module({ imports: [AuditModule, JobsModule], providers: [SequencerLoop, SweepOperatorReadsJob] })
export class AuditWorkerModule {}
