import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { ExactCache } from './exact-cache.js';
import type { Ticket } from './exact-cache.js';
import { isPublicCatalogOperation } from './public-operation.rules.js';

const PATH = '/graphql';
const OPERATIONS_MAX = 2_000;
/** Longer requests are rare, and keys take memory too. */
const KEY_MAX = 16 * 1024;
/** Headers of an answer that belong to it and not to the request at hand. */
const KEPT_HEADERS = ['content-type', 'cache-control', 'vary'] as const;
const FAULTLESS = '{"data":{';

interface Operation {
  readonly query: string;
  readonly operationName: string | null;
}

function operationOf(body: unknown): Operation | null {
  if (typeof body !== 'object' || body === null || !('query' in body) || typeof body.query !== 'string') return null;
  const operationName = 'operationName' in body && typeof body.operationName === 'string' ? body.operationName : null;
  return { query: body.query, operationName };
}

/** Answers from the exact cache before Apollo is asked, and fills it from what Apollo answered. */
@Injectable()
export class ExactCacheHook implements OnModuleInit {
  private readonly tickets = new WeakMap<FastifyRequest, Ticket & { operation: Operation }>();
  private readonly decisions = new LRUCache<string, boolean>({ max: OPERATIONS_MAX });

  constructor(
    private readonly cache: ExactCache,
    private readonly http: HttpAdapterHost,
    private readonly modules: ModuleRef,
  ) {}

  onModuleInit(): void {
    // Absent where the module is used without a server, as in the schema's drift test.
    const fastify = this.http.httpAdapter?.getInstance<FastifyInstance | undefined>();
    if (!fastify) return;
    fastify.addHook('preValidation', (request, reply, done) => {
      if (!this.answer(request, reply)) done();
    });
    fastify.addHook('onSend', (request, reply, payload, done) => {
      this.keep(request, reply, payload);
      done(null, payload);
    });
  }

  /** Whether the request was answered. Anyone who shows a credential is served afresh and leaves nothing behind. */
  private answer(request: FastifyRequest, reply: FastifyReply): boolean {
    if (request.method !== 'POST' || request.url !== PATH) return false;
    const { authorization, cookie, accept } = request.headers;
    if (authorization !== undefined || cookie !== undefined) return false;
    const operation = operationOf(request.body);
    if (!operation) return false;
    const key = `${accept ?? ''}\n${JSON.stringify(request.body)}`;
    if (key.length > KEY_MAX) return false;
    const ready = this.cache.get(key);
    if (ready) {
      reply.headers(ready.headers);
      reply.send(ready.body);
      return true;
    }
    const ticket = this.cache.ticket(key);
    if (ticket) this.tickets.set(request, { ...ticket, operation });
    return false;
  }

  private keep(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
    const ticket = this.tickets.get(request);
    if (!ticket || reply.statusCode !== 200 || typeof payload !== 'string' || !payload.startsWith(FAULTLESS)) return;
    if (!this.isPublic(ticket.operation)) return;
    const headers = Object.fromEntries(
      KEPT_HEADERS.flatMap((name) => {
        const value = reply.getHeader(name);
        return value === undefined ? [] : [[name, String(value)]];
      }),
    );
    this.cache.put(ticket, { body: Buffer.from(payload), headers });
  }

  private isPublic({ query, operationName }: Operation): boolean {
    const key = `${operationName ?? ''}\n${query}`;
    let isPublic = this.decisions.get(key);
    if (isPublic === undefined) {
      const { schema } = this.modules.get(GraphQLSchemaHost, { strict: false });
      isPublic = isPublicCatalogOperation(schema, query, operationName);
      this.decisions.set(key, isPublic);
    }
    return isPublic;
  }
}
