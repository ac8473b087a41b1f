import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

const host = hostname().replace(/[^A-Za-z0-9]+/g, '_');
/** `bodega-scratch-<host>-<process>-<random>`: containers may share a disk, but then they have names of their own. */
const PREFIX = `bodega-scratch-${host}-`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what processes of this host left behind when they were killed. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const pid = Number(name.slice(PREFIX.length).split('-')[0]);
    // Our own number on a folder that we have not made yet: it was another's before, as in a restarted container.
    if (pid === process.pid || !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

let swept: Promise<void> | null = null;

/** Gives the work an empty folder of its own, and removes it whatever happens. */
export async function withScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  swept ??= sweep().catch(() => undefined);
  await swept;
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
