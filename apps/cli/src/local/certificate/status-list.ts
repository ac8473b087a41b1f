import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { CertificateProblem, readCredential } from './credential.js';
import type { KeySet } from './credential.js';
import { instantOf, isBeforeNow } from './instant.js';

export const STATUS_PURPOSES = ['revocation', 'suspension'] as const;
export type StatusPurpose = (typeof STATUS_PURPOSES)[number];

/** Where a certificate says that its status stands. */
export const statusEntrySchema = z.object({
  type: z.literal('BitstringStatusListEntry'),
  statusPurpose: z.enum(STATUS_PURPOSES),
  statusListIndex: z.string().regex(/^(0|[1-9]\d{0,8})$/),
  statusListCredential: z.string(),
});
export type StatusEntry = z.infer<typeof statusEntrySchema>;

const listSchema = z.object({
  id: z.string(),
  type: z.array(z.string()).refine((types) => types.includes('BitstringStatusListCredential')),
  validFrom: z.string(),
  validUntil: z.string(),
  credentialSubject: z.object({
    type: z.literal('BitstringStatusList'),
    statusPurpose: z.enum(STATUS_PURPOSES),
    encodedList: z.string(),
  }),
});

/** The least number of entries that the specification allows. */
const MIN_BYTES = 131_072 / 8;
/** A list that unpacks to more is no list but an attack. */
const MAX_BYTES = 16 * 1_048_576;

export interface StatusAsOf {
  readonly isSet: boolean;
  readonly asOf: Date;
  readonly validUntil: Date;
  readonly kid: string;
}

/**
 * What a saved status list says of a certificate.
 * @see W3C Bitstring Status List v1.0, section 3.2
 * @throws CertificateProblem
 */
export function readStatus(
  jwt: string,
  entry: StatusEntry,
  { keys, issuer, now }: { keys: KeySet; issuer: string; now: Date },
): StatusAsOf {
  const what = `${entry.statusPurpose} list`;
  const { kid, issuer: signer, payload } = readCredential(jwt, keys, what);
  const read = listSchema.safeParse(payload);
  if (!read.success) throw new CertificateProblem(`the ${what} is not a status list`);
  const { id, credentialSubject: list } = read.data;
  if (signer !== issuer || id !== entry.statusListCredential || list.statusPurpose !== entry.statusPurpose) {
    throw new CertificateProblem(`the ${what} is not the one that the certificate names`);
  }
  const asOf = instantOf(read.data.validFrom, what);
  const validUntil = instantOf(read.data.validUntil, what);
  if (!isBeforeNow(asOf, now)) {
    throw new CertificateProblem(`the ${what} is dated ${asOf.toISOString()}, later than this machine's clock`);
  }
  const bits = unpack(list.encodedList, what);
  const index = Number(entry.statusListIndex);
  if (index >= bits.length * 8) throw new CertificateProblem(`the ${what} has no entry ${index}`);
  return { isSet: ((bits[index >> 3] ?? 0) & (0x80 >> (index & 7))) !== 0, asOf, validUntil, kid };
}

function unpack(encoded: string, what: string): Buffer {
  let bits: Buffer | null = null;
  try {
    if (encoded.startsWith('u')) {
      bits = gunzipSync(Buffer.from(encoded.slice(1), 'base64url'), { maxOutputLength: MAX_BYTES });
    }
  } catch {
    bits = null;
  }
  if (!bits || bits.length < MIN_BYTES) throw new CertificateProblem(`the ${what} cannot be unpacked`);
  return bits;
}
