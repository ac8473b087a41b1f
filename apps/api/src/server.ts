import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Settings } from '@app/config';
import { Database, migrate } from '@app/database';
import type { RequestWithContext } from '@app/graphql';
import { RequestOpener } from '@app/identity';
import { newId, processEnvironment } from '@app/kernel';
import type { Clock, Environment } from '@app/kernel';
import { LOG_STORE, ObjectStore } from '@app/storage';
import { apiSettings } from './api.config.js';
import { ApiModule } from './api.module.js';
import { sendError } from './error.filter.js';

/** Largest body of an operation or form. Bytes of datasets never come here. */
const BODY_LIMIT = 1 << 20;

export interface RunningServer {
  readonly app: NestFastifyApplication;
  readonly url: string;
}

/** The API, ready to answer. `environment` and `clock` replace the process's own, for tests. */
export async function startServer(options: { environment?: Environment; clock?: Clock } = {}): Promise<RunningServer> {
  const settings = new Settings(options.environment ?? processEnvironment());
  const { port, host, trustProxy } = settings.of(apiSettings);
  const adapter = new FastifyAdapter({ bodyLimit: BODY_LIMIT, trustProxy, genReqId: () => newId('Request') });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.forRoot(options), adapter, {
    logger: ['error', 'warn', 'fatal'],
    abortOnError: false,
  });
  app.get(Settings).validateAll();
  await migrate(app.get(Database).dataSource);
  await ensureBuckets(app);
  openRequests(app);
  app.enableShutdownHooks();
  await app.listen(port, host);
  return { app, url: (await app.getUrl()).replace('[::1]', '127.0.0.1') };
}

/** Makes the buckets of a new store. A store that cannot be reached now is no reason not to start: /readyz tells. */
async function ensureBuckets(app: NestFastifyApplication): Promise<void> {
  for (const store of [app.get(ObjectStore), app.get<ObjectStore>(LOG_STORE)]) {
    await store.ensureBucket().catch((error: unknown) => {
      new Logger('Storage').warn(
        `Bucket ${store.bucket} is not there yet: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  }
}

/** Before anything else, each request gets its context: an id, and the actor whom its credential proves. */
function openRequests(app: NestFastifyApplication): void {
  const opener = app.get(RequestOpener);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', async (request, reply) => {
    try {
      const ctx = await opener.open(request.headers, request.ip);
      (request as RequestWithContext).requestContext = ctx;
      reply.header('x-request-id', ctx.requestId);
      reply.header('x-content-type-options', 'nosniff');
      reply.header('referrer-policy', 'no-referrer');
    } catch (error) {
      sendError(reply, error, newId('Request'), request.url);
      return reply;
    }
  });
}
