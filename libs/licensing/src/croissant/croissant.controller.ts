import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import type { FastifyReply } from 'fastify';
import { CroissantQueries } from './croissant.queries.js';
import type { CroissantDocument } from './croissant.queries.js';
import { CROISSANT_MEDIA_TYPE } from './croissant.rules.js';

/** Croissant 1.1 for those who index datasets or load them by their description. */
@Controller('datasets/:organization/:name')
export class CroissantController {
  constructor(private readonly queries: CroissantQueries) {}

  @Allow('anonymous')
  @Get('croissant.json')
  async current(
    @CurrentContext() ctx: RequestContext,
    @Param('organization') organization: string,
    @Param('name') name: string,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await send(reply, await this.queries.describe(ctx, `${organization}/${name}`, null), known);
  }

  @Allow('anonymous')
  @Get('versions/:selector/croissant.json')
  async ofVersion(
    @CurrentContext() ctx: RequestContext,
    @Param('organization') organization: string,
    @Param('name') name: string,
    @Param('selector') selector: string,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const version = selector === 'current' ? null : selector;
    await send(reply, await this.queries.describe(ctx, `${organization}/${name}`, version), known);
  }
}

async function send(reply: FastifyReply, { body, etag }: CroissantDocument, known: string | undefined): Promise<void> {
  // Offers come and go, so a copy is asked about again after a minute.
  void reply.header('etag', etag).header('cache-control', 'public, max-age=60');
  if (known === etag) return void (await reply.status(304).send());
  // As bytes: to text the framework would add a parameter, which the media type of Croissant does not have.
  await reply.header('content-type', CROISSANT_MEDIA_TYPE).send(Buffer.from(body));
}
