import { defineErrors, refusal } from '@app/kernel';

/** Every code that licensing refuses with. */
export const LicensingErrors = defineErrors('LICENSING', {
  TERMS_UNKNOWN: refusal(
    'INVALID',
    (d: { template: string; known: readonly string[] }) =>
      `"${d.template}" is no licence that the market can judge by machine. Use one of: ${d.known.join(', ')}.`,
    { template: 'cc-by', known: ['CC-BY-4.0', 'LicenseRef-Bodega-Commercial-1.0'] },
  ),
  TERMS_GRANT_NOTHING: refusal(
    'INVALID',
    (d: { template: string }) =>
      `An offer under "${d.template}" would grant no use at all; choose a licence that grants some.`,
    { template: 'NONE' },
  ),
  PUBLIC_LICENCE_PRICED: refusal(
    'INVALID',
    (d: { template: string }) =>
      `"${d.template}" gives the data to everyone for nothing, so it cannot carry a price. Make the offer free, or sell under one of the market's own templates.`,
    { template: 'CC-BY-NC-4.0' },
  ),
  TERMS_WISH_REFUSED: refusal(
    'INVALID',
    (d: { template: string; reason: string }) => `"${d.template}" cannot be offered like this: ${d.reason}.`,
    { template: 'CC-BY-4.0', reason: 'it leaves nothing open that weights_policy would decide' },
  ),
  EXCLUSIVITY_VOID: refusal(
    'CONFLICT',
    (d: { template: string; other: string }) =>
      `"${d.template}" cannot stand beside "${d.other}" on the same data: what everyone may use is exclusive to nobody.`,
    { template: 'LicenseRef-Bodega-Exclusive-1.0', other: 'CC-BY-4.0' },
  ),
  PRICE_TOO_LARGE: refusal(
    'INVALID',
    () => 'The total price is larger than the market can count; lower the price per unit.',
    {},
  ),
  OFFER_RETIRED: refusal(
    'CONFLICT',
    (d: { offerId: string }) => `Offer ${d.offerId} is retired; look for a current one.`,
    {
      offerId: 'off_01',
    },
  ),
  NOT_FOR_SALE: refusal(
    'CONFLICT',
    (d: { datasetSlug: string }) =>
      `${d.datasetSlug} has no published version on the shelf, so nothing of it can be licensed now.`,
    { datasetSlug: 'acme/pick-cups' },
  ),
  APPROVAL_NOT_NEEDED: refusal(
    'CONFLICT',
    (d: { offerId: string }) => `Offer ${d.offerId} needs no approval; place an order for it.`,
    { offerId: 'off_01' },
  ),
  TERMS_INCOMPATIBLE: refusal(
    'FORBIDDEN',
    (d: { use: string; verdict: string; reason: string }) => `These terms do not open the use "${d.use}". ${d.reason}`,
    { use: 'commercial_training', verdict: 'FORBIDDEN', reason: 'Forbidden.' },
  ),
  ALREADY_REQUESTED: refusal(
    'CONFLICT',
    (d: { offerId: string }) =>
      `You already asked for offer ${d.offerId}, and the answer is pending; look at your grants.`,
    { offerId: 'off_01' },
  ),
  GRANT_STEP_REFUSED: refusal(
    'CONFLICT',
    (d: { grantId: string; from: string; to: string }) =>
      `Grant ${d.grantId} is ${d.from}, so it cannot become ${d.to}.`,
    { grantId: 'grt_01', from: 'revoked', to: 'active' },
  ),
  EXCLUSIVELY_HELD: refusal(
    'CONFLICT',
    (d: { datasetId: string; fields: readonly string[]; until: string | null }) =>
      `Somebody holds this data exclusively in ${d.fields.join(', ')} ${d.until ? `until ${d.until.slice(0, 10)}` : 'without end'}, so nobody else is licensed there.`,
    { datasetId: 'ds_01', fields: ['logistics'], until: '2027-03-01T00:00:00.000Z' as string | null },
  ),
  FIELD_NOT_FREE: refusal(
    'CONFLICT',
    (d: { datasetId: string; fields: readonly string[]; until: string | null }) =>
      `Others may use this data in ${d.fields.join(', ')} ${d.until ? `until ${d.until.slice(0, 10)}` : 'without end'}, so it cannot be exclusive there.`,
    { datasetId: 'ds_01', fields: ['logistics'], until: null as string | null },
  ),
  SOLD_OUT: refusal(
    'CONFLICT',
    (d: { offerId: string; stock: number }) =>
      `All ${d.stock} licences of offer ${d.offerId} are taken; one comes free when a right ends.`,
    { offerId: 'off_01', stock: 1 },
  ),
  NOT_RENEWABLE: refusal(
    'CONFLICT',
    (d: { grantId: string; reason: string }) => `Grant ${d.grantId} cannot be renewed: ${d.reason}.`,
    { grantId: 'grt_01', reason: 'it has no end' },
  ),
  ALREADY_RENEWED: refusal(
    'CONFLICT',
    (d: { grantId: string }) => `Grant ${d.grantId} has been renewed, or its renewal is pending; look at your grants.`,
    { grantId: 'grt_01' },
  ),
  NO_SEAT_LEFT: refusal(
    'FORBIDDEN',
    (d: { grantId: string; seats: number }) =>
      `All ${d.seats} seats of grant ${d.grantId} are taken; your organization can release one.`,
    { grantId: 'grt_01', seats: 5 },
  ),
  NO_SIGNING_KEY: refusal(
    'UNAVAILABLE',
    () => 'This market has no signing key, so it issues no certificates; its operator sets SIGNING_KEY_FILE.',
    {},
  ),
  POLICY_UNREADABLE: refusal(
    'INVALID',
    (d: { reason: string }) => `This is no ODRL policy that can be read here: ${d.reason}.`,
    { reason: 'it must be a JSON object' },
  ),
  GRANT_NOT_ACTIVE: refusal(
    'FORBIDDEN',
    (d: { grantId: string; state: string; reason: string | null }) =>
      `Grant ${d.grantId} gives no access: it is ${d.state}${d.reason ? ` (${d.reason})` : ''}.`,
    { grantId: 'grt_01', state: 'revoked', reason: 'leaked keys' as string | null },
  ),
});
