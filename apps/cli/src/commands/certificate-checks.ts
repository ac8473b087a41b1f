import type { BodegaClient } from '@app/client';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { readCertificateFiles, writeCertificateFiles } from '../local/certificate/certificate-files.js';
import { checkCertificate, readClaims } from '../local/certificate/check-certificate.js';
import type { CertificateDemands, CheckedCertificate } from '../local/certificate/check-certificate.js';
import { CertificateProblem, readKeySet } from '../local/certificate/credential.js';
import { KnownKeys } from '../local/certificate/known-keys.js';
import { rootOf } from '../local/manifest.js';
import type { Manifest } from '../local/manifest.js';
import { downloadCertificate, downloadStatus } from './certificate-download.js';

/** What a certificate in a folder turned out to be. */
export type CertificateVerdict =
  { readonly valid: true; readonly facts: CheckedCertificate } | { readonly valid: false; readonly problem: string };

/** How strictly a folder is judged. */
export interface CertificateOptions {
  /** Thumbprint of the only key to trust. */
  readonly key?: string;
  readonly maxStatusAgeH: number | null;
}

/**
 * Brings the certificate of a pulled folder, proves that it is of these bytes, and keeps it beside them.
 * @returns its id; null where the market signs none
 * @throws CLI_NOT_LICENSED
 */
export async function keepCertificate(
  invocation: Invocation,
  client: BodegaClient,
  folder: string,
  manifest: Manifest,
): Promise<string | null> {
  const bundle = await orRefusal(folder, () => downloadCertificate(client, manifest.grantId, invocation.signal));
  if (!bundle) {
    await writeCertificateFiles(folder, null);
    return null;
  }
  const id = await orRefusal(folder, async () => {
    const { issuer, claims } = readClaims(bundle.certificate, bundle.keys);
    await new KnownKeys(invocation.environment.configDir).learn(
      client.endpoint,
      issuer,
      readKeySet(bundle.keys).keys(),
    );
    checkCertificate(bundle, demandsOf({ ...manifest, certificate: claims.id }, null, null));
    return claims.id;
  });
  await writeCertificateFiles(folder, bundle);
  return id;
}

/** Fetches the status lists and keys of a folder anew. The only part of verifying that asks anybody. @throws CLI_NOT_LICENSED */
export async function refreshStatus(invocation: Invocation, folder: string, manifest: Manifest): Promise<void> {
  await orRefusal(folder, async () => {
    const { certificate } = await readCertificateFiles(folder);
    const bundle = await downloadStatus(manifest.endpoint, certificate, invocation.signal);
    const { issuer } = readClaims(certificate, bundle.keys);
    const known = new KnownKeys(invocation.environment.configDir);
    await known.learn(manifest.endpoint, issuer, readKeySet(bundle.keys).keys());
    await writeCertificateFiles(folder, bundle);
  });
}

/** Judges the certificate of a folder with the network off. */
export async function judgeCertificate(
  invocation: Invocation,
  folder: string,
  manifest: Manifest,
  { key, maxStatusAgeH }: CertificateOptions,
): Promise<CertificateVerdict> {
  try {
    const bundle = await readCertificateFiles(folder);
    const { issuer } = readClaims(bundle.certificate, bundle.keys);
    const trusted = key === undefined ? await new KnownKeys(invocation.environment.configDir).of(issuer) : [key];
    return { valid: true, facts: checkCertificate(bundle, demandsOf(manifest, trusted, maxStatusAgeH)) };
  } catch (error) {
    if (error instanceof CertificateProblem) return { valid: false, problem: error.message };
    throw error;
  }
}

function demandsOf(
  manifest: Manifest,
  trusted: readonly string[] | null,
  maxStatusAgeH: number | null,
): CertificateDemands {
  return { manifest, merkleRoot: rootOf(manifest) ?? 'nothing', now: new Date(), trusted, maxStatusAgeH };
}

async function orRefusal<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CertificateProblem) throw CliErrors.NOT_LICENSED({ path, reason: error.message }, error);
    throw error;
  }
}
