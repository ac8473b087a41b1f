import { Controller, Get, Param } from '@nestjs/common';
import { Allow, CurrentContext } from '@app/graphql';
import { KernelErrors } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { DatasetQueries } from '../datasets/dataset.queries.js';
import { VersionQueries } from './version.queries.js';

/** The report of a version as one JSON document, for those who archive it or put it beside another. */
@Controller('datasets/:organization/:name/versions/:selector')
export class ReportController {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly versions: VersionQueries,
  ) {}

  @Allow('anonymous')
  @Get('report.json')
  async report(
    @CurrentContext() ctx: RequestContext,
    @Param('organization') organization: string,
    @Param('name') name: string,
    @Param('selector') selector: string,
  ): Promise<Record<string, unknown>> {
    const dataset = await this.datasets.bySlug(ctx, `${organization}/${name}`);
    const version = await this.versions.resolve(ctx, dataset.id, selector === 'current' ? null : selector);
    if (!version.report) throw KernelErrors.NOT_FOUND({ what: 'report', id: version.label });
    return {
      dataset: dataset.slug,
      version: version.label,
      commit: version.commitId,
      merkleRoot: version.merkleRoot,
      format: version.format,
      formatVersion: version.formatVersion,
      validatedAt: version.validatedAt?.toISOString() ?? null,
      ...version.report,
      facts: version.facts,
    };
  }
}
