import { randomUUID } from 'node:crypto';
import { CanI, DatasetOffers, PlaceOrder, RequestLicense } from '@app/client';
import type { Attestation, BodegaClient, OfferAnswer } from '@app/client';
import { parseSlug } from '../arguments/dataset-selector.js';
import { toCode } from '../arguments/numbers.js';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { grantsFor } from './find-grant.js';
import { formatPrice, permits } from './offers.js';

export interface LicenseOptions {
  readonly offer?: string;
  readonly use?: string;
  readonly actor?: string;
  readonly field?: string;
  readonly territory?: string;
  readonly renew?: string;
  readonly yes?: boolean;
  readonly key?: string;
}

interface Licensed {
  readonly grantId: string;
  readonly state: string;
  readonly termsHash: string;
  readonly orderId: string | null;
  readonly certificateUrl: string | null;
  readonly startsAt?: string | null;
  /** Until when the provider may answer, or the buyer order what was approved. */
  readonly lapsesAt?: string | null;
}

/** Accepts an offer: checks the use, says the price, and orders once `--yes` is given. */
export async function license(invocation: Invocation, name: string, options: LicenseOptions): Promise<void> {
  const { signal } = invocation;
  const slug = parseSlug(name);
  const use = options.use === undefined ? null : toCode(options.use);
  const client = await invocation.accountClient();
  const { offers } = (await client.run(DatasetOffers, { slug }, signal)).dataset;
  const offer = chooseOffer(slug, offers, options.offer ?? null, use);
  const context = attestationOf(options);
  await judge(invocation, client, offer, use, context);
  const renewed = options.renew === undefined ? '' : `, going on from ${options.renew}`;
  const what = `This licenses ${slug} under "${invocation.words(offer.title)}" for ${formatPrice(offer)}${renewed}.`;
  if (options.yes !== true) throw CliErrors.CONSENT_NEEDED({ what });
  invocation.note(what);
  const wish = { use, context, renew: options.renew ?? null };
  const licensed = await acquire(client, slug, offer, wish, options.key ?? randomUUID(), signal);
  const { grantId, state, termsHash, orderId, certificateUrl } = licensed;
  invocation.result({ slug, offerId: offer.id, orderId, grantId, state, termsHash, certificateUrl }, () =>
    sentenceOf(slug, licensed),
  );
}

/** What has come of it, and what to do next. */
export function sentenceOf(slug: string, { grantId, state, startsAt, lapsesAt }: Licensed, now = Date.now()): string {
  const until = lapsesAt ? ` until ${lapsesAt.slice(0, 10)}` : '';
  if (state === 'requested')
    return `Asked: ${grantId} is requested; the provider decides${until}. Run the same command again after that.`;
  if (state === 'approved') return `Approved: ${grantId} waits for your order${until}. Run the same command again.`;
  if (state !== 'active') return `${grantId} is ${state}.`;
  return startsAt && Date.parse(startsAt) > now
    ? `Renewed: ${grantId} starts on ${startsAt.slice(0, 10)}, when the licence before it ends.`
    : `Licensed: ${grantId} is active. Take it with "bodega pull ${slug}".`;
}

/** What the buyer says of himself, for terms that depend on it. */
function attestationOf({ actor, field, territory }: LicenseOptions): Attestation {
  return { ...(actor && { actor }), ...(field && { field }), ...(territory && { territory }) };
}

/** The named offer; else the cheapest that permits the use, of one kind of money. @throws CLI_NO_OFFER */
export function chooseOffer(
  slug: string,
  offers: readonly OfferAnswer[],
  id: string | null,
  use: string | null,
): OfferAnswer {
  if (id !== null) {
    const named = offers.find((offer) => offer.id === id);
    if (!named) throw CliErrors.NO_OFFER({ slug, reason: `there is no offer ${id} now` });
    return named;
  }
  const fitting = use === null ? offers : offers.filter((offer) => permits(offer, use));
  const [only] = fitting;
  if (!only) {
    const reason = offers.length === 0 ? 'there is no offer now' : `no offer permits ${use ?? 'anything'}`;
    throw CliErrors.NO_OFFER({ slug, reason });
  }
  if (fitting.length === 1) return only;
  const free = fitting.find((offer) => offer.kind === 'free');
  const currencies = new Set(fitting.map((offer) => offer.currency));
  if (use === null || (!free && (currencies.size > 1 || fitting.some((offer) => offer.totalPriceMinor === null)))) {
    const list = fitting.map((offer) => `${offer.id} (${offer.template ?? '–'}, ${formatPrice(offer)})`).join(', ');
    throw CliErrors.NO_OFFER({
      slug,
      reason: `several offers fit, choose one with --offer${use === null ? ', or say --use' : ''}: ${list}`,
    });
  }
  return (
    free ??
    fitting.reduce((best, offer) => ((offer.totalPriceMinor ?? 0) < (best.totalPriceMinor ?? 0) ? offer : best), only)
  );
}

/** Says what the terms say of the use, and stops where they do not permit it. @throws CLI_REFUSED */
async function judge(
  invocation: Invocation,
  client: BodegaClient,
  offer: OfferAnswer,
  use: string | null,
  context: Attestation,
): Promise<void> {
  if (use === null) return;
  const { canI } = await client.run(CanI, { use, offerId: offer.id, context }, invocation.signal);
  if (canI.verdict === 'FORBIDDEN' || canI.verdict === 'UNDECIDED') {
    throw CliErrors.REFUSED({
      code: canI.verdict,
      message: `${use} is ${canI.verdict.toLowerCase()} under ${offer.id}: ${canI.reason}`,
    });
  }
  const duties = canI.duties.length > 0 ? `, with duties: ${canI.duties.join(', ')}` : '';
  invocation.note(
    `${use}: allowed${duties}.${canI.clauses.map((clause) => `\n  [${clause.id}] ${clause.text}`).join('')}`,
  );
}

async function acquire(
  client: BodegaClient,
  slug: string,
  offer: OfferAnswer,
  {
    use,
    context,
    renew,
  }: { readonly use: string | null; readonly context: Attestation; readonly renew: string | null },
  idempotencyKey: string,
  signal: AbortSignal,
): Promise<Licensed> {
  const renewed = renew === null ? {} : { renewsGrantId: renew };
  if (offer.needsApproval) {
    const asked = (await grantsFor(client, slug, signal)).find(
      (grant) =>
        grant.offerId === offer.id &&
        (renew === null || grant.renewsGrantId === renew) &&
        ['requested', 'approved', 'active'].includes(grant.state),
    );
    if (asked && asked.state !== 'approved')
      return {
        grantId: asked.id,
        state: asked.state,
        termsHash: asked.termsHash,
        orderId: null,
        certificateUrl: asked.certificateUrl,
        startsAt: asked.startsAt,
        lapsesAt: asked.lapsesAt,
      };
    if (!asked) {
      const input = {
        offerId: offer.id,
        acceptTerms: true as const,
        ...renewed,
        ...(use !== null && { use, context }),
      };
      const { requestLicense } = await client.run(RequestLicense, { input }, signal);
      return {
        grantId: requestLicense.id,
        state: requestLicense.state,
        termsHash: requestLicense.termsHash,
        orderId: null,
        certificateUrl: null,
        lapsesAt: requestLicense.lapsesAt,
      };
    }
  }
  // What was shown is what is bought: if the offer changed since, the market says so instead of selling something else.
  const { placeOrder } = await client.run(
    PlaceOrder,
    {
      input: {
        offerId: offer.id,
        idempotencyKey,
        acceptTerms: true,
        expectedTermsHash: offer.termsHash,
        ...(offer.totalPriceMinor !== null && { expectedPriceMinor: offer.totalPriceMinor }),
        ...renewed,
        ...(use !== null && { use, context }),
      },
    },
    signal,
  );
  if ('grant' in placeOrder) {
    const { grant, order } = placeOrder;
    return {
      grantId: grant.id,
      state: grant.state,
      termsHash: grant.termsHash,
      orderId: order.id,
      certificateUrl: grant.certificateUrl,
      startsAt: grant.startsAt,
    };
  }
  throw CliErrors.REFUSED({ code: placeOrder.code, message: placeOrder.message });
}
