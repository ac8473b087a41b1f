import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AuditModule } from '@app/audit';
import { ConfigModule } from '@app/config';
import { Database, DatabaseModule } from '@app/database';
import { GraphqlModule } from '@app/graphql';
import type { RequestWithContext } from '@app/graphql';
import { SCOPES, newId } from '@app/kernel';
import type { Actor } from '@app/kernel';
import { browseApiProviders, browseServices } from '../../../libs/catalog/src/browse/browse.services.js';
import { CatalogEpoch } from '../../../libs/catalog/src/browse/catalog-epoch.js';
import { DatasetSearch } from '../../../libs/catalog/src/browse/dataset-search.js';
import { CatalogRevision } from '../../../libs/catalog/src/catalog-revision.js';
import { DatasetQueries } from '../../../libs/catalog/src/datasets/dataset.queries.js';

@Module({})
class FrontModule {
  static of(url: string): DynamicModule {
    return {
      module: FrontModule,
      imports: [
        ConfigModule.forRoot({ environment: { DATABASE_URL: url } }),
        DatabaseModule,
        AuditModule,
        GraphqlModule.forRoot(),
      ],
      providers: [CatalogRevision, DatasetQueries, ...browseServices, ...browseApiProviders],
    };
  }
}

const MEMBER: Actor = {
  kind: 'user',
  userId: 'usr_test',
  organizationId: 'org_north',
  organizationSlug: 'north',
  role: 'member',
  isProvider: true,
  isBuyer: false,
  isAdmin: false,
  credential: 'session',
  credentialId: 'ses_test',
  scopes: new Set(SCOPES),
};

/** The catalogue behind its real front door. Anyone who sends an Authorization header is a member of "north". */
export class BrowseFront {
  /** Requests that were not answered from the cache. */
  reached = 0;

  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
  ) {}

  static async open(databaseUrl: string): Promise<BrowseFront> {
    const app = await NestFactory.create<NestFastifyApplication>(FrontModule.of(databaseUrl), new FastifyAdapter(), {
      logger: false,
    });
    const fastify = app.getHttpAdapter().getInstance();
    const counter = { reached: 0 };
    fastify.addHook('onRequest', (request, _reply, done) => {
      counter.reached++;
      const actor: Actor = request.headers.authorization === undefined ? { kind: 'anonymous' } : MEMBER;
      (request as RequestWithContext).requestContext = { requestId: newId('Request'), actor };
      done();
    });
    await app.listen(0, '127.0.0.1');
    const front = new BrowseFront(app, await app.getUrl());
    Object.defineProperty(front, 'reached', { get: () => counter.reached });
    return front;
  }

  get database(): Database {
    return this.app.get(Database);
  }

  get revision(): CatalogRevision {
    return this.app.get(CatalogRevision);
  }

  get search(): DatasetSearch {
    return this.app.get(DatasetSearch);
  }

  get epoch(): CatalogEpoch {
    return this.app.get(CatalogEpoch);
  }

  async ask(query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return response.text();
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}
