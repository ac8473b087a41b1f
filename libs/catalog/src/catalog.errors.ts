import { defineErrors, refusal } from '@app/kernel';

export const CatalogErrors = defineErrors('CATALOG', {
  SLUG_TAKEN: refusal('CONFLICT', (d: { slug: string }) => `There is a dataset "${d.slug}" already.`, {
    slug: 'acme/pick-cups',
  }),
  NOT_YOUR_ORGANIZATION: refusal(
    'FORBIDDEN',
    (d: { slug: string; organization: string }) =>
      `"${d.slug}" must start with the name of your organization, "${d.organization}/".`,
    { slug: 'acme/pick-cups', organization: 'other' },
  ),
  TRANSITION_REFUSED: refusal(
    'CONFLICT',
    (d: { what: string; from: string; to: string }) => `A ${d.what} that is ${d.from} cannot become ${d.to}.`,
    { what: 'version', from: 'rejected', to: 'published' },
  ),
  VERSION_OPEN: refusal(
    'CONFLICT',
    (d: { label: string }) => `Version ${d.label} is being checked; wait for its report before you upload more.`,
    { label: 'v2' },
  ),
  UPLOAD_INCOMPLETE: refusal(
    'CONFLICT',
    (d: { missing: number; path: string }) =>
      d.missing === 0
        ? 'The version has no file yet; upload the dataset first.'
        : `${d.missing} files are not uploaded yet, the first is "${d.path}".`,
    { missing: 2, path: 'meta/info.json' },
  ),
  PART_MISMATCH: refusal(
    'CONFLICT',
    (d: { path: string; expectedBytes: number; actualBytes: number }) =>
      `"${d.path}" was announced with ${d.expectedBytes} bytes, but ${d.actualBytes} arrived; upload it again.`,
    { path: 'data/file-000.parquet', expectedBytes: 10, actualBytes: 9 },
  ),
  NOT_LISTABLE: refusal(
    'CONFLICT',
    (d: { label: string; rules: readonly string[] }) =>
      `Version ${d.label} fails ${d.rules.join(', ')}; mend that and submit a new version.`,
    { label: 'v1', rules: ['TM-1'] },
  ),
  REVIEW_NOT_OPEN: refusal(
    'CONFLICT',
    (d: { slug: string }) => `${d.slug} is not under review; look at its reviews for what was decided.`,
    { slug: 'acme/pick-cups' },
  ),
  REVIEW_UNDECIDED: refusal(
    'CONFLICT',
    (d: { slug: string; heads: readonly string[] }) =>
      `The review of ${d.slug} cannot end like this: ${d.heads.join(', ')} ${d.heads.length === 1 ? 'has' : 'have'} not passed. Decide every head first; a refused one keeps the dataset off the shelf.`,
    { slug: 'acme/pick-cups', heads: ['legality'] },
  ),
  TITLE_STEP_REFUSED: refusal(
    'CONFLICT',
    (d: { number: string; event: string; reason: string }) =>
      `"${d.event}" cannot be recorded for ${d.number}: ${d.reason}.`,
    { number: '京数登0001', event: 'renewal', reason: 'the registration was cancelled' },
  ),
  COMPARISON_TOO_LARGE: refusal(
    'INVALID',
    (d: { from: string; to: string }) =>
      `${d.from} and ${d.to} have too many episodes to be compared while you wait; compare each version with the one before it.`,
    { from: 'v1', to: 'v4' },
  ),
  CONSENT_WITHDRAWN: refusal(
    'CONFLICT',
    (d: { label: string; withdrawalId: string }) =>
      `Version ${d.label} holds episodes of a contributor who withdrew consent (${d.withdrawalId}); leave them out and submit a new version.`,
    { label: 'v2', withdrawalId: 'wdr_01' },
  ),
  CONSENT_ALREADY_WITHDRAWN: refusal(
    'CONFLICT',
    (d: { withdrawalId: string }) =>
      `This contributor has withdrawn all of that already (${d.withdrawalId}); nothing more follows from doing so again.`,
    { withdrawalId: 'wdr_01' },
  ),
  WITHDRAWAL_KEY_REUSED: refusal(
    'CONFLICT',
    (d: { withdrawalId: string }) =>
      `This idempotency key recorded another withdrawal (${d.withdrawalId}); use a new key for a new one.`,
    { withdrawalId: 'wdr_01' },
  ),
  WITHDRAWAL_SETTLED: refusal(
    'CONFLICT',
    (d: { withdrawalId: string; hours: number }) =>
      `Withdrawal ${d.withdrawalId} was recorded more than ${d.hours} hours ago and stands; who agrees anew does so under a new pseudonym and consent record.`,
    { withdrawalId: 'wdr_01', hours: 24 },
  ),
  CHANGE_NOTE_MISSING: refusal(
    'INVALID',
    () => 'A further version needs a change note: say in one sentence what is different.',
    {},
  ),
});
