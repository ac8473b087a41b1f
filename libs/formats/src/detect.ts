import type { FileTree } from './byte-source.js';
import type { FindingLog } from './findings.js';
import { isJunk } from './tree.js';

const MAX_DEPTH = 3;

/** Formats that are recognised by name so that the refusal can say what it saw. */
const OTHER_FORMATS: readonly (readonly [string, RegExp])[] = [
  ['MCAP', /\.mcap$/i],
  ['ROS 1 bag', /\.bag$/i],
  ['ROS 2 SQLite bag', /\.db3(\.zstd)?$/i],
  ['HDF5 (robomimic, LIBERO, ALOHA, AgiBot World)', /\.(hdf5|h5)$/i],
  ['RLDS/TFDS', /\.tfrecord-\d+-of-\d+$/i],
  ['Zarr', /(^|\/)\.zgroup$|\.zarr\.zip$/i],
];

/**
 * Finds where a LeRobot dataset starts inside an upload (at most three folders down).
 * @returns the root as a prefix (`""` or `"folder/"`), or null with a finding that says what was looked for.
 */
export function detectLerobotRoot(tree: FileTree, log: FindingLog): string | null {
  const roots = rootsOf(tree, /^(.*\/)?meta\/info\.json$/);
  const first = roots[0];
  if (first !== undefined) {
    if (roots.length > 1)
      log.add('MULTIPLE_DATASETS', 'the upload holds several datasets: publish each on its own', {
        actual: roots
          .slice(0, 5)
          .map((root) => `${root || './'}`)
          .join(', '),
      });
    return first;
  }
  const other = rootsOf(
    tree,
    /^(.*\/)?meta\/(?:episodes\.jsonl|tasks\.jsonl|tasks\.parquet|stats\.json|episodes\/.*)$/,
  )[0];
  if (other !== undefined) {
    log.add('MISSING_INFO', 'this looks like a LeRobot dataset, but meta/info.json is missing', {
      path: `${other}meta/info.json`,
    });
    return null;
  }
  for (const [name, pattern] of OTHER_FORMATS) {
    const path = tree.files.find((file) => pattern.test(file.path))?.path;
    if (path) {
      log.add(
        'UNSUPPORTED_FORMAT',
        `recognised as ${name}, which cannot be published yet: convert it to LeRobot v3.0 or v2.1`,
        { path },
      );
      return null;
    }
  }
  log.add(
    'UNKNOWN_FORMAT',
    'no dataset was recognised. Looked for meta/info.json (LeRobot v3.0 and v2.1) in the top folder and up to three folders down',
    {
      actual:
        tree.files.length === 0
          ? 'no files'
          : `${tree.files.length} files, the first is ${(tree.files[0]?.path ?? '').slice(0, 120)}`,
    },
  );
  return null;
}

function rootsOf(tree: FileTree, marker: RegExp): string[] {
  const roots = new Set<string>();
  for (const { path } of tree.files) {
    const match = marker.exec(path);
    const root = match?.[1] ?? '';
    if (match && !isJunk(path) && root.split('/').length - 1 <= MAX_DEPTH) roots.add(root);
  }
  return [...roots].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}
