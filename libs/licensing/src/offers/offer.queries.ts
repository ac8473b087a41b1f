import { Injectable } from '@nestjs/common';
import { OperatorReads } from '@app/audit';
import { DatasetQueries, VersionQueries } from '@app/catalog';
import type { DatasetRow, VersionRow } from '@app/catalog';
import { Database } from '@app/database';
import { Clock, KernelErrors, sightOf } from '@app/kernel';
import type { Currency, RequestContext } from '@app/kernel';
import { LicensingErrors } from '../licensing.errors.js';
import { TermsQueries } from '../terms/terms.queries.js';
import type { Terms } from '../terms/terms.js';
import type { OfferKind, OfferStatus } from './offer.entity.js';
import { priceNow } from './offer.rules.js';
import type { PriceUnit } from './price.rules.js';

/** An offer with its terms and what it costs for the current version. */
export interface OfferRow {
  readonly id: string;
  readonly datasetId: string;
  readonly organizationId: string;
  readonly termsHash: string;
  /** Null when they cannot be read: such an offer opens nothing. */
  readonly terms: Terms | null;
  readonly kind: OfferKind;
  readonly priceMinor: number;
  readonly currency: Currency;
  readonly per: PriceUnit;
  /** For the current version; null before there is one. */
  readonly totalMinor: number | null;
  readonly needsApproval: boolean;
  readonly titleZh: string;
  readonly titleEn: string;
  readonly isPrivate: boolean;
  /** Slugs of the organizations that it is addressed to; null for a public one, and for whoever did not make it. */
  readonly audience: readonly string[] | null;
  readonly validUntil: Date | null;
  /** How many may hold a right under it at once; null is any number. */
  readonly stock: number | null;
  /** `retired` from the instant that its time is over, whether or not a sweep has run. */
  readonly status: OfferStatus;
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
}

interface StoredOffer extends Omit<OfferRow, 'terms' | 'totalMinor'> {
  readonly currentVersionId: string | null;
  readonly episodes: number;
  readonly durationS: number;
}

/** A request whose offer may have changed since. */
export interface OfferRequest {
  readonly grantId: string;
  readonly datasetId: string;
  /** The buyer. */
  readonly organizationId: string;
  readonly since: Date;
}

/** Everything that an order or a request freezes. */
export interface OpenSale {
  readonly offer: OfferRow & { readonly terms: Terms };
  readonly dataset: DatasetRow;
  readonly version: VersionRow;
}

const SELECT_OFFERS = `
  select o.id, o.dataset_id as "datasetId", o.organization_id as "organizationId", o.terms_hash as "termsHash", o.kind,
         o.price_minor as "priceMinor", o.currency, o.per, o.needs_approval as "needsApproval", o.title_zh as "titleZh",
         o.title_en as "titleEn", o.created_at as "createdAt", o.audience is not null as "isPrivate",
         case when o.organization_id = $2 or $3 then
           (select array_agg(a.slug order by a.slug) from organizations a where a.id = any(o.audience)) end as audience,
         o.valid_until as "validUntil", o.stock, case when o.valid_until <= $4 then 'retired' else o.status end as status,
         case when o.valid_until <= $4 then least(o.retired_at, o.valid_until) else o.retired_at end as "retiredAt",
         d.current_version_id as "currentVersionId", d.episodes, d.duration_s as "durationS"
    from offers o join datasets d on d.id = o.dataset_id`;

/**
 * An offer to chosen buyers exists for them, for the provider and for the operator alone. `$2` is the asker's organization,
 * `$3` whether all is seen, `$4` the time.
 */
const SEEN = `(o.audience is null or $2 = any(o.audience) or o.organization_id = $2 or $3)`;
const ACTIVE = `o.status = 'active' and (o.valid_until is null or o.valid_until > $4)`;

/** What is offered, and what of it can be taken now. */
@Injectable()
export class OfferQueries {
  constructor(
    private readonly database: Database,
    private readonly datasets: DatasetQueries,
    private readonly versions: VersionQueries,
    private readonly terms: TermsQueries,
    private readonly clock: Clock,
    private readonly operatorReads: OperatorReads,
  ) {}

  /** Active offers of a dataset that the asker may see, oldest first. @throws REQUEST_NOT_FOUND */
  async ofDataset(ctx: RequestContext, datasetId: string): Promise<OfferRow[]> {
    await this.datasets.byId(ctx, datasetId);
    return (await this.activeOf(ctx, [datasetId])).get(datasetId) ?? [];
  }

  /** Active offers of many datasets that the asker may see, in one question. Only for datasets whose visibility was decided before. */
  async activeOf(ctx: RequestContext, datasetIds: readonly string[]): Promise<Map<string, OfferRow[]>> {
    const stored = await this.database.query<StoredOffer>(
      ctx,
      `${SELECT_OFFERS} where o.dataset_id = any($1::text[]) and ${ACTIVE} and ${SEEN} order by o.id`,
      [datasetIds, ...this.asker(ctx)],
    );
    await this.note(ctx, stored);
    const offers = new Map<string, OfferRow[]>(datasetIds.map((id) => [id, []]));
    for (const offer of await this.withTerms(ctx, stored)) offers.get(offer.datasetId)?.push(offer);
    return offers;
  }

  /**
   * For each request the active offers made on its dataset since, as its buyer sees them: newest first, a few. Only for
   * requests that the asker was shown.
   */
  async newerFor(
    ctx: RequestContext,
    requests: readonly OfferRequest[],
    limit: number,
  ): Promise<Map<string, OfferRow[]>> {
    const now = this.clock.now();
    const newer = await this.database.query<{ grantId: string; offerId: string }>(
      ctx,
      `select r.grant_id as "grantId", n.id as "offerId"
         from unnest($1::text[], $2::text[], $3::text[], $5::timestamptz[]) as r (grant_id, dataset_id, organization_id, since)
         cross join lateral (
           select o.id from offers o
            where o.dataset_id = r.dataset_id and o.created_at > r.since and ${ACTIVE}
              and (o.audience is null or r.organization_id = any(o.audience))
            order by o.id desc limit $6) n
        order by n.id desc`,
      [
        requests.map(({ grantId }) => grantId),
        requests.map(({ datasetId }) => datasetId),
        requests.map(({ organizationId }) => organizationId),
        now,
        requests.map(({ since }) => since),
        limit,
      ],
    );
    const stored = await this.database.query<StoredOffer>(ctx, `${SELECT_OFFERS} where o.id = any($1::text[])`, [
      [...new Set(newer.map(({ offerId }) => offerId))],
      null,
      false,
      now,
    ]);
    const offers = new Map((await this.withTerms(ctx, stored)).map((offer) => [offer.id, offer]));
    const found = new Map<string, OfferRow[]>(requests.map(({ grantId }) => [grantId, []]));
    for (const { grantId, offerId } of newer) {
      const offer = offers.get(offerId);
      if (offer) found.get(grantId)?.push(offer);
    }
    return found;
  }

  /** An offer, active or retired, of a dataset that the asker may see. @throws REQUEST_NOT_FOUND */
  async byId(ctx: RequestContext, id: string): Promise<OfferRow> {
    const [offer] = await this.withTerms(
      ctx,
      await this.database.query<StoredOffer>(ctx, `${SELECT_OFFERS} where o.id = $1 and ${SEEN}`, [
        id,
        ...this.asker(ctx),
      ]),
    );
    if (!offer) throw KernelErrors.NOT_FOUND({ what: 'offer', id });
    const [dataset] = await this.datasets.byIds(ctx, [offer.datasetId]);
    if (!dataset) throw KernelErrors.NOT_FOUND({ what: 'offer', id });
    await this.note(ctx, [offer]);
    return offer;
  }

  /**
   * An offer that can be taken now, with the version it is for. Within a transaction the offer is locked, so that it
   * cannot be retired before the commit.
   * @throws REQUEST_NOT_FOUND, LICENSING_OFFER_RETIRED, LICENSING_NOT_FOR_SALE, LICENSING_TERMS_INCOMPATIBLE when unreadable
   */
  async openSale(ctx: RequestContext, offerId: string): Promise<OpenSale> {
    if (ctx.tx) await this.database.query(ctx, 'select 1 from offers where id = $1 for share', [offerId]);
    const offer = await this.byId(ctx, offerId);
    if (offer.status !== 'active') throw LicensingErrors.OFFER_RETIRED({ offerId });
    const dataset = await this.datasets.byId(ctx, offer.datasetId);
    if (dataset.status !== 'listed' || !dataset.currentVersionId) {
      throw LicensingErrors.NOT_FOR_SALE({ datasetSlug: dataset.slug });
    }
    const { terms } = offer;
    if (!terms) {
      throw LicensingErrors.TERMS_INCOMPATIBLE({
        use: 'any',
        verdict: 'UNDECIDED',
        reason: 'The terms cannot be read.',
      });
    }
    const version = await this.versions.resolve(ctx, dataset.id);
    // A recalled version stays readable for those who hold it, but nobody new buys what is known to be defective.
    const { status } = ctx.tx ? await this.versions.holdForSale(ctx, version) : version;
    if (status !== 'published') throw LicensingErrors.NOT_FOR_SALE({ datasetSlug: dataset.slug });
    return { offer: { ...offer, terms }, dataset, version };
  }

  private asker(ctx: RequestContext): [organizationId: string | null, seesAll: boolean, now: Date] {
    const { organizationId, seesAll } = sightOf(ctx);
    return [organizationId, seesAll, this.clock.now()];
  }

  /** What an operator is shown of offers between others is put on record. Whom they are made to stays out of the leaf. */
  private async note(
    ctx: RequestContext,
    offers: readonly Pick<OfferRow, 'id' | 'datasetId' | 'organizationId' | 'isPrivate' | 'audience'>[],
  ): Promise<void> {
    const { actor } = ctx;
    if (actor.kind !== 'user') return;
    const { organizationId: own } = sightOf(ctx);
    const strange = offers.filter(
      ({ isPrivate, organizationId, audience }) =>
        isPrivate && organizationId !== own && !audience?.includes(actor.organizationSlug),
    );
    await this.operatorReads.noteThings(
      ctx,
      'offer',
      strange.map(({ id, datasetId, organizationId }) => ({
        id,
        about: { datasetId, organizationIds: [organizationId] },
      })),
    );
  }

  private async withTerms(ctx: RequestContext, stored: readonly StoredOffer[]): Promise<OfferRow[]> {
    const terms = await this.terms.byHashes(ctx, [...new Set(stored.map((offer) => offer.termsHash))]);
    return stored.map(({ currentVersionId, episodes, durationS, ...offer }) => ({
      ...offer,
      terms: terms.get(offer.termsHash) ?? null,
      totalMinor: priceNow(offer, currentVersionId ? { episodes, durationS } : null)?.amountMinor ?? null,
    }));
  }
}
