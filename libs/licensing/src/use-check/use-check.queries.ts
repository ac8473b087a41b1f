import { Injectable } from '@nestjs/common';
import { DatasetQueries, WithdrawalQueries } from '@app/catalog';
import { Clock, KernelErrors, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantQueries } from '../grants/grant.queries.js';
import type { GrantRow } from '../grants/grant.queries.js';
import { OfferQueries } from '../offers/offer.queries.js';
import type { OfferRow } from '../offers/offer.queries.js';
import { byOpenness, canI, undecided } from '../terms/can-i.rules.js';
import type { UseAnswer } from '../terms/can-i.rules.js';
import type { ComplianceFacts } from '../terms/compliance.rules.js';
import type { Bilingual } from '../terms/terms.js';
import { TermsQueries } from '../terms/terms.queries.js';
import { useContextSchema } from '../terms/use-context.js';
import type { UseContext } from '../terms/use-context.js';
import { NoticeQueries } from '../withdrawals/notice.queries.js';
import { usesTaken } from '../withdrawals/notice.rules.js';
import { factsOf } from './compliance-facts.js';

/** What is asked about: exactly one of the three. */
export interface UseSubject {
  readonly datasetSlug?: string | null;
  readonly offerId?: string | null;
  readonly grantId?: string | null;
}

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
    private readonly clock: Clock,
    private readonly withdrawals: WithdrawalQueries,
    private readonly notices: NoticeQueries,
  ) {}

  /**
   * "May I?" for a dataset (the most open of its active offers), an offer, or a grant held.
   * @throws REQUEST_INVALID unless exactly one subject is given, REQUEST_NOT_FOUND
   */
  async canI(ctx: RequestContext, subject: UseSubject, askedUse: string, askedContext: object = {}): Promise<UseCheck> {
    const context = validate(useContextSchema, askedContext, 'context');
    const use = askedUse.trim().toLowerCase();
    const [given, ...more] = Object.values(subject).filter((id) => typeof id === 'string');
    if (given === undefined || more.length > 0) {
      const message = 'give exactly one of datasetSlug, offerId, grantId';
      throw KernelErrors.INVALID({ problems: [{ path: 'canI', message }] });
    }
    if (subject.grantId) return this.ofGrant(ctx, subject.grantId, use, context);
    if (subject.offerId) return this.ofOneOffer(ctx, subject.offerId, use, context);
    return this.ofDataset(ctx, given, use, context);
  }

  private async ofDataset(ctx: RequestContext, slug: string, use: string, context: UseContext): Promise<UseCheck> {
    const dataset = await this.datasets.bySlug(ctx, slug);
    const facts = factsOf(dataset.declared);
    const checks = (await this.offers.ofDataset(ctx, dataset.id)).map((offer) => ofOffer(offer, use, context, facts));
    const [best] = checks.sort(byOpenness);
    return (
      best ?? {
        ...undecided('Nothing is offered for this dataset now.', '此数据集目前没有报价。'),
        termsHash: null,
        offerId: null,
      }
    );
  }

  private async ofOneOffer(ctx: RequestContext, id: string, use: string, context: UseContext): Promise<UseCheck> {
    const offer = await this.offers.byId(ctx, id);
    return ofOffer(offer, use, context, await this.factsOfDataset(ctx, offer.datasetId));
  }

  /** What the provider says of people and places now; of what cannot be seen any more nothing is known. */
  private async factsOfDataset(ctx: RequestContext, datasetId: string): Promise<ComplianceFacts> {
    const [dataset] = await this.datasets.byIds(ctx, [datasetId]);
    return dataset ? factsOf(dataset.declared) : {};
  }

  private async ofGrant(ctx: RequestContext, grantId: string, use: string, context: UseContext): Promise<UseCheck> {
    const grant = await this.grants.byId(ctx, grantId);
    const { termsHash, offerId } = grant;
    const withdrawn = await this.takenFrom(ctx, grant);
    const facts = { ...(await this.factsOfDataset(ctx, grant.datasetId)), withdrawn };
    const answer = canI(await this.terms.byHash(ctx, termsHash), use, context, facts);
    const closed = closedFor(grant, context.at, this.clock.now());
    if (!closed) return { ...answer, termsHash, offerId };
    return { ...answer, verdict: 'FORBIDDEN', duties: [], reason: closed, resolve: null, termsHash, offerId };
  }

  /** What contributors took back from the granted version since. */
  private async takenFrom(ctx: RequestContext, { id, versionId }: GrantRow): Promise<'all' | readonly string[]> {
    const standing = (await this.withdrawals.ofVersions(ctx, [versionId])).get(versionId) ?? [];
    return standing.length === 0 ? [] : usesTaken(standing, await this.notices.certified(ctx, id));
  }
}

/** Why a grant opens nothing at all, now or at the time that is asked about; null when it may. */
function closedFor(grant: GrantRow, at: Date | undefined, now: Date): Bilingual | null {
  if (grant.state !== 'active') {
    return { en: `Forbidden: the grant is ${grant.state}.`, zh: `禁止：授权状态为 ${grant.state}。` };
  }
  const from = at ?? now;
  if (grant.startsAt && grant.startsAt > from) {
    const day = grant.startsAt.toISOString().slice(0, 10);
    return { en: `Forbidden: the grant starts on ${day}.`, zh: `禁止：授权自 ${day} 起生效。` };
  }
  const isOver = at !== undefined && grant.expiresAt !== null && at >= grant.expiresAt;
  const day = grant.expiresAt?.toISOString().slice(0, 10) ?? '';
  return isOver ? { en: `Forbidden: the grant ends on ${day}.`, zh: `禁止：授权于 ${day} 到期。` } : null;
}

function ofOffer(offer: OfferRow, use: string, context: UseContext, facts: ComplianceFacts): UseCheck {
  const { id: offerId, termsHash } = offer;
  if (offer.status === 'retired') {
    return { ...undecided('This offer is retired.', '此报价已下架。'), termsHash, offerId };
  }
  return { ...canI(offer.terms, use, context, facts), termsHash, offerId };
}
