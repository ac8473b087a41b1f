import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { GraphqlModule } from '@app/graphql';
import type { RequestWithContext } from '@app/graphql';
import { newId } from '@app/kernel';
import { browseApiProviders, browseServices } from '../../libs/catalog/src/browse/browse.services.js';
import { CatalogRevision } from '../../libs/catalog/src/catalog-revision.js';
import { DatasetQueries } from '../../libs/catalog/src/datasets/dataset.queries.js';

@Module({
  imports: [ConfigModule.forRoot(), DatabaseModule, GraphqlModule.forRoot()],
  providers: [CatalogRevision, DatasetQueries, ...browseServices, ...browseApiProviders],
})
class FrontModule {}

const app = await NestFactory.create<NestFastifyApplication>(FrontModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
app.getHttpAdapter().getInstance().addHook('onRequest', (request, _reply, done) => {
  (request as RequestWithContext).requestContext = { requestId: newId('Request'), actor: { kind: 'anonymous' } };
  done();
});
await app.listen(0, '127.0.0.1');
process.send?.({ port: Number(new URL(await app.getUrl()).port) });
process.on('disconnect', () => process.exit(0));
