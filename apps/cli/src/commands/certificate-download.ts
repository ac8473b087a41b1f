import { IssueCertificate, backOffMs, isTransientStatus, pause } from '@app/client';
import type { BodegaClient } from '@app/client';
import { CliErrors } from '../cli.errors.js';
import { readClaims, statusEntryOf } from '../local/certificate/check-certificate.js';
import type { CertificateBundle } from '../local/certificate/check-certificate.js';
import type { StatusPurpose } from '../local/certificate/status-list.js';

const ATTEMPTS = 4;
const PATIENCE_MS = 30_000;
/** A status list of the usual size has some 22 kB at most. */
const MAX_BYTES = 32 * 1_048_576;

/** The certificate of a grant with the lists and keys that it is checked with; null where the market signs none. */
export async function downloadCertificate(
  client: BodegaClient,
  grantId: string,
  signal: AbortSignal,
): Promise<CertificateBundle | null> {
  const { issueCertificate } = await client.run(IssueCertificate, { input: { grantId } }, signal);
  return issueCertificate && downloadStatus(client.endpoint, issueCertificate.jwt, signal);
}

/** Lists and keys as they are now, for a certificate that is here. Needs no account. @throws CertificateProblem */
export async function downloadStatus(
  endpoint: string,
  certificate: string,
  signal: AbortSignal,
): Promise<CertificateBundle> {
  const keys = await download(`${endpoint}/.well-known/jwks.json`, signal);
  const { issuer, claims } = readClaims(certificate, keys);
  const list = async (purpose: StatusPurpose): Promise<string> => {
    const url = statusEntryOf(claims, purpose).statusListCredential;
    // From the market that was named, whatever address stands in the certificate.
    if (!url.startsWith(`${issuer}/status/`)) throw CliErrors.CERTIFICATE_ELSEWHERE({ url });
    return download(`${endpoint}${url.slice(issuer.length)}`, signal);
  };
  return {
    certificate,
    keys,
    statusLists: { revocation: await list('revocation'), suspension: await list('suspension') },
  };
}

async function download(url: string, signal: AbortSignal): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
      const text = await response.text();
      if (response.ok && text.length <= MAX_BYTES) return text;
      if (!isTransientStatus(response.status) || attempt + 1 >= ATTEMPTS) {
        throw CliErrors.TRANSFER({ path: url, reason: `the market answered with HTTP ${response.status}` });
      }
    } catch (error) {
      signal.throwIfAborted();
      const isNetwork = error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
      if (!isNetwork) throw error;
      if (attempt + 1 >= ATTEMPTS) {
        throw CliErrors.TRANSFER({ path: url, reason: 'the market is not reachable' }, error);
      }
    }
    await pause(backOffMs(attempt), signal);
  }
}
