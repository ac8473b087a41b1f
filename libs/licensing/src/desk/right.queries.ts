import { Injectable } from '@nestjs/common';
import { DatasetQueries } from '@app/catalog';
import { OrganizationQueries } from '@app/identity';
import type { OrganizationRow } from '@app/identity';
import { Clock, systemContext, validate } from '@app/kernel';
import type { Page, PageRequest, RequestContext } from '@app/kernel';
import { z } from 'zod';
import { GrantQueries } from '../grants/grant.queries.js';
import type { GrantRow } from '../grants/grant.queries.js';
import { canI } from '../terms/can-i.rules.js';
import type { UseAnswer } from '../terms/can-i.rules.js';
import { TermsQueries } from '../terms/terms.queries.js';
import { USES } from '../terms/uses.js';
import type { Use } from '../terms/uses.js';
import { factsOf } from '../use-check/compliance-facts.js';
import { grantFacts } from './grant-filter.rules.js';

const filterSchema = grantFacts.pick({ datasetSlug: true, versionId: true, holder: true, use: true }).extend({
  at: z.date().nullish(),
});

/** Of which data, or of whom, is asked; by which use; and as of when. */
export type RightFilter = z.input<typeof filterSchema>;

export interface JudgedUse extends UseAnswer {
  readonly use: Use;
}

/** Who may use what until when: a right that is open, with what the engine says of each use under its frozen terms. */
export interface RightRow {
  readonly grant: GrantRow;
  readonly holder: OrganizationRow;
  readonly provider: OrganizationRow;
  readonly template: string | null;
  readonly uses: readonly JudgedUse[];
}

/** Rights that are open, judged by the same engine as the gate: for the operator of everyone, for a party of its own. */
@Injectable()
export class RightQueries {
  constructor(
    private readonly grants: GrantQueries,
    private readonly terms: TermsQueries,
    private readonly datasets: DatasetQueries,
    private readonly organizations: OrganizationQueries,
    private readonly clock: Clock,
  ) {}

  /** Newest first. Uses that are forbidden are told as well: a right says what it does not hold. @throws REQUEST_INVALID */
  async rights(ctx: RequestContext, page: PageRequest, filter: RightFilter = {}): Promise<Page<RightRow>> {
    const { at, ...asked } = validate(filterSchema, filter, 'filter');
    const open = await this.grants.grants(ctx, page, { ...asked, activeAt: at ?? this.clock.now() });
    const items = await this.judge(ctx, open.items, asked.use ? [asked.use] : USES);
    return { ...open, items };
  }

  private async judge(ctx: RequestContext, grants: readonly GrantRow[], uses: readonly Use[]): Promise<RightRow[]> {
    const distinct = (idOf: (grant: GrantRow) => string): string[] => [...new Set(grants.map(idOf))];
    const [terms, datasets, organizations] = await Promise.all([
      this.terms.byHashes(
        ctx,
        distinct((grant) => grant.termsHash),
      ),
      // What is held keeps its facts after it has left the shelf; the grants themselves are scoped already.
      this.datasets.byIds(
        systemContext('licensing.rights'),
        distinct((grant) => grant.datasetId),
      ),
      this.organizations.byIds(ctx, [
        ...new Set(grants.flatMap((grant) => [grant.organizationId, grant.providerOrganizationId])),
      ]),
    ]);
    const facts = new Map(datasets.map((dataset) => [dataset.id, factsOf(dataset.declared)]));
    return grants.flatMap((grant) => {
      const holder = organizations.get(grant.organizationId);
      const provider = organizations.get(grant.providerOrganizationId);
      if (!holder || !provider) return [];
      const frozen = terms.get(grant.termsHash) ?? null;
      const judged = uses.map((use) => ({ use, ...canI(frozen, use, {}, facts.get(grant.datasetId) ?? {}) }));
      return [{ grant, holder, provider, template: frozen?.template ?? null, uses: judged }];
    });
  }
}
