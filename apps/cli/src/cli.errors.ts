import { defineErrors, refusal } from '@app/kernel';

/** Every sentence with which the command line itself refuses; the market's own refusals are passed on as they are. */
export const CliErrors = defineErrors('CLI', {
  NOT_SIGNED_IN: refusal(
    'UNAUTHENTICATED',
    (d: { endpoint: string }) =>
      `No account for ${d.endpoint}: run "bodega login", or set BODEGA_API_KEY, or pass --api-key.`,
    { endpoint: 'http://127.0.0.1:3000' },
  ),
  KEY_NOT_ACCEPTED: refusal(
    'UNAUTHENTICATED',
    (d: { endpoint: string }) => `${d.endpoint} does not accept this API key.`,
    {
      endpoint: 'http://127.0.0.1:3000',
    },
  ),
  BAD_USAGE: refusal('INVALID', (d: { reason: string }) => d.reason, {
    reason: '"acme" is not a dataset: write org/name.',
  }),
  UNKNOWN_FORM: refusal(
    'INVALID',
    (d: { form: string; known: readonly string[] }) =>
      `"${d.form}" is not a standard form; take ${d.known.join(' or ')}.`,
    { form: 'rlds', known: ['lerobot_v3.0'] },
  ),
  FORM_NOT_READY: refusal<{ form: string; state: string; reason: string | null }>(
    'CONFLICT',
    (d) =>
      d.state === 'failed'
        ? `This version cannot be had as ${d.form}: ${d.reason ?? 'it could not be made'}. Pull it without --as.`
        : `This version is not ready as ${d.form} yet (${d.state}); try again in a while, or pull it without --as.`,
    { form: 'lerobot_v3.0', state: 'queued', reason: null },
  ),
  WHOLE_FORM_ONLY: refusal(
    'INVALID',
    (d: { form: string }) => `Only a whole version can be had as ${d.form}: leave out --episodes and --where, or --as.`,
    { form: 'lerobot_v3.0' },
  ),
  INTERRUPTED: refusal('UNAVAILABLE', (d: { hint: string }) => `Stopped. ${d.hint}`, {
    hint: 'Run the same command again to go on where it stopped.',
  }),
  FILE: refusal('INVALID', (d: { path: string; reason: string }) => `${d.path}: ${d.reason}.`, {
    path: 'data/chunk-000/file-000.parquet',
    reason: 'permission denied',
  }),
  DISK_FULL: refusal<{ path: string; neededBytes: number | null; freeBytes: number | null }>(
    'UNAVAILABLE',
    (d) =>
      d.neededBytes === null || d.freeBytes === null
        ? `The disk that holds ${d.path} is full; make room and run the same command again, it goes on where it stopped.`
        : `The disk that holds ${d.path} has ${d.freeBytes} bytes free, and ${d.neededBytes} more are needed.`,
    { path: './pick-cups', neededBytes: 1000, freeBytes: 10 },
  ),
  UNSAFE_TREE: refusal(
    'INVALID',
    (d: { path: string; reason: string }) => `${d.path} cannot be published: ${d.reason}.`,
    {
      path: 'data/link',
      reason: 'it is a link that points out of the folder',
    },
  ),
  EMPTY_TREE: refusal('INVALID', (d: { path: string }) => `${d.path} holds no file to publish.`, { path: './empty' }),
  FILE_CHANGED: refusal(
    'CONFLICT',
    (d: { path: string }) =>
      `${d.path} changed while it was being uploaded; run the same command again when it is at rest.`,
    { path: 'data/file-000.parquet' },
  ),
  UNSAFE_PATH: refusal(
    'INVALID',
    (d: { path: string; reason: string }) =>
      `The market sent the file name ${JSON.stringify(d.path)}, which ${d.reason}; nothing was written for it.`,
    { path: '../evil', reason: 'leads out of the folder' },
  ),
  BAD_METADATA: refusal('INVALID', (d: { path: string; reason: string }) => `${d.path}: ${d.reason}.`, {
    path: 'dataset.yaml',
    reason: '"title" is missing',
  }),
  TRANSFER: refusal(
    'UNAVAILABLE',
    (d: { path: string; reason: string }) => `${d.path} could not be transferred: ${d.reason}.`,
    {
      path: 'videos/front.mp4',
      reason: 'the connection was cut 6 times in a row',
    },
  ),
  HASH_MISMATCH: refusal(
    'CONFLICT',
    (d: { path: string; expected: string; actual: string }) =>
      `${d.path} does not have the bytes that were licensed: SHA-256 ${d.actual} instead of ${d.expected}; the file was not kept.`,
    { path: 'data/file-000.parquet', expected: 'aa…', actual: 'bb…' },
  ),
  INCOMPLETE: refusal('CONFLICT', (d: { reason: string }) => `The download is not complete: ${d.reason}.`, {
    reason: 'the market listed 11 of 12 files',
  }),
  NO_GRANT: refusal<{ slug: string; version: string | null; other: string | null }>(
    'NOT_FOUND',
    (d) =>
      `You hold no active licence for ${d.slug}${d.version === null ? '' : `@${d.version}`}${
        d.other === null ? '' : ` (${d.other})`
      }: see "bodega offers ${d.slug}", then "bodega license ${d.slug}".`,
    { slug: 'acme/pick-cups', version: null, other: null },
  ),
  NO_VERSION: refusal(
    'NOT_FOUND',
    (d: { slug: string; version: string }) => `${d.slug} has no version ${d.version} that you may see.`,
    {
      slug: 'acme/pick-cups',
      version: 'v9',
    },
  ),
  NO_OFFER: refusal('NOT_FOUND', (d: { slug: string; reason: string }) => `${d.slug}: ${d.reason}.`, {
    slug: 'acme/pick-cups',
    reason: 'there is no offer',
  }),
  CONSENT_NEEDED: refusal('INVALID', (d: { what: string }) => `${d.what} Add --yes to accept.`, {
    what: 'This licenses acme/pick-cups for ¥199.00.',
  }),
  REFUSED: refusal('CONFLICT', (d: { code: string; message: string }) => d.message, {
    code: 'BILLING_BALANCE_TOO_LOW',
    message: 'The balance is too low.',
  }),
  REJECTED: refusal(
    'INVALID',
    (d: { slug: string; version: string; failing: number }) =>
      `${d.slug} ${d.version} was rejected: ${d.failing} ${d.failing === 1 ? 'rule fails' : 'rules fail'}; correct the data and publish again.`,
    { slug: 'acme/pick-cups', version: 'v1', failing: 2 },
  ),
  NO_MANIFEST: refusal(
    'NOT_FOUND',
    (d: { path: string }) =>
      `${d.path} has no .bodega/manifest.json: only folders that "bodega pull" completed can be verified.`,
    { path: './pick-cups' },
  ),
  BAD_MANIFEST: refusal(
    'INVALID',
    (d: { path: string; reason: string }) => `${d.path} is not a manifest of ours: ${d.reason}.`,
    {
      path: '.bodega/manifest.json',
      reason: 'it is not JSON',
    },
  ),
  NOT_VERIFIED: refusal(
    'CONFLICT',
    (d: { path: string; problems: number; first: string }) =>
      `${d.path} differs from its manifest in ${d.problems} ${d.problems === 1 ? 'place' : 'places'}: ${d.first}${d.problems === 1 ? '' : ', and more'}.`,
    { path: './pick-cups', problems: 1, first: 'data/file-000.parquet is missing' },
  ),
  NOT_LICENSED: refusal(
    'FORBIDDEN',
    (d: { path: string; reason: string }) => `The licence of ${d.path} does not hold: ${d.reason}.`,
    { path: './pick-cups', reason: 'the licence ended on 2026-11-30T00:00:00.000Z' },
  ),
  LOG_NOT_VERIFIED: refusal(
    'CONFLICT',
    (d: { endpoint: string; problem: string }) => `The log of ${d.endpoint} does not hold: ${d.problem}.`,
    { endpoint: 'http://127.0.0.1:3000', problem: 'the log has shrunk' },
  ),
  EVIDENCE_NOT_VERIFIED: refusal(
    'CONFLICT',
    (d: { path: string; problem: string }) => `The evidence in ${d.path} does not hold: ${d.problem}.`,
    { path: 'evidence.zip', problem: 'leases.csv is not what was signed' },
  ),
  CERTIFICATE_ELSEWHERE: refusal(
    'INVALID',
    (d: { url: string }) =>
      `The certificate keeps its status at ${d.url}, which is not at its issuer; it was not kept.`,
    { url: 'https://other.example/status/revocation-1' },
  ),
});
