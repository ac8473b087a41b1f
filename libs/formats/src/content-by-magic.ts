import type { FileContent, FileEntry, FileTree } from './byte-source.js';
import { isJunk } from './tree.js';

/** Files that are opened for their first bytes; of more, evenly spread ones. */
const MAX_LOOKED_AT = 1_000;
/** Over a network each open is a round trip. */
const CONCURRENT_OPENS = 16;
/** HDF5 allows a block of the user's own before its signature. */
const HDF5_PLACES = [0, 512, 1024, 2048] as const;
const HDF5 = Buffer.from('894844460d0a1a0a', 'hex');
const HEAD_BYTES = 2048 + HDF5.byteLength;
const MCAP = Buffer.from('894d434150300d0a', 'hex');
const ROSBAG1 = Buffer.from('#ROSBAG V');

/**
 * The same files, each that starts like a recording marked as one, whatever it is called.
 * @returns null if none does
 */
export async function markByMagic(tree: FileTree): Promise<FileTree | null> {
  const named = tree.files.filter(({ path, sizeBytes }) => sizeBytes >= MCAP.byteLength && !isJunk(path));
  const stride = Math.ceil(named.length / MAX_LOOKED_AT) || 1;
  const looked = named.filter((_, i) => i % stride === 0);
  const contents = new Map<string, FileContent>();
  for (let at = 0; at < looked.length; at += CONCURRENT_OPENS) {
    const batch = looked.slice(at, at + CONCURRENT_OPENS);
    const found = await Promise.all(batch.map((entry) => contentOf(tree, entry)));
    batch.forEach(({ path }, i) => found[i] && contents.set(path, found[i]));
  }
  if (contents.size === 0) return null;
  const { localPath } = tree;
  return {
    files: tree.files.map((entry) => {
      const content = contents.get(entry.path);
      return content ? { ...entry, content } : entry;
    }),
    open: (path) => tree.open(path),
    ...(localPath ? { localPath: (path: string) => localPath.call(tree, path) } : {}),
  };
}

async function contentOf(tree: FileTree, { path, sizeBytes }: FileEntry): Promise<FileContent | null> {
  const source = await tree.open(path);
  const head = Buffer.from(await source.read(0, Math.min(sizeBytes, HEAD_BYTES)));
  if (startsWith(head, MCAP)) return 'mcap';
  if (startsWith(head, ROSBAG1)) return 'rosbag1';
  return HDF5_PLACES.some((place) => startsWith(head.subarray(place), HDF5)) ? 'hdf5' : null;
}

const startsWith = (head: Buffer, magic: Buffer): boolean => head.subarray(0, magic.byteLength).equals(magic);
