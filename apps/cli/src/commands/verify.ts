import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commitIdOf } from '@app/kernel';
import { parseWhole } from '../arguments/numbers.js';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { hasCertificate } from '../local/certificate/certificate-files.js';
import type { CheckedCertificate } from '../local/certificate/check-certificate.js';
import { readManifest, rootOf } from '../local/manifest.js';
import type { Manifest } from '../local/manifest.js';
import { STATE_FOLDER } from '../local/safe-path.js';
import { counted, formatBytes, formatDuration } from '../terminal/units.js';
import { hashFile } from '../transfer/hash-file.js';
import { judgeCertificate, refreshStatus } from './certificate-checks.js';

export interface Difference {
  readonly path: string;
  readonly problem: 'missing' | 'wrong_size' | 'wrong_hash' | 'not_a_file' | 'unreadable' | 'extra' | 'wrong_root';
  readonly expected?: string | number | null;
  readonly actual?: string | number;
}

const SENTENCES: Readonly<Record<Difference['problem'], string>> = {
  missing: 'is missing',
  wrong_size: 'has the wrong size',
  wrong_hash: 'has other bytes than were licensed',
  not_a_file: 'is not a file',
  unreadable: 'cannot be read',
  extra: 'does not belong to this version',
  wrong_root: 'is not what the listed files add up to',
};

export interface VerifyOptions {
  readonly refresh?: boolean;
  readonly key?: string;
  readonly maxStatusAge?: string;
}

const MAX_HOURS = 1_000_000;

/** Checks a pulled folder against its manifest and its certificate. Asks nobody, unless told to refresh: works with the network off. */
export async function verify(invocation: Invocation, folder: string, options: VerifyOptions = {}): Promise<void> {
  const maxStatusAgeH =
    options.maxStatusAge === undefined ? null : parseWhole(options.maxStatusAge, 'The age in hours', 0, MAX_HOURS);
  const manifest = await readManifest(folder);
  const isCertified = manifest.certificate !== null || (await hasCertificate(folder));
  if (options.refresh === true && isCertified) await refreshStatus(invocation, folder, manifest);
  const differences = await differencesOf(invocation, folder, manifest);
  const verdict = isCertified
    ? await judgeCertificate(invocation, folder, manifest, {
        ...(options.key !== undefined && { key: options.key }),
        maxStatusAgeH,
      })
    : null;
  const bytes = manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const { slug, version, commit, merkleRoot, grantId, termsHash, episodes } = manifest;
  const verified = differences.length === 0 && verdict?.valid !== false;
  const json = {
    slug,
    version,
    commit,
    merkleRoot,
    grantId,
    termsHash,
    episodes,
    files: manifest.files.length,
    bytes,
    verified,
    differences,
    certificate: verdict && { valid: verdict.valid, ...(verdict.valid ? verdict.facts : { problem: verdict.problem }) },
  };
  invocation.result(json, () =>
    [
      ...differences.map(sentenceOf),
      ...(verdict?.valid === false ? [verdict.problem] : []),
      ...(verified
        ? [
            `${slug} ${version}: ${counted(manifest.files.length, 'file')}, ${formatBytes(bytes)}, every byte as licensed`,
          ]
        : []),
      ...(verified ? [episodes === null ? `commit ${commit ?? '–'}` : partOf(manifest)] : []),
      ...(verified
        ? [verdict ? licenceOf(verdict.facts) : 'no certificate here: whether the bytes are licensed was not checked']
        : []),
    ].join('\n'),
  );
  const [first] = differences;
  if (first) {
    throw CliErrors.NOT_VERIFIED({ path: folder, problems: differences.length, first: sentenceOf(first) });
  }
  if (verdict?.valid === false) throw CliErrors.NOT_LICENSED({ path: folder, reason: verdict.problem });
}

function partOf({ episodes, tree, commit }: Manifest): string {
  return tree
    ? `episodes ${episodes ?? ''} only; each file is one of commit ${commit ?? '–'}`
    : `episodes ${episodes ?? ''} only; each file's hash was checked, not the whole version's`;
}

function licenceOf({ licensee, template, validUntil, status, statusAsOf, statusAgeS }: CheckedCertificate): string {
  const until = validUntil === null ? 'without end' : `until ${validUntil}`;
  const age = `${statusAsOf}, ${formatDuration(statusAgeS)} ago`;
  return [
    `licensed to ${licensee} under ${template} ${until}`,
    status === 'not_stopped'
      ? `neither revoked nor suspended as of ${age}`
      : `status unknown: it was last read on ${age}; run again with --refresh`,
  ].join('\n');
}

function sentenceOf({ path, problem, expected, actual }: Difference): string {
  const detail = expected === undefined ? '' : ` (${actual ?? 'none'} instead of ${expected ?? 'none'})`;
  return `${path} ${SENTENCES[problem]}${detail}`;
}

async function differencesOf(invocation: Invocation, folder: string, manifest: Manifest): Promise<Difference[]> {
  const progress = invocation.progress('verify');
  progress.expect(manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0));
  const differences: Difference[] = [];
  for (const file of manifest.files) {
    const difference = await compare(folder, file, invocation.signal);
    if (difference) differences.push(difference);
    progress.advance(file.sizeBytes);
  }
  progress.close();
  return [...differences, ...compareRoot(manifest), ...(await extras(folder, manifest))];
}

async function compare(
  folder: string,
  file: Manifest['files'][number],
  signal: AbortSignal,
): Promise<Difference | null> {
  const path = join(folder, ...file.path.split('/'));
  const entry = await lstat(path).catch(() => null);
  if (!entry) return { path: file.path, problem: 'missing' };
  if (!entry.isFile()) return { path: file.path, problem: 'not_a_file' };
  if (entry.size !== file.sizeBytes)
    return { path: file.path, problem: 'wrong_size', expected: file.sizeBytes, actual: entry.size };
  try {
    const { sha256 } = await hashFile(path, signal);
    return sha256 === file.sha256
      ? null
      : { path: file.path, problem: 'wrong_hash', expected: file.sha256, actual: sha256 };
  } catch (error) {
    signal.throwIfAborted();
    return { path: file.path, problem: 'unreadable', actual: error instanceof Error ? error.message : String(error) };
  }
}

/** The files must add up to their version's root, and the root to its commit id; parts that came without a tree cannot. */
function compareRoot(manifest: Manifest): Difference[] {
  if (manifest.episodes !== null && manifest.tree === null) return [];
  const root = rootOf(manifest) ?? 'nothing';
  const commit = commitIdOf(root);
  return [
    ...(manifest.merkleRoot === root
      ? []
      : [{ path: 'merkleRoot', problem: 'wrong_root' as const, expected: manifest.merkleRoot, actual: root }]),
    ...(manifest.commit === commit
      ? []
      : [{ path: 'commit', problem: 'wrong_root' as const, expected: manifest.commit, actual: commit }]),
  ];
}

async function extras(folder: string, manifest: Manifest): Promise<Difference[]> {
  const known = new Set(manifest.files.map((file) => file.path));
  const found: Difference[] = [];
  const folders = [''];
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of await readdir(join(folder, at), { withFileTypes: true })) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (path === STATE_FOLDER) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (!known.has(path)) found.push({ path, problem: 'extra' });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
