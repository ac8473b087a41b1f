import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isErrno } from '../process-lock.js';

/** A user and group to run as. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody`: the only unprivileged user that every Linux has. */
const NOBODY: Identity = { uid: 65_534, gid: 65_534 };

/** Postgres refuses to run as root; null means that we are not root and run it as ourselves. */
export function unprivilegedIdentity(): Identity | null {
  return process.getuid?.() === 0 ? NOBODY : null;
}

/** Whether a user may enter a folder: every folder on the way must let it search. */
export async function canEnter(folder: string, identity: Identity): Promise<boolean> {
  for (let at = await realpath(folder); ; at = dirname(at)) {
    const { uid, gid, mode } = await stat(at);
    const bits = uid === identity.uid ? mode >> 6 : gid === identity.gid ? mode >> 3 : mode;
    if ((bits & 0o1) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/**
 * Makes the folder that Postgres gets as its own. When we are root and a parent is closed to `nobody`, that is a folder
 * under the temporary one, always the same for the same wanted path.
 */
export async function makeOwnFolder(
  wanted: string,
  identity: Identity | null,
  log: (line: string) => void,
): Promise<string> {
  const path = resolve(wanted);
  if (!identity) {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }
  await mkdir(path, { recursive: true });
  if (await canEnter(dirname(await realpath(path)), identity)) {
    await giveTo(path, identity);
    return path;
  }
  const elsewhere = join(
    tmpdir(),
    `bodega-postgres-data-${createHash('sha256').update(path).digest('hex').slice(0, 16)}`,
  );
  log(
    `Postgres may not run as root, and the user nobody cannot reach ${path}: its data are kept in ${elsewhere} instead.`,
  );
  await mkdir(elsewhere, { mode: 0o700 }).catch((error: unknown) => {
    if (!isErrno(error, 'EEXIST')) throw error;
  });
  const { uid } = await stat(elsewhere);
  if (uid !== 0 && uid !== identity.uid)
    throw new Error(`${elsewhere} belongs to another user; remove it, or set BODEGA_HOME.`);
  await giveTo(elsewhere, identity);
  return elsewhere;
}

/** Hands a path over to the user that Postgres runs as. */
export async function giveTo(path: string, identity: Identity | null): Promise<void> {
  if (!identity) return;
  await chown(path, identity.uid, identity.gid);
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) await chmod(path, mode & 0o700);
}
