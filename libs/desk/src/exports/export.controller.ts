import { Readable } from 'node:stream';
import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { Allow, CurrentContext } from '@app/graphql';
import { KernelErrors } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import type { FastifyReply } from 'fastify';
import { EXPORT_FORMATS } from './export.rules.js';
import type { ExportFormat } from './export.rules.js';
import { ExportService } from './export.service.js';

const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
};

/** Lists as files, by the same filters as the queries: `/export/grants.csv?holder=acme&states=active`. */
@Controller('export')
export class ExportController {
  constructor(private readonly exports: ExportService) {}

  @Allow('member')
  @Get('grants.:format')
  grants(
    @CurrentContext() ctx: RequestContext,
    @Param('format') format: string,
    @Query() query: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const known = formatOf(format);
    return send(reply, `grants.${known}`, known, this.exports.grants(ctx, known, query));
  }

  @Allow('member')
  @Get('audit-log.:format')
  auditLog(
    @CurrentContext() ctx: RequestContext,
    @Param('format') format: string,
    @Query() query: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const known = formatOf(format);
    return send(reply, `audit-log.${known}`, known, this.exports.auditLog(ctx, known, query));
  }

  @Allow('member')
  @Get('usage.:format')
  usage(
    @CurrentContext() ctx: RequestContext,
    @Param('format') format: string,
    @Query() query: unknown,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const known = formatOf(format);
    return send(reply, `usage.${known}`, known, this.exports.usage(ctx, known, query));
  }
}

function formatOf(format: string): ExportFormat {
  const known = EXPORT_FORMATS.find((one) => one === format);
  if (!known) throw KernelErrors.NOT_FOUND({ what: 'export', id: format });
  return known;
}

/** The first lines are read before anything is sent: a refusal is then an answer, and no file that breaks off. */
async function send(
  reply: FastifyReply,
  name: string,
  format: ExportFormat,
  text: AsyncGenerator<string>,
): Promise<void> {
  const first = await text.next();
  async function* whole(): AsyncGenerator<string> {
    try {
      if (!first.done) yield first.value;
      yield* text;
    } finally {
      await text.return(undefined);
    }
  }
  await reply
    .header('content-type', MEDIA_TYPES[format])
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('cache-control', 'no-store')
    .send(Readable.from(whole(), { objectMode: false, highWaterMark: 65_536 }));
}
