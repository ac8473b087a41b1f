import { Controller, Get, Header, Param } from '@nestjs/common';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { CertificateQueries } from './certificate.queries.js';
import { SigningKeys } from './signing-keys.service.js';
import type { PublicJwk } from './signing-keys.service.js';
import { STATUS_LIST_CACHE_S } from './status-list.rules.js';

const CREDENTIAL = 'application/vc+jwt';

/** What a verifier without an account needs: the certificate by its address, the status lists, and the keys. */
@Controller()
export class CertificateController {
  constructor(
    private readonly queries: CertificateQueries,
    private readonly keys: SigningKeys,
  ) {}

  @Allow('anonymous')
  @Get('certificates/:id')
  @Header('content-type', CREDENTIAL)
  // A certificate never changes, but it names its holder: shared caches keep out.
  @Header('cache-control', 'private, max-age=86400, immutable')
  async certificate(@CurrentContext() ctx: RequestContext, @Param('id') id: string): Promise<string> {
    return (await this.queries.byId(ctx, id)).jwt;
  }

  @Allow('anonymous')
  @Get('status/:list')
  @Header('content-type', CREDENTIAL)
  @Header('cache-control', `public, max-age=${STATUS_LIST_CACHE_S}`)
  statusList(@CurrentContext() ctx: RequestContext, @Param('list') list: string): Promise<string> {
    return this.queries.statusList(ctx, list);
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
