import { Injectable } from '@nestjs/common';
import { OperatorReads } from '@app/audit';
import { VersionQueries, WithdrawalQueries } from '@app/catalog';
import { sightOf } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { OfferQueries } from '../offers/offer.queries.js';
import { mayShowSamples } from './sample.rules.js';

/** Who may look at samples: decided where downloads are decided. */
@Injectable()
export class SampleDecision {
  constructor(
    private readonly versions: VersionQueries,
    private readonly offers: OfferQueries,
    private readonly withdrawals: WithdrawalQueries,
    private readonly operatorReads: OperatorReads,
  ) {}

  /** Those of the versions whose samples may be shown to the asker. */
  async mayLook(ctx: RequestContext, versionIds: readonly string[]): Promise<ReadonlySet<string>> {
    const visible = await this.versions.visibleAmong(ctx, versionIds);
    // Samples show persons, and may show the one who withdrew: of such a version nobody looks at any.
    const withdrawn = await this.withdrawals.ofVersions(
      ctx,
      visible.map(({ id }) => id),
    );
    const seen = visible.filter(({ id }) => !withdrawn.has(id));
    const offers = await this.offers.activeOf(ctx, [...new Set(seen.map((version) => version.datasetId))]);
    const { organizationId, seesAll } = sightOf(ctx);
    const decide = (isInsider: (owner: string) => boolean): typeof seen =>
      seen.filter((version) =>
        mayShowSamples({
          datasetStatus: version.datasetStatus,
          isInsider: isInsider(version.organizationId),
          terms: (offers.get(version.datasetId) ?? []).map((offer) => offer.terms),
        }),
      );
    const open = decide((owner) => owner === organizationId);
    if (!seesAll || ctx.actor.kind !== 'user') return new Set(open.map((version) => version.id));
    const all = decide(() => true);
    await this.operatorReads.noteThings(
      ctx,
      'sample',
      all
        .filter((version) => !open.includes(version))
        .map(({ id, datasetId, organizationId: owner }) => ({ id, about: { datasetId, organizationIds: [owner] } })),
    );
    return new Set(all.map((version) => version.id));
  }
}
