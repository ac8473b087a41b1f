import { Module } from '@nestjs/common';
import { registerTables } from '@app/database';
import { Metering1763600005000 } from './migrations/1763600005000-metering.js';
import { MeteringService } from './requests/metering.service.js';
import { UsageQueries } from './usage/usage.queries.js';

// Events and counters are bulk data, written by one statement per batch: no entities.
registerTables({ domain: 'metering', entities: [], migrations: [Metering1763600005000] });

/** Counting of served bytes, for every process. */
@Module({ providers: [MeteringService, UsageQueries], exports: [MeteringService, UsageQueries] })
export class MeteringModule {}
