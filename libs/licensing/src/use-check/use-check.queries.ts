import { Injectable } from '@nestjs/common';
import { DatasetQueries } from '@app/catalog';
import { KernelErrors, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { GrantQueries } from '../grants/grant.queries.js';
import { OfferQueries } from '../offers/offer.queries.js';
import type { OfferRow } from '../offers/offer.queries.js';
import { byOpenness, canI, undecided } from '../terms/can-i.rules.js';
import type { UseAnswer, UseContext } from '../terms/can-i.rules.js';
import { TermsQueries } from '../terms/terms.queries.js';

/** What is asked about: exactly one of the three. */
export interface UseSubject {
  readonly datasetSlug?: string | null;
  readonly offerId?: string | null;
  readonly grantId?: string | null;
}

/** As callers give it: null is as good as left out. */
const contextSchema = z
  .strictObject({
    purpose: z.enum(['commercial', 'noncommercial']).nullish(),
    actor: z.enum(['academic', 'company', 'individual']).nullish(),
    weightsLicence: z.string().trim().min(1).max(100).nullish(),
    isUnlocked: z.boolean().nullish(),
  })
  .transform((given): UseContext => ({
    ...(given.purpose && { purpose: given.purpose }),
    ...(given.actor && { actor: given.actor }),
    ...(given.weightsLicence && { weightsLicence: given.weightsLicence }),
    ...(given.isUnlocked && { isUnlocked: true }),
  }));

/** An answer, and the offer or grant whose terms gave it. */
export interface UseCheck extends UseAnswer {
  readonly termsHash: string | null;
  readonly offerId: string | null;
}

/** The question "may I?" about what is on the shelf or held. */
@Injectable()
export class UseCheckQueries {
  constructor(
    private readonly datasets: DatasetQueries,
    private readonly offers: OfferQueries,
    private readonly grants: GrantQueries,
    private readonly terms: TermsQueries,
  ) {}

  /**
   * "May I?" for a dataset (the most open of its active offers), an offer, or a grant held.
   * @throws REQUEST_INVALID unless exactly one subject is given, REQUEST_NOT_FOUND
   */
  async canI(ctx: RequestContext, subject: UseSubject, askedUse: string, askedContext: object = {}): Promise<UseCheck> {
    const context = validate(contextSchema, askedContext, 'context');
    const use = askedUse.trim().toLowerCase();
    const [given, ...more] = Object.values(subject).filter((id) => typeof id === 'string');
    if (given === undefined || more.length > 0) {
      const message = 'give exactly one of datasetSlug, offerId, grantId';
      throw KernelErrors.INVALID({ problems: [{ path: 'canI', message }] });
    }
    if (subject.grantId) return this.ofGrant(ctx, subject.grantId, use, context);
    if (subject.offerId) return ofOffer(await this.offers.byId(ctx, subject.offerId), use, context);
    return this.ofDataset(ctx, given, use, context);
  }

  private async ofDataset(ctx: RequestContext, slug: string, use: string, context: UseContext): Promise<UseCheck> {
    const dataset = await this.datasets.bySlug(ctx, slug);
    const checks = (await this.offers.ofDataset(ctx, dataset.id)).map((offer) => ofOffer(offer, use, context));
    const [best] = checks.sort(byOpenness);
    return (
      best ?? {
        ...undecided('Nothing is offered for this dataset now.', '此数据集目前没有报价。'),
        termsHash: null,
        offerId: null,
      }
    );
  }

  private async ofGrant(ctx: RequestContext, grantId: string, use: string, context: UseContext): Promise<UseCheck> {
    const grant = await this.grants.byId(ctx, grantId);
    const { termsHash, offerId } = grant;
    const answer = canI(await this.terms.byHash(ctx, termsHash), use, context);
    if (grant.state === 'active') return { ...answer, termsHash, offerId };
    const reason = { en: `Forbidden: the grant is ${grant.state}.`, zh: `禁止：授权状态为 ${grant.state}。` };
    return { verdict: 'FORBIDDEN', duties: [], clauses: answer.clauses, reason, termsHash, offerId };
  }
}

function ofOffer(offer: OfferRow, use: string, context: UseContext): UseCheck {
  if (offer.status === 'retired') {
    return { ...undecided('This offer is retired.', '此报价已下架。'), termsHash: offer.termsHash, offerId: offer.id };
  }
  return { ...canI(offer.terms, use, context), termsHash: offer.termsHash, offerId: offer.id };
}
