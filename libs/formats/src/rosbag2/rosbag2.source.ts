import type { FileTree } from '../byte-source.js';
import type { FormatReader } from '../dataset-source.js';
import { openRecordings } from '../ros/bag-source.js';
import { commonFolder, groupBy, naturalOrder } from '../ros/recording-files.js';
import { isJunk } from '../tree.js';
import { readBagFolder } from './bag-folder.js';
import { METADATA, METADATA_MARK } from './bag-metadata.js';
import { STORAGE } from './bag-storage.js';
import { isSqlite } from './sqlite-file.js';

const MAX_LOOKS = 32;
const DB3 = /\.db3(\.zstd?)?$/i;

/**
 * rosbag2 recordings: every folder with a `metadata.yaml` is an episode, over SQLite or MCAP files.
 * @see https://github.com/ros2/rosbag2
 */
export const rosbag2Reader: FormatReader = {
  title: 'ROS 2 bag',

  async find(tree) {
    const storage = tree.files.filter(({ path }) => STORAGE.test(path) && !isJunk(path));
    const folders = new Set(storage.map(({ path }) => folderOf(path)));
    const metadata = tree.files.filter(({ path }) => path.endsWith(METADATA) && folders.has(folderOf(path)));
    for (const { path } of metadata.slice(0, MAX_LOOKS))
      if (path === folderOf(path) + METADATA && (await isMarked(tree, path)))
        return [commonFolder(storage.map((file) => file.path))];
    for (const { path, sizeBytes } of storage.filter((file) => DB3.test(file.path)).slice(0, MAX_LOOKS))
      if (sizeBytes === 0 || (await startsSo(tree, path))) return [commonFolder(storage.map((file) => file.path))];
    return [];
  },

  async open(files, log) {
    const storage = files.list(STORAGE);
    const folders = groupBy(storage, folderOf);
    const recordings = [];
    for (const folder of naturalOrder([...folders.keys()]))
      recordings.push(...(await readBagFolder(files, folder, folders.get(folder) ?? [], log)));
    const kinds = new Set(storage.map((path) => (DB3.test(path) ? 'sqlite3' : 'mcap')));
    return openRecordings(recordings, 'rosbag', kinds.size === 1 ? `rosbag2-${[...kinds].join('')}` : 'rosbag2', log);
  },
};

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** The mark stands at the top of the file that rosbag2 writes. */
async function isMarked(tree: FileTree, path: string): Promise<boolean> {
  const source = await tree.open(path);
  const head = await source.read(0, Math.min(source.sizeBytes, 4096));
  return Buffer.from(head).toString('latin1').includes(METADATA_MARK);
}

async function startsSo(tree: FileTree, path: string): Promise<boolean> {
  const source = await tree.open(path);
  const head = await source.read(0, Math.min(source.sizeBytes, 16));
  const isZstd = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
  return isSqlite(head) || isZstd;
}
