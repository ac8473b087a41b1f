import type { INestApplicationContext } from '@nestjs/common';
import { AuditModule } from '@app/audit';
import { JobsModule } from '@app/jobs';
import { RenditionsModule, RenditionsWorkerModule } from '@app/renditions';
import { StorageModule } from '@app/storage';
import { openApplication } from '../../support/application.js';

/** What a process needs to reach the database and the store of a suite. */
export type MarketEnvironment = Readonly<Record<string, string>>;

/** The modules that make renditions, wired as the worker wires them. */
export function openRenditions(environment: MarketEnvironment): Promise<INestApplicationContext> {
  return openApplication({
    databaseUrl: environment.DATABASE_URL ?? '',
    environment,
    modules: [StorageModule, JobsModule, AuditModule, RenditionsModule, RenditionsWorkerModule],
  });
}
