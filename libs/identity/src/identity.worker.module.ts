import { Module } from '@nestjs/common';
import { IdentityModule } from './identity.module.js';
import { SweepSessionsJob } from './sessions/sweep-sessions.job.js';

/** Identity's background work. */
@Module({ imports: [IdentityModule], providers: [SweepSessionsJob], exports: [IdentityModule] })
export class IdentityWorkerModule {}
