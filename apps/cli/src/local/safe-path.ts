import { lstat, mkdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { CliErrors } from '../cli.errors.js';

/** Our own folder inside a pulled one: manifest and unfinished parts. */
export const STATE_FOLDER = '.bodega';

/** Why a file name must not be used under a local folder; null when it may. */
export function pathProblem(path: string): string | null {
  if (path === '') return 'is empty';
  if (Buffer.byteLength(path) > 4000) return 'is too long';
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'holds control characters';
  if (path.includes('\\')) return 'holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is absolute';
  const segments = path.split('/');
  if (segments.some((segment) => segment === '..')) return 'leads out of the folder';
  if (segments.some((segment) => segment === '' || segment === '.')) return 'has an empty step';
  if (segments[0]?.toLowerCase() === STATE_FOLDER) return `lies in ${STATE_FOLDER}, which is kept for our own notes`;
  return null;
}

/** Where a file of the market goes below `root`. @throws CLI_UNSAFE_PATH */
export function localPathOf(root: string, path: string): string {
  const reason = pathProblem(path);
  if (reason !== null) throw CliErrors.UNSAFE_PATH({ path, reason });
  return join(root, ...path.split('/'));
}

/**
 * Makes the folders that lead to a file, and proves that none of them is a link to somewhere else: a link planted in the folder
 * must not carry bytes out of it. `realRoot` is the root with its links resolved.
 * @throws CLI_UNSAFE_PATH
 */
export async function makeFoldersFor(realRoot: string, path: string): Promise<string> {
  const target = localPathOf(realRoot, path);
  const folder = join(target, '..');
  await refuseLinks(realRoot, path);
  await mkdir(folder, { recursive: true });
  const real = await realpath(folder);
  if (real !== realRoot && !real.startsWith(realRoot + sep)) {
    throw CliErrors.UNSAFE_PATH({ path, reason: 'passes through a link that leads out of the folder' });
  }
  const existing = await lstat(target).catch(() => null);
  if (existing?.isDirectory())
    throw CliErrors.FILE({ path: target, reason: 'a folder has the name of a file to be written' });
  return target;
}

/** Walks down before anything is made, so that not even a folder appears behind a link. */
async function refuseLinks(realRoot: string, path: string): Promise<void> {
  const folders = path.split('/').slice(0, -1);
  for (let depth = 1; depth <= folders.length; depth++) {
    const folder = join(realRoot, ...folders.slice(0, depth));
    const found = await lstat(folder).catch(() => null);
    if (!found) return;
    if (found.isDirectory()) continue;
    if (!found.isSymbolicLink())
      throw CliErrors.FILE({ path: folder, reason: 'a file has the name of a folder to be made' });
    const real = await realpath(folder).catch(() => '');
    if (real !== realRoot && !real.startsWith(realRoot + sep)) {
      throw CliErrors.UNSAFE_PATH({ path, reason: 'passes through a link that leads out of the folder' });
    }
  }
}
