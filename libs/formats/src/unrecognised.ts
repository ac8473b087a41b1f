import type { ByteSource, FileTree } from './byte-source.js';
import type { FormatReader } from './dataset-source.js';
import type { FindingLog } from './findings.js';
import { isJunk } from './tree.js';

/** Files whose first bytes are looked at to explain a refusal. */
const MAX_LOOKED_AT = 64;
const HEAD_BYTES = 4096;

/** A format that a file can be told by: its usual name, and the bytes that it then starts with. */
interface KnownFile {
  readonly title: string;
  readonly name: RegExp;
  readonly isGenuine: (head: Buffer) => boolean;
  readonly expected: string;
}

const HDF5_SIGNATURE = Buffer.from('894844460d0a1a0a', 'hex');

const KNOWN_FILES: readonly KnownFile[] = [
  {
    title: 'MCAP',
    name: /\.mcap$/i,
    isGenuine: (head) => startsWith(head, Buffer.from('894d434150300d0a', 'hex')),
    expected: '89 4D 43 41 50 30 0D 0A',
  },
  {
    title: 'a ROS 1 bag',
    name: /\.bag$/i,
    isGenuine: (head) => startsWith(head, Buffer.from('#ROSBAG V2.0\n')),
    expected: '#ROSBAG V2.0',
  },
  {
    title: 'a ROS 2 SQLite bag',
    name: /\.db3$/i,
    isGenuine: (head) => startsWith(head, Buffer.from('SQLite format 3\0')),
    expected: 'SQLite format 3',
  },
  {
    title: 'HDF5',
    name: /\.(hdf5|h5)$/i,
    isGenuine: (head) => [0, 512, 1024, 2048].some((at) => startsWith(head.subarray(at), HDF5_SIGNATURE)),
    expected: '89 48 44 46 0D 0A 1A 0A',
  },
  {
    title: 'Parquet',
    name: /\.parquet$/i,
    isGenuine: (head) => startsWith(head, Buffer.from('PAR1')),
    expected: 'PAR1',
  },
  {
    title: 'an MP4 video',
    name: /\.(mp4|m4v|mov)$/i,
    isGenuine: (head) => /^(ftyp|moov|mdat|free|wide|skip)$/.test(head.toString('latin1', 4, 8)),
    expected: 'a box ftyp',
  },
  { title: 'a TFRecord file', name: /\.tfrecord(-\d+-of-\d+)?$/i, isGenuine: () => true, expected: '' },
  { title: 'a Zarr group', name: /(^|\/)\.z(group|array)$/, isGenuine: () => true, expected: '' },
];

const ARCHIVES: readonly (readonly [string, (head: Buffer) => boolean])[] = [
  [
    'ZIP',
    (head) => startsWith(head, Buffer.from('504b0304', 'hex')) || startsWith(head, Buffer.from('504b0506', 'hex')),
  ],
  ['gzip', (head) => startsWith(head, Buffer.from('1f8b', 'hex'))],
  ['TAR', (head) => head.toString('latin1', 257, 262) === 'ustar'],
  ['zstd', (head) => startsWith(head, Buffer.from('28b52ffd', 'hex'))],
  ['xz', (head) => startsWith(head, Buffer.from('fd377a585a00', 'hex'))],
  ['bzip2', (head) => /^BZh[1-9]/.test(head.toString('latin1', 0, 4))],
  ['7z', (head) => startsWith(head, Buffer.from('377abcaf271c', 'hex'))],
  ['RAR', (head) => startsWith(head, Buffer.from('526172211a07', 'hex'))],
];

/** Says, as exactly as the names and first bytes allow, why nothing in an upload was recognised. */
export async function explainUnrecognised(
  tree: FileTree,
  readers: readonly FormatReader[],
  log: FindingLog,
): Promise<void> {
  if (explainLerobotParts(tree, log)) return;
  if (await explainByBytes(tree, log)) return;
  // Pointers stand for the data that nobody sent; that has been said, and nothing else can be.
  if (log.countOf('LFS_POINTER') > 0) return;
  log.add(
    'UNKNOWN_FORMAT',
    'no dataset was recognised in the top folder and up to three folders down. ' +
      `Looked for meta/info.json and the marks of every format: ${readers.map((reader) => reader.title).join('; ')}`,
    {
      actual:
        tree.files.length === 0
          ? 'no files'
          : `${tree.files.length} files, the first is ${(tree.files[0]?.path ?? '').slice(0, 120)}`,
    },
  );
}

const LEROBOT_PARTS =
  /^((?:[^/]+\/){0,3})meta\/(?:episodes\.jsonl|tasks\.jsonl|tasks\.parquet|stats\.json|episodes\/.*)$/;

function explainLerobotParts(tree: FileTree, log: FindingLog): boolean {
  for (const { path } of tree.files) {
    const root = LEROBOT_PARTS.exec(path)?.[1];
    if (root === undefined && !LEROBOT_PARTS.test(path)) continue;
    log.add('MISSING_INFO', 'this looks like a LeRobot dataset, but meta/info.json is missing', {
      path: `${root ?? ''}meta/info.json`,
    });
    return true;
  }
  return false;
}

/** One finding for each kind of file that is not what its name says, or that no reader knows what to do with. */
async function explainByBytes(tree: FileTree, log: FindingLog): Promise<boolean> {
  const seen = new Set<string>();
  let looked = 0;
  for (const { path, sizeBytes } of tree.files) {
    const known = KNOWN_FILES.find(({ name }) => name.test(path));
    const mayBeArchive = /\.(zip|t?gz|tar|zstd?|xz|bz2|7z|rar|tbz2?|txz)$/i.test(path);
    if (isJunk(path) || (!known && !mayBeArchive)) continue;
    if (looked === MAX_LOOKED_AT) break;
    looked += 1;
    const head = await headOf(await tree.open(path));
    if (isPointer(head)) continue;
    const fault = known ? faultOf(known, head, sizeBytes) : null;
    const archive = ARCHIVES.find(([, isArchive]) => isArchive(head))?.[0];
    if (!known && sizeBytes === 0) {
      log.add('TRUNCATED_FILE', EMPTY_FILE, { path });
      seen.add('fault');
    } else if (fault) {
      log.add(fault.code, fault.message, { path, ...fault.detail });
      seen.add('fault');
    } else if (known && !seen.has(known.title)) {
      seen.add(known.title);
      log.add('UNSUPPORTED_FORMAT', adviceFor(known), { path });
    } else if (!known && archive && !seen.has('archive')) {
      seen.add('archive');
      log.add('UNSUPPORTED_FORMAT', `this is an archive (${archive}): unpack it before publishing`, { path });
    } else if (!known && isWebPage(head)) {
      log.add('BAD_MAGIC', WEB_PAGE, { path });
      seen.add('fault');
    }
  }
  return seen.size > 0;
}

const EMPTY_FILE = 'the file is empty: upload it again';

function adviceFor({ title }: KnownFile): string {
  if (title === 'an MP4 video')
    return 'videos alone are no dataset: publish them with the recorded states and actions, for instance as LeRobot v3.0';
  if (title === 'HDF5')
    return 'recognised as HDF5, but in no layout that is known (robomimic, LIBERO, robosuite, ALOHA, AgiBot World): convert it to one of them or to LeRobot v3.0';
  return `recognised as ${title}, but no dataset could be made of it: publish it in a complete known layout, for instance LeRobot v3.0`;
}

const WEB_PAGE = 'this is a web page, not data: an error page was saved under the name of the file. Download it again';

function faultOf({ title, isGenuine, expected }: KnownFile, head: Buffer, sizeBytes: number) {
  if (sizeBytes === 0) return { code: 'TRUNCATED_FILE' as const, message: EMPTY_FILE, detail: {} };
  if (isWebPage(head)) return { code: 'BAD_MAGIC' as const, message: WEB_PAGE, detail: {} };
  if (isGenuine(head)) return null;
  return {
    code: 'BAD_MAGIC' as const,
    message: `the name says ${title}, but the file does not start like one: upload the original`,
    detail: { expected, actual: head.toString('hex', 0, 8) },
  };
}

async function headOf(source: ByteSource): Promise<Buffer> {
  const length = Math.min(HEAD_BYTES, source.sizeBytes);
  return Buffer.from(length > 0 ? await source.read(0, length) : new Uint8Array(0));
}

function startsWith(head: Buffer, magic: Buffer): boolean {
  return head.subarray(0, magic.length).equals(magic);
}

function isWebPage(head: Buffer): boolean {
  return /^\s*(<!doctype html|<html|<\?xml[^>]*>\s*<error)/i.test(
    head.toString('latin1', 0, 512).replace(/^\ufeff|^ï»¿/, ''),
  );
}

function isPointer(head: Buffer): boolean {
  return startsWith(head, Buffer.from('version https://git-lfs.github.com/spec/'));
}
