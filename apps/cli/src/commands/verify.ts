import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commitIdOf, merkleRootOf } from '@app/kernel';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { readManifest } from '../local/manifest.js';
import type { Manifest } from '../local/manifest.js';
import { STATE_FOLDER } from '../local/safe-path.js';
import { counted, formatBytes } from '../terminal/units.js';
import { hashFile } from '../transfer/hash-file.js';

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

/** Checks a pulled folder against its manifest. Asks nobody: works with the network off. */
export async function verify(invocation: Invocation, folder: string): Promise<void> {
  const manifest = await readManifest(folder);
  const progress = invocation.progress('verify');
  progress.expect(manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0));
  const differences: Difference[] = [];
  for (const file of manifest.files) {
    const difference = await compare(folder, file, invocation.signal);
    if (difference) differences.push(difference);
    progress.advance(file.sizeBytes);
  }
  progress.close();
  differences.push(...compareRoot(manifest), ...(await extras(folder, manifest)));
  const bytes = manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const { slug, version, commit, merkleRoot, grantId, termsHash, episodes } = manifest;
  const verified = differences.length === 0;
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
  };
  invocation.result(json, () =>
    [
      ...differences.map(
        (d) =>
          `${d.path} ${SENTENCES[d.problem]}${d.expected === undefined ? '' : ` (${d.actual ?? 'none'} instead of ${d.expected ?? 'none'})`}`,
      ),
      ...(verified
        ? [
            `${slug} ${version}: ${counted(manifest.files.length, 'file')}, ${formatBytes(bytes)}, every byte as licensed`,
            episodes === null
              ? `commit ${commit ?? '–'}`
              : `episodes ${episodes} only; each file's hash was checked, not the whole version's`,
          ]
        : []),
    ].join('\n'),
  );
  if (!verified) throw CliErrors.NOT_VERIFIED({ path: folder, problems: differences.length });
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

/** A whole version's files must add up to its root, and the root to its commit id; a part of a version cannot. */
function compareRoot(manifest: Manifest): Difference[] {
  if (manifest.episodes !== null) return [];
  const root = merkleRootOf(manifest.files);
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
