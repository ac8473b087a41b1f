import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { Settings } from '@app/config';
import { createDataSource, databaseSettings, migrate } from '@app/database';
import { processEnvironment } from '@app/kernel';
import type { Clock, Environment } from '@app/kernel';
import { WorkerModule } from './worker.module.js';

/** The worker, at work. `environment` and `clock` replace the process's own, for tests. */
export async function startWorker(
  options: { environment?: Environment; clock?: Clock } = {},
): Promise<INestApplicationContext> {
  // Modules register their tables when they are imported, so the schema can be brought up to date before any of them starts.
  const { url } = new Settings(options.environment ?? processEnvironment()).of(databaseSettings);
  const dataSource = await createDataSource(url, 2).initialize();
  await migrate(dataSource).finally(() => dataSource.destroy());
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(options), {
    logger: ['error', 'warn', 'fatal'],
    abortOnError: false,
  });
  app.get(Settings).validateAll();
  app.enableShutdownHooks();
  return app;
}
