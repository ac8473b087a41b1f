import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { JobsModule } from './jobs.module.js';
import { FailureReports } from './runner/failure-reports.js';
import { HandlerRegistry } from './runner/handler-registry.js';
import { JobRunner } from './runner/job-runner.js';
import { Orphans } from './runner/orphans.js';
import { Scheduler } from './schedule/scheduler.js';

/** Runs the jobs and the recurring work of every handler in the process; imported by the worker. */
@Module({
  imports: [DiscoveryModule, JobsModule],
  providers: [HandlerRegistry, FailureReports, Orphans, JobRunner, Scheduler],
})
export class JobsWorkerModule {}
