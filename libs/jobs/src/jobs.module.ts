import { Global, Module } from '@nestjs/common';
import { registerTables } from '@app/database';
import { Leadership } from './leadership/leadership.js';
import { Jobs1763600003000 } from './migrations/1763600003000-jobs.js';
import { Jobs } from './queue/jobs.js';

// The queue's tables belong to its package: no entities of ours.
registerTables({ domain: 'jobs', entities: [], migrations: [Jobs1763600003000] });

/** Enqueuing and leadership, for every process. */
@Global()
@Module({ providers: [Jobs, Leadership], exports: [Jobs, Leadership] })
export class JobsModule {}
