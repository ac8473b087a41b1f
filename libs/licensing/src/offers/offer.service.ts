import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { DatasetQueries } from '@app/catalog';
import type { DatasetRow } from '@app/catalog';
import { Database } from '@app/database';
import { OrganizationQueries } from '@app/identity';
import { Clock, KernelErrors, newId, requireProvider, systemContext, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { Holds } from '../holds/holds.service.js';
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
    private readonly organizations: OrganizationQueries,
    private readonly holds: Holds,
  ) {}

  /**
   * Puts terms and a price on a dataset of the acting provider.
   * @throws REQUEST_NOT_FOUND, LICENSING_TERMS_UNKNOWN, LICENSING_TERMS_GRANT_NOTHING, LICENSING_PUBLIC_LICENCE_PRICED,
   *         LICENSING_TERMS_WISH_REFUSED, LICENSING_EXCLUSIVITY_VOID, REQUEST_INVALID
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
        audience: await this.audienceOf(ctx, fields.audience),
        validUntil: inTheFuture(fields.validUntil, now),
        stock: fields.stock ?? null,
        status: 'active',
        createdBy: actorIdOf(ctx),
        createdAt: now,
        retiredAt: null,
      };
      await this.requireExclusivity(ctx, offer, terms);
      await this.database.repository(ctx, OfferEntity).insert(offer);
      const { kind, priceMinor, currency, per, needsApproval, audience, validUntil, stock } = offer;
      const said = {
        template: terms.template,
        termsHash: offer.termsHash,
        kind,
        priceMinor,
        currency,
        per,
        needsApproval,
        ...(validUntil && { validUntil: validUntil.toISOString() }),
        ...(stock !== null && { stock }),
      };
      // The log is public for ever: what was offered to one buyer alone, and to whom, stays out of it.
      await this.record(
        ctx,
        'offer.created',
        offer,
        audience ? { isPrivate: true } : said,
        audience && { ...said, audience },
      );
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
      const isOver = offer.validUntil !== null && offer.validUntil <= this.clock.now();
      if (offer.status === 'retired' || isOver) throw LicensingErrors.OFFER_RETIRED({ offerId });
      return this.retire(ctx, offer);
    });
  }

  /** Writes down that the time of offers is over; nothing is sold under them from that instant on. @returns how many, at most `limit` */
  async retireDue(ctx: RequestContext, limit = 100): Promise<number> {
    const due = await this.database.query<{ id: string }>(
      ctx,
      `select id from offers where status = 'active' and valid_until <= $1 order by valid_until limit $2`,
      [this.clock.now(), limit],
    );
    // One transaction each: refreshing the shelf takes turns per dataset, and two in the other order would wait for each other.
    for (const { id } of due) {
      await this.database.transaction({ ...systemContext('licensing.retire_offers'), tx: ctx.tx }, async (ctx) => {
        const offer = await this.database
          .repository(ctx, OfferEntity)
          .findOne({ where: { id, status: 'active' }, lock: { mode: 'pessimistic_write' } });
        if (offer) await this.retire(ctx, offer);
      });
    }
    return due.length;
  }

  private async retire(ctx: RequestContext, offer: OfferEntity): Promise<OfferEntity> {
    const retired: OfferEntity = { ...offer, status: 'retired', retiredAt: this.clock.now() };
    const { id, status, retiredAt } = retired;
    await this.database.repository(ctx, OfferEntity).update({ id }, { status, retiredAt });
    await this.record(
      ctx,
      'offer.retired',
      retired,
      offer.audience ? { isPrivate: true } : { termsHash: offer.termsHash },
    );
    await this.index.refresh(ctx, offer.datasetId);
    return retired;
  }

  /** @throws REQUEST_NOT_FOUND for the first slug that names no organization */
  private async audienceOf(ctx: RequestContext, slugs: readonly string[] | null | undefined): Promise<string[] | null> {
    if (!slugs) return null;
    const ids: string[] = [];
    for (const slug of new Set(slugs)) ids.push((await this.organizations.bySlug(ctx, slug)).id);
    return ids.sort();
  }

  /**
   * An exclusive field is worth nothing once a public licence was given on the same bytes, even one since retired; and
   * while it is offered or held, no public licence may be added.
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
    if (!isExclusive && (await this.holds.exclusiveUntil(ctx, offer.datasetId, this.clock.now())))
      throw LicensingErrors.EXCLUSIVITY_VOID({ template: terms.template, other: 'an exclusive right that is held' });
  }

  private async record(
    ctx: RequestContext,
    action: string,
    offer: OfferEntity,
    facts: Record<string, unknown>,
    kept?: Record<string, unknown> | null,
  ): Promise<void> {
    await this.audit.record(ctx, {
      action,
      subject: { kind: 'offer', id: offer.id },
      about: { datasetId: offer.datasetId, organizationIds: [offer.organizationId] },
      facts,
      ...(kept && { private: kept }),
    });
  }
}

/** @throws REQUEST_INVALID */
function inTheFuture(validUntil: Date | null | undefined, now: Date): Date | null {
  if (!validUntil) return null;
  if (validUntil > now) return validUntil;
  throw KernelErrors.INVALID({ problems: [{ path: 'input.validUntil', message: 'must be in the future' }] });
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
