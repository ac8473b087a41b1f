import { Injectable } from '@nestjs/common';
import { VersionQueries, WithdrawalQueries } from '@app/catalog';
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
    const { actor } = ctx;
    const open = seen.filter((version) =>
      mayShowSamples({
        datasetStatus: version.datasetStatus,
        isInsider: actor.kind === 'user' && (actor.isAdmin || actor.organizationId === version.organizationId),
        terms: (offers.get(version.datasetId) ?? []).map((offer) => offer.terms),
      }),
    );
    return new Set(open.map((version) => version.id));
  }
}
