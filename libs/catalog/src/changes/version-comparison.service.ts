import { Injectable } from '@nestjs/common';
import type { RequestContext } from '@app/kernel';
import { compareReports } from '@app/standards';
import { CatalogErrors } from '../catalog.errors.js';
import { VersionQueries } from '../versions/version.queries.js';
import type { VersionRow } from '../versions/version.queries.js';
import type { VersionChangesType } from './changes.graphql.js';
import { factChanges } from './fact-changes.rules.js';
import { LIVE_EPISODES_MAX, VersionChangesQueries } from './version-changes.queries.js';

/** Puts two versions of one dataset beside each other. */
@Injectable()
export class VersionComparison {
  constructor(
    private readonly versions: VersionQueries,
    private readonly changes: VersionChangesQueries,
  ) {}

  /** Null for a first version. @throws REQUEST_NOT_FOUND, CATALOG_COMPARISON_TOO_LARGE */
  async of(ctx: RequestContext, versionId: string, since: string | null): Promise<VersionChangesType | null> {
    const after = await this.versions.byId(ctx, versionId);
    const before = await this.earlier(ctx, after, since);
    if (!before) return null;
    const kept = await this.changes.keptCounts(ctx, before.id, after.id);
    if (!kept && before.episodes + after.episodes > LIVE_EPISODES_MAX)
      throw CatalogErrors.COMPARISON_TOO_LARGE({ from: before.label, to: after.label });
    const counts = kept ?? (await this.changes.liveCounts(ctx, before.id, after.id));
    return {
      fromId: before.id,
      toId: after.id,
      isKept: kept !== null,
      since: before.label,
      sinceCommitId: before.commitId,
      ...counts,
      facts: factChanges(before, after),
      report: before.report && after.report ? compareReports(before.report, after.report) : null,
    };
  }

  private async earlier(ctx: RequestContext, after: VersionRow, since: string | null): Promise<VersionRow | null> {
    if (since !== null) return this.versions.resolve(ctx, after.datasetId, since);
    const id = await this.changes.before(ctx, after.id);
    return id === null ? null : this.versions.byId(ctx, id);
  }
}
