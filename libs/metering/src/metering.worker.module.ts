import { Module } from '@nestjs/common';
import { MeteringModule } from './metering.module.js';
import { MakePartitionsJob } from './partitions/make-partitions.job.js';

/** Keeps the tables of events ready; imported by the worker. */
@Module({ imports: [MeteringModule], providers: [MakePartitionsJob], exports: [MakePartitionsJob] })
export class MeteringWorkerModule {}
