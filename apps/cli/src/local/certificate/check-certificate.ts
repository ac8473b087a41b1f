import { z } from 'zod';
import type { Manifest } from '../manifest.js';
import { CertificateProblem, readCredential, readKeySet } from './credential.js';
import { instantOf, isBeforeNow } from './instant.js';
import { STATUS_PURPOSES, readStatus, statusEntrySchema } from './status-list.js';
import type { StatusEntry, StatusPurpose } from './status-list.js';

/** What a pull leaves beside the manifest: enough to check the licence with the network off. */
export interface CertificateBundle {
  readonly certificate: string;
  /** JSON Web Key Set of the market. */
  readonly keys: string;
  readonly statusLists: Readonly<Record<StatusPurpose, string>>;
}

/** What the certificate must fit, and how strictly. */
export interface CertificateDemands {
  readonly manifest: Manifest;
  /** What the files in the folder add up to. */
  readonly merkleRoot: string;
  readonly now: Date;
  /** Thumbprints of the only keys to trust; null trusts the keys in the folder. */
  readonly trusted: readonly string[] | null;
  /** Oldest status list that will do; null takes any, and says how old it is. */
  readonly maxStatusAgeH: number | null;
}

/** What a good certificate states, and as of when. */
export interface CheckedCertificate {
  readonly id: string;
  readonly issuer: string;
  readonly keyId: string;
  readonly licensee: string;
  readonly grantId: string;
  readonly template: string;
  readonly validFrom: string;
  readonly validUntil: string | null;
  /** `unknown` when the saved list is over: nobody can tell without asking the market. */
  readonly status: 'not_stopped' | 'unknown';
  readonly statusAsOf: string;
  readonly statusAgeS: number;
}

const address = z.object({ commit: z.string(), merkleRoot: z.string() });
const certificateSchema = z.object({
  '@context': z.tuple([z.literal('https://www.w3.org/ns/credentials/v2')]).rest(z.unknown()),
  id: z.string(),
  type: z.array(z.string()).refine((types) => types.includes('DatasetLicenseCredential')),
  validFrom: z.string(),
  validUntil: z.string().optional(),
  credentialStatus: z.array(statusEntrySchema),
  credentialSubject: z.object({
    licensee: z.object({ slug: z.string() }),
    grant: z.string(),
    dataset: z.object({ slug: z.string() }),
    version: address.extend({ label: z.string() }),
    forms: z.array(address.extend({ form: z.string() })),
    policy: z.object({ termsHash: z.string(), template: z.string() }),
  }),
});
type CertificateClaims = z.infer<typeof certificateSchema>;

/** The claims of a certificate whose signature is good; says nothing yet of dates and status. @throws CertificateProblem */
export function readClaims(
  certificate: string,
  keys: string,
): { kid: string; issuer: string; claims: CertificateClaims } {
  const { kid, issuer, payload } = readCredential(certificate, readKeySet(keys), 'certificate');
  const read = certificateSchema.safeParse(payload);
  if (!read.success) throw new CertificateProblem('the certificate does not state a licence of a dataset');
  return { kid, issuer, claims: read.data };
}

/** The address at which the market keeps the status list of a purpose. @throws CertificateProblem */
export function statusEntryOf(claims: CertificateClaims, purpose: StatusPurpose): StatusEntry {
  const entry = claims.credentialStatus.find((one) => one.statusPurpose === purpose);
  if (!entry) throw new CertificateProblem(`the certificate does not say where its ${purpose} can be read`);
  return entry;
}

/**
 * Checks that the bytes of a folder are licensed now, as far as that can be known offline.
 * @throws CertificateProblem with the first thing that is wrong
 */
export function checkCertificate(bundle: CertificateBundle, demands: CertificateDemands): CheckedCertificate {
  const { now, trusted } = demands;
  const { kid, issuer, claims } = readClaims(bundle.certificate, bundle.keys);
  const keys = readKeySet(bundle.keys);
  checkSubject(claims, demands);
  const validFrom = instantOf(claims.validFrom, 'certificate');
  const validUntil = claims.validUntil === undefined ? null : instantOf(claims.validUntil, 'certificate');
  if (!isBeforeNow(validFrom, now)) {
    throw new CertificateProblem(`the licence begins only on ${validFrom.toISOString()}`);
  }
  if (validUntil && validUntil <= now) throw new CertificateProblem(`the licence ended on ${validUntil.toISOString()}`);
  const read = STATUS_PURPOSES.map((purpose) => ({
    purpose,
    ...readStatus(bundle.statusLists[purpose], statusEntryOf(claims, purpose), { keys, issuer, now }),
  }));
  const unknown = [kid, ...read.map((list) => list.kid)].find((one) => trusted && !trusted.includes(one));
  if (unknown !== undefined) {
    throw new CertificateProblem(`the key ${unknown} is not one that is trusted here for ${issuer}`);
  }
  for (const { purpose, isSet, asOf } of read) {
    if (isSet) {
      const done = purpose === 'revocation' ? 'revoked' : 'suspended';
      throw new CertificateProblem(`the licence is ${done}, says the market's list of ${asOf.toISOString()}`);
    }
  }
  const asOf = new Date(Math.min(...read.map((list) => list.asOf.getTime())));
  const statusAgeS = Math.max(0, Math.round((now.getTime() - asOf.getTime()) / 1000));
  if (demands.maxStatusAgeH !== null && statusAgeS > demands.maxStatusAgeH * 3600) {
    throw new CertificateProblem(
      `its status was last read on ${asOf.toISOString()}, more than ${demands.maxStatusAgeH} h ago`,
    );
  }
  return {
    id: claims.id,
    issuer,
    keyId: kid,
    licensee: claims.credentialSubject.licensee.slug,
    grantId: claims.credentialSubject.grant,
    template: claims.credentialSubject.policy.template,
    validFrom: claims.validFrom,
    validUntil: claims.validUntil ?? null,
    status: read.some((list) => list.validUntil <= now) ? 'unknown' : 'not_stopped',
    statusAsOf: asOf.toISOString(),
    statusAgeS,
  };
}

/** The certificate is of these bytes under this grant, and not merely a good certificate. */
function checkSubject(claims: CertificateClaims, { manifest, merkleRoot }: CertificateDemands): void {
  const { grant, dataset, version, forms, policy } = claims.credentialSubject;
  const licensed = manifest.form === null ? version : forms.find((one) => one.form === manifest.form);
  if (!licensed) throw new CertificateProblem(`the certificate does not cover the form ${manifest.form ?? ''}`);
  if (merkleRoot !== licensed.merkleRoot) {
    throw new CertificateProblem(`the files add up to ${merkleRoot} and not to the licensed ${licensed.merkleRoot}`);
  }
  const said: readonly (readonly [string, string | null, string])[] = [
    ['grant', manifest.grantId, grant],
    ['dataset', manifest.slug, dataset.slug],
    ['version', manifest.version, version.label],
    ['commit', manifest.commit, licensed.commit],
    ['terms', manifest.termsHash, policy.termsHash],
    ['certificate', manifest.certificate, claims.id],
  ];
  for (const [what, ours, theirs] of said) {
    if (ours !== theirs) {
      throw new CertificateProblem(`the manifest names the ${what} ${ours ?? 'none'}, the certificate ${theirs}`);
    }
  }
}
