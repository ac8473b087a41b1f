import { Injectable } from '@nestjs/common';
import { DatasetQueries, VersionQueries } from '@app/catalog';
import type { DatasetRow, VersionRow } from '@app/catalog';
import { Database } from '@app/database';
import { KernelErrors } from '@app/kernel';
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
  readonly status: OfferStatus;
  readonly createdAt: Date;
  readonly retiredAt: Date | null;
}

interface StoredOffer extends Omit<OfferRow, 'terms' | 'totalMinor'> {
  readonly currentVersionId: string | null;
  readonly episodes: number;
  readonly durationS: number;
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
         o.title_en as "titleEn", o.status, o.created_at as "createdAt", o.retired_at as "retiredAt",
         d.current_version_id as "currentVersionId", d.episodes, d.duration_s as "durationS"
    from offers o join datasets d on d.id = o.dataset_id`;

/** What is offered, and what of it can be taken now. */
@Injectable()
export class OfferQueries {
  constructor(
    private readonly database: Database,
    private readonly datasets: DatasetQueries,
    private readonly versions: VersionQueries,
    private readonly terms: TermsQueries,
  ) {}

  /** Active offers of a dataset that the asker may see, oldest first. @throws REQUEST_NOT_FOUND */
  async ofDataset(ctx: RequestContext, datasetId: string): Promise<OfferRow[]> {
    await this.datasets.byId(ctx, datasetId);
    return (await this.activeOf(ctx, [datasetId])).get(datasetId) ?? [];
  }

  /** Active offers of many datasets in one question. Only for datasets whose visibility was decided before. */
  async activeOf(ctx: RequestContext, datasetIds: readonly string[]): Promise<Map<string, OfferRow[]>> {
    const stored = await this.database.query<StoredOffer>(
      ctx,
      `${SELECT_OFFERS} where o.dataset_id = any($1::text[]) and o.status = 'active' order by o.id`,
      [datasetIds],
    );
    const offers = new Map<string, OfferRow[]>(datasetIds.map((id) => [id, []]));
    for (const offer of await this.withTerms(ctx, stored)) offers.get(offer.datasetId)?.push(offer);
    return offers;
  }

  /** An offer, active or retired, of a dataset that the asker may see. @throws REQUEST_NOT_FOUND */
  async byId(ctx: RequestContext, id: string): Promise<OfferRow> {
    const [offer] = await this.withTerms(
      ctx,
      await this.database.query<StoredOffer>(ctx, `${SELECT_OFFERS} where o.id = $1`, [id]),
    );
    if (!offer) throw KernelErrors.NOT_FOUND({ what: 'offer', id });
    const [dataset] = await this.datasets.byIds(ctx, [offer.datasetId]);
    if (!dataset) throw KernelErrors.NOT_FOUND({ what: 'offer', id });
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

  private async withTerms(ctx: RequestContext, stored: readonly StoredOffer[]): Promise<OfferRow[]> {
    const terms = await this.terms.byHashes(ctx, [...new Set(stored.map((offer) => offer.termsHash))]);
    return stored.map(({ currentVersionId, episodes, durationS, ...offer }) => ({
      ...offer,
      terms: terms.get(offer.termsHash) ?? null,
      totalMinor: priceNow(offer, currentVersionId ? { episodes, durationS } : null)?.amountMinor ?? null,
    }));
  }
}
