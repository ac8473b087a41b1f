import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { STATE_FOLDER } from '../safe-path.js';
import type { CertificateBundle } from './check-certificate.js';
import { CertificateProblem } from './credential.js';

const FILES = {
  certificate: 'certificate.jwt',
  keys: 'jwks.json',
  revocation: 'status-revocation.jwt',
  suspension: 'status-suspension.jwt',
} as const;

/** Far above what they are; a file that is larger is not ours. */
const MAX_FILE_BYTES = 32 * 1_048_576;

const pathOf = (folder: string, file: keyof typeof FILES): string => join(folder, STATE_FOLDER, FILES[file]);

export async function hasCertificate(folder: string): Promise<boolean> {
  return (await stat(pathOf(folder, 'certificate')).catch(() => null)) !== null;
}

/** @throws CertificateProblem naming the file that is missing */
export async function readCertificateFiles(folder: string): Promise<CertificateBundle> {
  const read = async (file: keyof typeof FILES): Promise<string> => {
    const path = pathOf(folder, file);
    const found = await stat(path).catch(() => null);
    if (!found?.isFile()) throw new CertificateProblem(`${join(STATE_FOLDER, FILES[file])} is missing`);
    if (found.size > MAX_FILE_BYTES) throw new CertificateProblem(`${join(STATE_FOLDER, FILES[file])} is too large`);
    return readFile(path, 'utf8');
  };
  return {
    certificate: await read('certificate'),
    keys: await read('keys'),
    statusLists: { revocation: await read('revocation'), suspension: await read('suspension') },
  };
}

/** Each file whole or not at all; none of them where there is no certificate. */
export async function writeCertificateFiles(folder: string, bundle: CertificateBundle | null): Promise<void> {
  await mkdir(join(folder, STATE_FOLDER), { recursive: true });
  const texts = {
    certificate: bundle?.certificate,
    keys: bundle?.keys,
    revocation: bundle?.statusLists.revocation,
    suspension: bundle?.statusLists.suspension,
  };
  for (const file of Object.keys(FILES) as (keyof typeof FILES)[]) {
    const path = pathOf(folder, file);
    const text = texts[file];
    if (text === undefined) {
      await rm(path, { force: true });
      continue;
    }
    const draft = `${path}.${process.pid}.tmp`;
    await writeFile(draft, text);
    await rename(draft, path);
  }
}
