import { DatasetOffers } from '@app/client';
import type { OfferAnswer } from '@app/client';
import { formatMoney } from '@app/kernel';
import { parseSlug } from '../arguments/dataset-selector.js';
import type { Invocation } from '../invocation.js';

export const permits = (offer: OfferAnswer, use: string): boolean =>
  offer.uses.some((rule) => rule.use === use && (rule.verdict === 'ALLOWED' || rule.verdict === 'ALLOWED_WITH_DUTIES'));

/** `¥199.00`, `¥5.00 per hour (¥20.00 in all)`, `free`. */
export function formatPrice(offer: OfferAnswer): string {
  if (offer.kind === 'free') return 'free';
  const money = (amountMinor: number): string => formatMoney({ amountMinor, currency: offer.currency });
  if (offer.per === 'dataset') return money(offer.priceMinor);
  const total = offer.totalPriceMinor === null ? '' : ` (${money(offer.totalPriceMinor)} in all)`;
  return `${money(offer.priceMinor)} per ${offer.per}${total}`;
}

/** What an offer is bound to besides its price. */
function conditionsOf({ needsApproval, isPrivate, audience, validUntil, stock }: OfferAnswer): string {
  const said = [
    ...(needsApproval ? ['on approval'] : []),
    ...(isPrivate ? [audience ? `only for ${audience.join(', ')}` : 'for you alone'] : []),
    ...(validUntil ? [`until ${validUntil.slice(0, 10)}`] : []),
    ...(typeof stock === 'number' ? [`${stock} at a time`] : []),
  ];
  return said.map((one) => `, ${one}`).join('');
}

/** Under which terms and for what price a dataset may be had. */
export async function offers(invocation: Invocation, name: string): Promise<void> {
  const slug = parseSlug(name);
  const client = await invocation.client();
  const { offers: list } = (await client.run(DatasetOffers, { slug }, invocation.signal)).dataset;
  invocation.result({ slug, offers: list }, () => {
    if (list.length === 0) return `${slug} has no offer now.`;
    const rows = list.map((offer) => [
      offer.id,
      invocation.words(offer.title),
      formatPrice(offer) + conditionsOf(offer),
      offer.uses
        .filter((rule) => permits(offer, rule.use))
        .map((rule) => (rule.duties.length > 0 ? `${rule.use}*` : rule.use))
        .join(' '),
    ]);
    return `${invocation.table(['OFFER', 'TERMS', 'PRICE', 'PERMITS'], rows)}\n* with duties; "bodega license ${slug} --use USE" names them before you accept.`;
  });
}
