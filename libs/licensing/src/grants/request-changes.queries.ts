import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { Currency, RequestContext } from '@app/kernel';
import { diffTerms } from '../offers/offer-diff.rules.js';
import type { TermsChange } from '../offers/offer-diff.rules.js';
import type { OfferKind } from '../offers/offer.entity.js';
import { OfferQueries } from '../offers/offer.queries.js';
import type { OfferRow } from '../offers/offer.queries.js';
import { priceNow } from '../offers/offer.rules.js';
import type { PriceUnit } from '../offers/price.rules.js';
import { TermsQueries } from '../terms/terms.queries.js';

/** A price as an offer says it, and what it makes for a version. */
export interface PriceFacts {
  readonly priceMinor: number;
  readonly currency: Currency;
  readonly per: PriceUnit;
  readonly totalMinor: number | null;
}

/** How a newer offer differs from the one that was asked for. */
export interface OfferChange extends TermsChange {
  readonly offer: OfferRow;
  readonly priceBefore: PriceFacts;
  readonly priceAfter: PriceFacts;
  readonly isPriceChanged: boolean;
}

/** What has changed since a licence was asked for; what was frozen then is still what is approved. */
export interface RequestChanges {
  readonly hasChanged: boolean;
  readonly offerRetiredAt: Date | null;
  readonly newerOffers: readonly OfferChange[];
  /** Of the version asked for: published, superseded or recalled. */
  readonly versionStatus: string;
  readonly recallReason: string | null;
  readonly currentVersionId: string | null;
  readonly currentVersionLabel: string | null;
}

interface AskedFor extends Record<string, unknown> {
  readonly grantId: string;
  readonly datasetId: string;
  readonly organizationId: string;
  readonly since: Date;
  readonly termsHash: string;
  readonly kind: OfferKind;
  readonly priceMinor: number;
  readonly currency: Currency;
  readonly per: PriceUnit;
  readonly retiredAt: Date | null;
  readonly versionId: string;
  readonly versionStatus: string;
  readonly recallReason: string | null;
  readonly episodes: number;
  readonly durationS: number;
  readonly currentVersionId: string | null;
  readonly currentVersionLabel: string | null;
}

/** More offers than this were made since: the newest are shown. */
const NEWER_OFFERS = 5;

/** What a provider reads before he answers a request, and its buyer before he orders what was approved. */
@Injectable()
export class RequestChangesQueries {
  constructor(
    private readonly database: Database,
    private readonly offers: OfferQueries,
    private readonly terms: TermsQueries,
  ) {}

  /** For each grant that still waits, what has changed since it was asked for. Only for grants that the asker was shown. */
  async of(ctx: RequestContext, grantIds: readonly string[]): Promise<Map<string, RequestChanges>> {
    const asked = await this.database.query<AskedFor>(
      ctx,
      `select g.id as "grantId", g.dataset_id as "datasetId", g.organization_id as "organizationId", g.created_at as since,
              g.terms_hash as "termsHash", o.kind, o.price_minor as "priceMinor", o.currency, o.per, o.retired_at as "retiredAt",
              v.id as "versionId", v.status as "versionStatus", v.recall_reason as "recallReason", v.episodes, v.duration_s as "durationS",
              c.id as "currentVersionId", c.label as "currentVersionLabel"
         from grants g join offers o on o.id = g.offer_id join dataset_versions v on v.id = g.version_id
         join datasets d on d.id = g.dataset_id left join dataset_versions c on c.id = d.current_version_id
        where g.id = any($1::text[]) and g.state in ('requested', 'approved')`,
      [grantIds],
    );
    if (asked.length === 0) return new Map();
    const newer = await this.offers.newerFor(ctx, asked, NEWER_OFFERS);
    const terms = await this.terms.byHashes(ctx, [...new Set(asked.map(({ termsHash }) => termsHash))]);
    return new Map(
      asked.map((request) => {
        const frozen = terms.get(request.termsHash) ?? null;
        const newerOffers = (newer.get(request.grantId) ?? []).flatMap((offer) => {
          const { uses, limits } = diffTerms(frozen, offer.terms);
          const priceBefore = priceOf(request, priceNow(request, request)?.amountMinor ?? null);
          const priceAfter = priceOf(offer, offer.totalMinor);
          const isPriceChanged =
            priceBefore.priceMinor !== priceAfter.priceMinor ||
            (priceBefore.priceMinor > 0 &&
              (priceBefore.currency !== priceAfter.currency || priceBefore.per !== priceAfter.per));
          if (uses.length === 0 && limits.length === 0 && !isPriceChanged) return [];
          return [{ offer, uses, limits, priceBefore, priceAfter, isPriceChanged }];
        });
        const {
          retiredAt: offerRetiredAt,
          versionStatus,
          recallReason,
          currentVersionId,
          currentVersionLabel,
        } = request;
        const isOldVersion = versionStatus !== 'published' || currentVersionId !== request.versionId;
        const hasChanged = newerOffers.length > 0 || offerRetiredAt !== null || isOldVersion;
        return [
          request.grantId,
          {
            hasChanged,
            offerRetiredAt,
            newerOffers,
            versionStatus,
            recallReason,
            currentVersionId,
            currentVersionLabel,
          },
        ];
      }),
    );
  }
}

function priceOf(offer: Omit<PriceFacts, 'totalMinor'>, totalMinor: number | null): PriceFacts {
  const { priceMinor, currency, per } = offer;
  return { priceMinor, currency, per, totalMinor };
}
