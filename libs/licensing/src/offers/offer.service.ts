import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { DatasetQueries } from '@app/catalog';
import type { DatasetRow } from '@app/catalog';
import { Database } from '@app/database';
import { Clock, KernelErrors, newId, requireProvider, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { LicensingErrors } from '../licensing.errors.js';
import { findLicence } from '../terms/template.rules.js';
import { personalDataOf } from '../terms/compliance.rules.js';
import type { Terms } from '../terms/terms.js';
import { TermsService } from '../terms/terms.service.js';
import { factsOf } from '../use-check/compliance-facts.js';
import { OfferEntity } from './offer.entity.js';
import { OfferIndex } from './offer-index.service.js';
import { draftOffer, newOfferSchema } from './offer.rules.js';
import type { NewOffer } from './offer.rules.js';

/** Offers made and retired by the provider of a dataset. */
@Injectable()
export class OfferService {
  constructor(
    private readonly database: Database,
    private readonly datasets: DatasetQueries,
    private readonly terms: TermsService,
    private readonly index: OfferIndex,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /**
   * Puts terms and a price on a dataset of the acting provider.
   * @throws REQUEST_NOT_FOUND, LICENSING_TERMS_UNKNOWN, LICENSING_TERMS_GRANT_NOTHING, LICENSING_PUBLIC_LICENCE_PRICED,
   *         LICENSING_TERMS_WISH_REFUSED, LICENSING_EXCLUSIVITY_VOID
   */
  async createOffer(ctx: RequestContext, input: NewOffer): Promise<OfferEntity> {
    const seller = sellerOf(ctx);
    const fields = validate(newOfferSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      const dataset = await this.datasets.bySlug(ctx, fields.slug);
      requireOwner(seller, dataset, { what: 'dataset', id: fields.slug });
      const { terms, ...offered } = draftOffer(fields, personalDataOf(factsOf(dataset.declared)));
      const now = this.clock.now();
      const offer: OfferEntity = {
        id: newId('Offer', now.getTime()),
        datasetId: dataset.id,
        organizationId: dataset.organizationId,
        termsHash: await this.terms.freeze(ctx, terms),
        ...offered,
        status: 'active',
        createdBy: actorIdOf(ctx),
        createdAt: now,
        retiredAt: null,
      };
      await this.requireExclusivity(ctx, offer, terms);
      await this.database.repository(ctx, OfferEntity).insert(offer);
      await this.record(ctx, 'offer.created', offer, {
        template: terms.template,
        termsHash: offer.termsHash,
        kind: offer.kind,
        priceMinor: offer.priceMinor,
        currency: offer.currency,
        per: offer.per,
        needsApproval: offer.needsApproval,
      });
      await this.index.refresh(ctx, dataset.id);
      return offer;
    });
  }

  /** Takes an offer off the shelf for good. Grants made under it live on. @throws REQUEST_NOT_FOUND, LICENSING_OFFER_RETIRED */
  async retireOffer(ctx: RequestContext, offerId: string): Promise<OfferEntity> {
    const seller = sellerOf(ctx);
    return this.database.transaction(ctx, async (ctx) => {
      const repository = this.database.repository(ctx, OfferEntity);
      const offer = await repository.findOne({ where: { id: offerId }, lock: { mode: 'pessimistic_write' } });
      if (!offer) throw KernelErrors.NOT_FOUND({ what: 'offer', id: offerId });
      requireOwner(seller, offer, { what: 'offer', id: offerId });
      if (offer.status === 'retired') throw LicensingErrors.OFFER_RETIRED({ offerId });
      const retired: OfferEntity = { ...offer, status: 'retired', retiredAt: this.clock.now() };
      await repository.update({ id: offerId }, { status: 'retired', retiredAt: retired.retiredAt });
      await this.record(ctx, 'offer.retired', retired, { termsHash: offer.termsHash });
      await this.index.refresh(ctx, offer.datasetId);
      return retired;
    });
  }

  /**
   * An exclusive field is worth nothing once a public licence was given on the same bytes, even one since retired; and
   * while it is offered, no public licence may be added.
   */
  private async requireExclusivity(ctx: RequestContext, offer: OfferEntity, terms: Terms): Promise<void> {
    const isExclusive = terms.exclusivity === 'field';
    if (!isExclusive && findLicence(terms.template)?.family !== 'public') return;
    // Of two made at once the later one sees the first; the lock is that of the index, taken again below.
    await this.database.query(ctx, `select pg_advisory_xact_lock(hashtextextended('licensing.offers:' || $1, 0))`, [
      offer.datasetId,
    ]);
    const others = await this.database.query<{ template: string; exclusivity: string; status: string }>(
      ctx,
      `select t.terms ->> 'template' as template, t.terms ->> 'exclusivity' as exclusivity, o.status
         from offers o join terms t on t.hash = o.terms_hash where o.dataset_id = $1`,
      [offer.datasetId],
    );
    const inTheWay = others.find((other) =>
      isExclusive
        ? findLicence(other.template)?.family === 'public'
        : other.exclusivity === 'field' && other.status === 'active',
    );
    if (inTheWay) throw LicensingErrors.EXCLUSIVITY_VOID({ template: terms.template, other: inTheWay.template });
  }

  private async record(
    ctx: RequestContext,
    action: string,
    offer: OfferEntity,
    facts: Record<string, unknown>,
  ): Promise<void> {
    await this.audit.record(ctx, {
      action,
      subject: { kind: 'offer', id: offer.id },
      about: { datasetId: offer.datasetId, organizationIds: [offer.organizationId] },
      facts,
    });
  }
}

/** The selling organization that acts, or null for the market itself. */
function sellerOf(ctx: RequestContext): string | null {
  return ctx.actor.kind === 'system' ? null : requireProvider(ctx).organizationId;
}

function requireOwner(
  seller: string | null,
  owned: Pick<DatasetRow, 'organizationId'>,
  missing: { what: string; id: string },
): void {
  if (seller !== null && owned.organizationId !== seller) throw KernelErrors.NOT_FOUND(missing);
}

function actorIdOf(ctx: RequestContext): string {
  return ctx.actor.kind === 'user' ? ctx.actor.userId : ctx.actor.kind === 'system' ? ctx.actor.name : 'anonymous';
}
