import { lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { compareByPath } from '@app/kernel';
import { CliErrors } from '../cli.errors.js';
import { pathProblem } from './safe-path.js';

export interface TreeFile {
  /** Posix path below the root. */
  readonly path: string;
  readonly localPath: string;
  readonly sizeBytes: number;
}

export interface Tree {
  readonly files: readonly TreeFile[];
  /** Paths that were left out on purpose: caches and system litter. */
  readonly skipped: readonly string[];
}

const SKIPPED_NAMES = new Set([
  '.DS_Store',
  '.cache',
  '.git',
  '.gitattributes',
  '.gitignore',
  '.bodega',
  'Thumbs.db',
  '__pycache__',
]);
const LFS_HEAD = 'version https://git-lfs.github.com/spec/';
/** A pointer is three short lines. */
const LFS_LARGEST_BYTES = 1024;

async function isLfsPointer(localPath: string): Promise<boolean> {
  const handle = await open(localPath, 'r');
  try {
    const head = Buffer.alloc(LFS_HEAD.length);
    await handle.read(head, 0, head.length, 0);
    return head.toString('latin1') === LFS_HEAD;
  } finally {
    await handle.close();
  }
}

/** The folder's files in the order of their paths' bytes. @throws CLI_UNSAFE_TREE, CLI_EMPTY_TREE */
export async function walkTree(root: string): Promise<Tree> {
  const top = await stat(root).catch(() => null);
  if (!top?.isDirectory())
    throw CliErrors.FILE({ path: root, reason: top ? 'this is not a folder' : 'there is no such folder' });
  const realRoot = await realpath(root);
  const files: TreeFile[] = [];
  const skipped: string[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await readdir(join(realRoot, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      if (SKIPPED_NAMES.has(name)) {
        skipped.push(path);
        continue;
      }
      const found = await inspect(realRoot, path);
      if (found === 'folder') folders.push(path);
      else files.push(found);
    }
  }
  if (files.length === 0) throw CliErrors.EMPTY_TREE({ path: root });
  return { files: files.sort(compareByPath), skipped: skipped.sort() };
}

async function inspect(realRoot: string, path: string): Promise<TreeFile | 'folder'> {
  const reason = pathProblem(path);
  if (reason !== null) throw CliErrors.UNSAFE_TREE({ path, reason: `its name ${reason}` });
  const localPath = join(realRoot, path);
  const entry = await lstat(localPath);
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) return followLink(realRoot, path, localPath);
  if (!entry.isFile()) throw CliErrors.UNSAFE_TREE({ path, reason: 'it is neither a file nor a folder' });
  return toTreeFile(path, localPath, entry.size);
}

async function followLink(realRoot: string, path: string, localPath: string): Promise<TreeFile> {
  const target = await realpath(localPath).catch(() => null);
  if (target === null) throw CliErrors.UNSAFE_TREE({ path, reason: 'it is a link to nothing' });
  if (!target.startsWith(realRoot + sep)) {
    throw CliErrors.UNSAFE_TREE({
      path,
      reason: 'it is a link that points out of the folder; put the file itself there',
    });
  }
  const entry = await stat(target);
  if (!entry.isFile())
    throw CliErrors.UNSAFE_TREE({ path, reason: 'it is a link to a folder; put the folder itself there' });
  return toTreeFile(path, target, entry.size);
}

async function toTreeFile(path: string, localPath: string, sizeBytes: number): Promise<TreeFile> {
  if (sizeBytes <= LFS_LARGEST_BYTES && (await isLfsPointer(localPath))) {
    throw CliErrors.UNSAFE_TREE({
      path,
      reason:
        'it is a Git LFS pointer instead of the file that it names; run "git lfs pull" in the source repository and try again',
    });
  }
  return { path, localPath, sizeBytes };
}
