import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Allow } from '@app/graphql';
import { KernelErrors } from '@app/kernel';
import { GRAPHIQL_PAGE, LANDING_PAGE } from './pages.js';

const packages = createRequire(import.meta.url);

/** GraphiQL's own files, served out of its package: the page works without the internet. */
const ASSETS: Readonly<Record<string, { file: string; type: string }>> = {
  'react.js': { file: 'react/umd/react.production.min.js', type: 'text/javascript' },
  'react-dom.js': { file: 'react-dom/umd/react-dom.production.min.js', type: 'text/javascript' },
  'graphiql.js': { file: 'graphiql/graphiql.min.js', type: 'text/javascript' },
  'graphiql.css': { file: 'graphiql/graphiql.min.css', type: 'text/css' },
};

@Controller()
export class LandingController {
  @Allow('anonymous')
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  landing(): string {
    return LANDING_PAGE;
  }

  @Allow('anonymous')
  @Get('graphiql')
  @Header('content-type', 'text/html; charset=utf-8')
  graphiql(): string {
    return GRAPHIQL_PAGE;
  }

  @Allow('anonymous')
  @Get('graphiql/:asset')
  async asset(@Param('asset') name: string, @Res() reply: FastifyReply): Promise<void> {
    const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (!asset) throw KernelErrors.NOT_FOUND({ what: 'page', id: `/graphiql/${name}` });
    await reply
      .header('content-type', `${asset.type}; charset=utf-8`)
      .header('cache-control', 'public, max-age=86400')
      .send(createReadStream(packages.resolve(asset.file)));
  }
}
