import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';
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
const REQUEST_BYTES_MAX = 16 * 1024;
/** Headers that belong to one request and not to the answer. */
const OWN_HEADERS = new Set([
  'x-request-id',
  'set-cookie',
  'date',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
]);
const FAULTLESS = '{"data":{';

type Pass = (request: IncomingMessage, response: ServerResponse) => void;

/** The bytes of a request that anyone could have sent, as far as the headers tell; 0 when it is none of ours. */
function candidateBytes(request: IncomingMessage): number {
  if (request.method !== 'POST' || request.url !== PATH) return 0;
  const { authorization, cookie, 'content-type': type, 'content-length': length } = request.headers;
  // Whoever shows a credential is served afresh and leaves nothing behind.
  if (authorization !== undefined || cookie !== undefined) return 0;
  if (type === undefined || !type.startsWith('application/json')) return 0;
  const bytes = Number(length);
  return bytes > 0 && bytes <= REQUEST_BYTES_MAX ? bytes : 0;
}

/**
 * Answers from the exact cache before Fastify, guards and Apollo wake up, and fills it from what they answered. It stands at
 * the socket's side of the server because everything behind it costs more than the answer.
 */
@Injectable()
export class ExactCacheHook implements OnModuleInit {
  private readonly tickets = new WeakMap<IncomingMessage, Ticket>();
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
    fastify.addHook('onSend', (request, reply, payload, done) => {
      this.keep(request, reply, payload);
      done(null, payload);
    });
    this.standBefore(fastify.server as Server);
  }

  private standBefore(server: Server): void {
    const behind = server.listeners('request') as Pass[];
    const pass: Pass = (request, response) => {
      for (const listener of behind) listener.call(server, request, response);
    };
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const bytes = candidateBytes(request);
      if (bytes === 0) pass(request, response);
      else request.once('readable', () => this.answerOrPass(request, response, bytes, pass));
    });
  }

  private answerOrPass(request: IncomingMessage, response: ServerResponse, bytes: number, pass: Pass): void {
    const body = request.read(bytes) as Buffer | null;
    // Not all there yet: a slow sender is not worth waiting for.
    if (body?.length === bytes) {
      const key = `${request.headers.accept ?? ''}\n${body.toString('latin1')}`;
      const ready = this.cache.get(key);
      if (ready) {
        response.writeHead(200, ready.headers);
        response.end(ready.body);
        return;
      }
      const ticket = this.cache.ticket(key);
      if (ticket) this.tickets.set(request, ticket);
    }
    if (body) request.unshift(body);
    pass(request, response);
  }

  private keep(request: FastifyRequest, reply: FastifyReply, payload: unknown): void {
    const ticket = this.tickets.get(request.raw);
    if (!ticket || reply.statusCode !== 200 || typeof payload !== 'string' || !payload.startsWith(FAULTLESS)) return;
    if (!this.isPublic(request.body)) return;
    const body = Buffer.from(payload);
    const headers: OutgoingHttpHeaders = { 'content-length': body.length };
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined && !OWN_HEADERS.has(name)) headers[name] = value;
    }
    this.cache.put(ticket, { body, headers });
  }

  private isPublic(body: unknown): boolean {
    if (typeof body !== 'object' || body === null || !('query' in body) || typeof body.query !== 'string') return false;
    const operationName = 'operationName' in body && typeof body.operationName === 'string' ? body.operationName : null;
    const key = `${operationName ?? ''}\n${body.query}`;
    let isPublic = this.decisions.get(key);
    if (isPublic === undefined) {
      const { schema } = this.modules.get(GraphQLSchemaHost, { strict: false });
      isPublic = isPublicCatalogOperation(schema, body.query, operationName);
      this.decisions.set(key, isPublic);
    }
    return isPublic;
  }
}
