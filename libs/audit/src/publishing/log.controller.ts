import { Controller, Get, Header, Query, Req, Res } from '@nestjs/common';
import { Allow, CurrentContext } from '@app/graphql';
import { validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AuditErrors } from '../audit.errors.js';
import { LogProofs } from '../proofs/log-proofs.js';
import { toConsistencyProofType, toInclusionProofType } from '../proofs/proof.graphql.js';
import type { ConsistencyProofType, InclusionProofType } from '../proofs/proof.graphql.js';
import { TileQueries } from './tile.queries.js';

const TEXT = 'text/plain; charset=utf-8';
/** A checkpoint is replaced about once a second. */
const FRESH = 'public, max-age=1';
const FOR_EVER = 'public, max-age=31536000, immutable';
const digits = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/, 'must be a whole number')
  .transform(Number);
const inclusionSchema = z.object({ index: digits, size: digits.optional() });
const consistencySchema = z.object({ from: digits, to: digits.optional() });

/** The log as anybody reads, mirrors and checks it. @see C2SP tlog-tiles, for checkpoint and tiles; the proofs are ours */
@Controller('log')
export class LogController {
  constructor(
    private readonly tiles: TileQueries,
    private readonly proofs: LogProofs,
  ) {}

  @Allow('anonymous')
  @Get('checkpoint')
  async checkpoint(@CurrentContext() ctx: RequestContext, @Res() reply: FastifyReply): Promise<void> {
    await send(reply, await this.tiles.checkpoint(ctx), TEXT, FRESH);
  }

  /** One verifier key a line, the newest that signs first; those that no longer sign come last. */
  @Allow('anonymous')
  @Get('vkey')
  async vkey(@Res() reply: FastifyReply): Promise<void> {
    const { vkeys } = this.proofs;
    if (!vkeys.length) throw AuditErrors.NOT_SIGNED({});
    await send(reply, vkeys.map((vkey) => `${vkey}\n`).join(''), TEXT, 'public, max-age=300');
  }

  @Allow('anonymous')
  @Get('tile/*')
  async tile(
    @CurrentContext() ctx: RequestContext,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const [path = ''] = request.url.split('?');
    await send(reply, await this.tiles.tile(ctx, path.slice('/log/'.length)), 'application/octet-stream', FOR_EVER);
  }

  @Allow('anonymous')
  @Get('proof/inclusion')
  @Header('cache-control', 'no-cache')
  async inclusion(@CurrentContext() ctx: RequestContext, @Query() query: unknown): Promise<InclusionProofType> {
    const { index, size } = validate(inclusionSchema, query, 'query');
    return toInclusionProofType(await this.proofs.inclusionProof(ctx, { seq: index, treeSize: size ?? null }));
  }

  @Allow('anonymous')
  @Get('proof/consistency')
  @Header('cache-control', 'no-cache')
  async consistency(@CurrentContext() ctx: RequestContext, @Query() query: unknown): Promise<ConsistencyProofType> {
    const { from, to } = validate(consistencySchema, query, 'query');
    return toConsistencyProofType(await this.proofs.consistencyProof(ctx, { fromSize: from, toSize: to ?? null }));
  }

  /** The `.tlog-proof` file of a leaf against the checkpoint of now. */
  @Allow('anonymous')
  @Get('proof/tlog')
  async tlog(
    @CurrentContext() ctx: RequestContext,
    @Query() query: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { index } = validate(inclusionSchema, query, 'query');
    const { tlogProof } = await this.proofs.inclusionProof(ctx, { seq: index });
    await send(reply, tlogProof ?? '', TEXT, FRESH);
  }
}

/** Headers only once there is an answer: a refusal is not to be cached. */
async function send(reply: FastifyReply, body: string | Buffer, type: string, cacheControl: string): Promise<void> {
  await reply.header('content-type', type).header('cache-control', cacheControl).send(body);
}
