import { Readable } from 'node:stream';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import { Allow, CurrentContext } from '@app/graphql';
import { asAnyone } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import type { FastifyReply } from 'fastify';
import { DatasetQueries } from '../datasets/dataset.queries.js';
import { VersionManifest } from './version-manifest.queries.js';
import { VersionQueries } from './version.queries.js';

/** Names, sizes and hashes of a released version's files: evidence for everybody, and none of its bytes. */
@Controller('datasets/:organization/:name/versions/:selector')
export class ManifestController {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly versions: VersionQueries,
    private readonly manifest: VersionManifest,
  ) {}

  @Allow('anonymous')
  @Get('manifest.jsonl')
  async read(
    @CurrentContext() ctx: RequestContext,
    @Param('organization') organization: string,
    @Param('name') name: string,
    @Param('selector') selector: string,
    @Headers('if-none-match') known: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const anyone = asAnyone(ctx);
    const dataset = await this.datasets.bySlug(anyone, `${organization}/${name}`);
    const version = await this.versions.resolve(anyone, dataset.id, selector === 'current' ? null : selector);
    const { sha256, sizeBytes } = await this.manifest.factsOf(anyone, version.id);
    const etag = `"${sha256}"`;
    // A dataset may leave the shelf, so the bytes are kept only for a while, though they never change.
    void reply.header('etag', etag).header('cache-control', 'public, max-age=300');
    if (known === etag) return void (await reply.status(304).send());
    await reply
      .header('content-type', 'application/jsonlines')
      .header('content-length', sizeBytes)
      .send(Readable.from(this.manifest.lines(anyone, version.id), { objectMode: false }));
  }
}
