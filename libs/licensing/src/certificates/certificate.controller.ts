import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import type { FastifyReply } from 'fastify';
import { CertificateQueries } from './certificate.queries.js';
import { SigningKeys } from './signing-keys.service.js';
import type { PublicJwk } from './signing-keys.service.js';
import { STATUS_LIST_CACHE_S } from './status-list.rules.js';

/** What a verifier without an account needs: the certificate by its address, the status lists, and the keys. */
@Controller()
export class CertificateController {
  constructor(
    private readonly queries: CertificateQueries,
    private readonly keys: SigningKeys,
  ) {}

  @Allow('anonymous')
  @Get('certificates/:id')
  async certificate(
    @CurrentContext() ctx: RequestContext,
    @Param('id') id: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { jwt } = await this.queries.byId(ctx, id);
    // A certificate never changes, but it names its holder: shared caches keep out.
    await send(reply, jwt, 'private, max-age=86400, immutable');
  }

  @Allow('anonymous')
  @Get('status/:list')
  async statusList(
    @CurrentContext() ctx: RequestContext,
    @Param('list') list: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await send(reply, await this.queries.statusList(ctx, list), `public, max-age=${STATUS_LIST_CACHE_S}`);
  }

  @Allow('anonymous')
  @Get('.well-known/jwks.json')
  @Header('cache-control', 'public, max-age=300')
  jwks(): { keys: readonly PublicJwk[] } {
    return { keys: this.keys.published };
  }

  /** Issuer metadata of SD-JWT VC, by which generic verifiers find the keys. */
  @Allow('anonymous')
  @Get('.well-known/jwt-vc-issuer')
  @Header('cache-control', 'public, max-age=300')
  issuer(): { issuer: string; jwks_uri: string } {
    const { issuer } = this.queries;
    return { issuer, jwks_uri: `${issuer}/.well-known/jwks.json` };
  }
}

/** Headers only once there is an answer: a refusal is neither a credential nor to be cached. */
async function send(reply: FastifyReply, jwt: string, cacheControl: string): Promise<void> {
  await reply.header('content-type', 'application/vc+jwt').header('cache-control', cacheControl).send(jwt);
}
