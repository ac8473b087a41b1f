import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { Settings, marketSettings } from '@app/config';
import { Allow, CurrentContext } from '@app/graphql';
import { KernelErrors, canonicalJson } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import type { FastifyReply } from 'fastify';
import { profileOf } from '../odrl/odrl-names.js';
import { profileDocument } from '../odrl/profile.js';
import { TermsDocuments } from './terms-document.queries.js';

/** What never changes under its name may be kept for good. */
const FOREVER = 'public, max-age=31536000, immutable';
const LD_JSON = 'application/ld+json; charset=utf-8';

/** What a licence link leads to: frozen terms, and the words in which policies are written. */
@Controller()
export class TermsController {
  private readonly profile: string;

  constructor(
    private readonly documents: TermsDocuments,
    settings: Settings,
  ) {
    this.profile = profileOf(settings.of(marketSettings).publicUrl);
  }

  /** The terms and the text that people accept. The SHA-256 of `terms` as canonical JSON (RFC 8785) is the hash. */
  @Allow('anonymous')
  @Get('terms/:hash')
  async terms(
    @CurrentContext() ctx: RequestContext,
    @Param('hash') hash: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const document = await this.documents.byHash(ctx, hash);
    await send(reply, 'application/json; charset=utf-8', canonicalJson({ ...document }));
  }

  @Allow('anonymous')
  @Get('terms/:hash/text.txt')
  async text(
    @CurrentContext() ctx: RequestContext,
    @Param('hash') hash: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { text } = await this.documents.byHash(ctx, hash);
    if (text === null) throw KernelErrors.NOT_FOUND({ what: 'text of terms', id: hash });
    await send(reply, 'text/plain; charset=utf-8', text);
  }

  @Allow('anonymous')
  @Get('terms/:hash/odrl.json')
  async odrl(
    @CurrentContext() ctx: RequestContext,
    @Param('hash') hash: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await send(reply, LD_JSON, JSON.stringify(await this.documents.odrlOf(ctx, hash)));
  }

  @Allow('anonymous')
  @Get('ns/odrl')
  @Header('content-type', LD_JSON)
  @Header('cache-control', 'public, max-age=3600')
  profileOfMarket(): string {
    return JSON.stringify(profileDocument(this.profile));
  }
}

/** Headers only once there is an answer: a refusal is not to be kept. */
async function send(reply: FastifyReply, contentType: string, body: string): Promise<void> {
  await reply.header('content-type', contentType).header('cache-control', FOREVER).send(body);
}
