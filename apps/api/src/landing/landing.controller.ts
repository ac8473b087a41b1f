import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Allow } from '@app/graphql';
import { KernelErrors } from '@app/kernel';
import { GRAPHIQL_PAGE, LANDING_PAGE } from './pages.js';

const packages = createRequire(import.meta.url);

/** GraphiQL's own files, served out of its packages: the page works without the internet. */
const ASSETS: Readonly<Record<string, { package: string; file: string; type: string }>> = {
  'react.js': { package: 'react', file: 'umd/react.production.min.js', type: 'text/javascript' },
  'react-dom.js': { package: 'react-dom', file: 'umd/react-dom.production.min.js', type: 'text/javascript' },
  'graphiql.js': { package: 'graphiql', file: 'graphiql.min.js', type: 'text/javascript' },
  'graphiql.css': { package: 'graphiql', file: 'graphiql.min.css', type: 'text/css' },
};

/** A package's file that its `exports` do not name: browsers want the built files, which are for script tags. */
function fileOf(name: string, file: string): string {
  const main = packages.resolve(name);
  const folder = join('node_modules', name);
  return join(main.slice(0, main.lastIndexOf(folder) + folder.length), file);
}

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
      .send(createReadStream(fileOf(asset.package, asset.file)));
  }
}
