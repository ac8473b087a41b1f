import type { ByteSource, FileEntry, FileTree } from '../byte-source.js';
import { isJunk } from '../tree.js';

const MAX_ROOT_DEPTH = 3;
/** Files that are opened to look at their first bytes. */
const MAX_LOOKS = 32;

/**
 * Where recordings start: the deepest folder that holds all files of that kind, if the first bytes of one of them are
 * right. An empty file counts, so that it is refused for what it is.
 */
export async function findRecordings(
  tree: FileTree,
  isNamedSo: (file: FileEntry) => boolean,
  isOne: (source: ByteSource) => Promise<boolean>,
): Promise<string[]> {
  const named = tree.files.filter((file) => isNamedSo(file) && !isJunk(file.path));
  for (const { path, sizeBytes } of named.slice(0, MAX_LOOKS))
    if (sizeBytes === 0 || (await isOne(await tree.open(path)))) return [commonFolder(named.map((file) => file.path))];
  return [];
}

/** The deepest folder that holds all of them, `""` or `"folder/"`, at most three folders down. */
export function commonFolder(paths: readonly string[]): string {
  let common = (paths[0] ?? '').split('/').slice(0, -1);
  for (const path of paths) {
    const folders = path.split('/').slice(0, -1);
    const same = common.findIndex((folder, depth) => folders[depth] !== folder);
    if (same !== -1) common = common.slice(0, same);
  }
  return common
    .slice(0, MAX_ROOT_DEPTH)
    .map((folder) => `${folder}/`)
    .join('');
}

/** `take_2` before `take_10`. */
export function naturalOrder(paths: readonly string[]): string[] {
  const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });
  return [...paths].sort((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));
}

/** A file's path without its extensions. */
export function stemOf(path: string): string {
  return path.replace(/\.(mcap|db3|bag)(\.(active|zstd?))?$/i, '');
}

export function groupBy<T>(list: readonly T[], keyOf: (entry: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of list) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  return groups;
}
