import { createHash } from 'node:crypto';
import { canonicalJson } from '@app/kernel';
import type { GrantSlice } from '../grants/grant.entity.js';
import { policyContext, profileOf } from '../odrl/odrl-names.js';
import { toOdrl } from '../odrl/write-policy.rules.js';
import type { PolicyJson } from '../odrl/write-policy.rules.js';
import type { Terms } from '../terms/terms.js';
import type { VersionForm } from './version-forms.port.js';

/** What a certificate states, before it has an id and a date of its own. */
export interface CertifiedFacts {
  readonly grantId: string;
  readonly licensee: Party;
  readonly licensor: Party;
  readonly dataset: { readonly id: string; readonly slug: string };
  readonly version: {
    readonly id: string;
    readonly label: string;
    readonly commit: string;
    readonly merkleRoot: string;
  };
  readonly forms: readonly VersionForm[];
  readonly slice: GrantSlice;
  /** `odrl` says the same as an agreement that others can read; null where the terms cannot be read any more. */
  readonly policy: { readonly termsHash: string; readonly template: string; readonly odrl: PolicyJson | null };
  readonly validFrom: Date;
  readonly validUntil: Date | null;
  readonly status: { readonly list: number; readonly index: number };
}

interface Party {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

export const STATUS_PURPOSES = ['revocation', 'suspension'] as const;
/** Why a right may be stopped before its time: for good, or until it is resumed. */
export type StatusPurpose = (typeof STATUS_PURPOSES)[number];

const CONTEXT = 'https://www.w3.org/ns/credentials/v2';
/** Our own terms, defined inside the signed document: nothing has to be fetched to read it. */
const OWN_TERMS = { '@vocab': 'urn:bodega:license#' };

export const certificateUrlOf = (issuer: string, id: string): string => `${issuer}/certificates/${id}`;
export const statusListUrlOf = (issuer: string, purpose: StatusPurpose, list: number): string =>
  `${issuer}/status/${purpose}-${list}`;

/** The grant as an ODRL agreement: what the certificate holds, readable by itself. */
export function agreementOf(
  issuer: string,
  terms: Terms,
  grant: Pick<CertifiedFacts, 'grantId' | 'licensee' | 'licensor' | 'dataset' | 'version' | 'validFrom' | 'validUntil'>,
): PolicyJson {
  const profile = profileOf(issuer);
  const policy = toOdrl(terms, {
    kind: 'Agreement',
    profile,
    uid: `urn:bodega:${grant.grantId}`,
    target: `${issuer}/datasets/${grant.dataset.slug}/versions/${grant.version.label}`,
    assigner: `urn:bodega:${grant.licensor.id}`,
    assignee: `urn:bodega:${grant.licensee.id}`,
    from: grant.validFrom,
    until: grant.validUntil,
  });
  return { '@context': policyContext(profile), ...policy };
}

/** Names what is certified: the same facts are not certified twice, changed ones are certified anew. */
export function claimsHashOf(issuer: string, facts: CertifiedFacts): string {
  return createHash('sha256').update(canonicalJson({ issuer, facts })).digest('hex');
}

/**
 * The certificate of a grant as a verifiable credential.
 * @see W3C Verifiable Credentials Data Model 2.0; Securing Verifiable Credentials using JOSE and COSE, section 3.1
 */
export function certificateOf(
  issuer: string,
  facts: CertifiedFacts,
  { id, issuedAt }: { id: string; issuedAt: Date },
): Record<string, unknown> {
  const url = certificateUrlOf(issuer, id);
  return {
    ...envelope(issuer, url, 'DatasetLicenseCredential', issuedAt),
    validFrom: facts.validFrom.toISOString(),
    ...(facts.validUntil && { validUntil: facts.validUntil.toISOString() }),
    credentialStatus: STATUS_PURPOSES.map((statusPurpose) => ({
      type: 'BitstringStatusListEntry',
      statusPurpose,
      statusListIndex: String(facts.status.index),
      statusListCredential: statusListUrlOf(issuer, statusPurpose, facts.status.list),
    })),
    credentialSubject: {
      id: `urn:bodega:${facts.licensee.id}`,
      licensee: facts.licensee,
      licensor: facts.licensor,
      grant: facts.grantId,
      dataset: facts.dataset,
      version: facts.version,
      forms: facts.forms,
      slice: facts.slice,
      policy: facts.policy,
    },
  };
}

/** What every credential of ours begins with. `iss` repeats `issuer`, without which a `kid` would mean nothing. */
export function envelope(issuer: string, url: string, type: string, issuedAt: Date): Record<string, unknown> {
  return {
    '@context': [CONTEXT, OWN_TERMS],
    id: url,
    type: ['VerifiableCredential', type],
    issuer,
    iss: issuer,
    jti: url,
    iat: Math.floor(issuedAt.getTime() / 1000),
  };
}
