import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';
import { isJunk, refusalOfPath } from '../tree.js';

/** A replay buffer with one picture per chunk has about as many entries as frames. */
const MAX_ENTRIES = 1_000_000;
const MAX_EXPANSION = 200;
/** Below this an entry may be as dense as it likes: a chunk of zeros is. */
const FREE_EXPANSION_BYTES = 1024 * 1024;
const MAX_TOTAL_EXPANSION = 10;
const TOTAL_ALLOWANCE_BYTES = 1024 ** 3;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const ENTRY_BYTES = 46;
const MAX_ENTRY_BYTES = ENTRY_BYTES + 3 * 65_535;
const LOCAL_BYTES = 30;
const MAX_COMMENT_BYTES = 65_535;
const BLOCK_BYTES = 4 * 1024 * 1024;

const IS_ENCRYPTED = 0x0001 | 0x0040 | 0x2000;
const UNIX_TYPE_MASK = 0xf000;
const UNIX_LINK = 0xa000;

/** The files of an archive, column by column: a million of them are held at once. */
export interface ZipDirectory {
  /** Number of the entry by its path. */
  readonly entries: ReadonlyMap<string, number>;
  readonly offsets: Float64Array;
  readonly storedBytes: Float64Array;
  readonly sizesBytes: Float64Array;
  readonly checksums: Uint32Array;
  readonly methods: Uint8Array;
  /** Where the entries end and the directory starts. */
  readonly endOfEntries: number;
}

/**
 * Reads the central directory and refuses the archive as a whole for anything that a data set has no need of:
 * names that leave the folder, links, encryption, entries that share bytes, and bombs.
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export async function readZipDirectory(source: ByteSource): Promise<ZipDirectory> {
  const end = await findEnd(source);
  if (end.entries > MAX_ENTRIES)
    throw new Defect('EXPANSION_LIMIT', 'the archive has too many entries: upload the folder instead', {
      expected: `at most ${MAX_ENTRIES}`,
      actual: `${end.entries}`,
    });
  if (end.entries * ENTRY_BYTES > end.sizeBytes || end.offset + end.sizeBytes !== end.endOfDirectory)
    throw new Defect('BAD_ARCHIVE', 'the archive’s directory is not where its end says it is: pack it again');
  const directory = {
    entries: new Map<string, number>(),
    offsets: new Float64Array(end.entries),
    storedBytes: new Float64Array(end.entries),
    sizesBytes: new Float64Array(end.entries),
    checksums: new Uint32Array(end.entries),
    methods: new Uint8Array(end.entries),
    endOfEntries: end.offset,
  };
  const extents = new Float64Array(end.entries);
  const cursor = new DirectoryCursor(source, end.offset, end.offset + end.sizeBytes);
  for (let number = 0; number < end.entries; number += 1) {
    if (cursor.isShort) await cursor.fill();
    const raw = cursor.next(number);
    const { path, isFolder } = pathOf(raw);
    const sizes = sizesOf(raw);
    refuseEntry(raw, path, sizes);
    directory.offsets[number] = sizes.offset;
    directory.storedBytes[number] = sizes.storedBytes;
    directory.sizesBytes[number] = sizes.sizeBytes;
    directory.checksums[number] = raw.view.getUint32(raw.at + 16, true);
    directory.methods[number] = raw.view.getUint16(raw.at + 10, true);
    extents[number] = sizes.offset + LOCAL_BYTES + raw.nameBytes + sizes.storedBytes;
    if (directory.entries.has(path)) throw new Defect('PATH_REFUSED', `the archive holds ${clip(path)} twice`);
    if (!isFolder && !isJunk(path)) directory.entries.set(path, number);
  }
  if (!cursor.isAtEnd)
    throw new Defect('BAD_ARCHIVE', 'the archive’s directory holds more than its end announces: pack it again');
  refuseOverlap(directory.offsets.slice(), extents, end.offset);
  refuseTotal(directory.sizesBytes, source.sizeBytes);
  return directory;
}

interface EndOfDirectory {
  readonly entries: number;
  readonly offset: number;
  readonly sizeBytes: number;
  /** Where the directory must end. */
  readonly endOfDirectory: number;
}

async function findEnd(source: ByteSource): Promise<EndOfDirectory> {
  const tailBytes = Math.min(source.sizeBytes, END_BYTES + MAX_COMMENT_BYTES);
  const tailAt = source.sizeBytes - tailBytes;
  const tail = viewOf(await readRange(source, tailAt, tailBytes, 'the end of the archive'));
  for (let at = tailBytes - END_BYTES; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) !== 0x06054b50 || at + END_BYTES + tail.getUint16(at + 20, true) !== tailBytes)
      continue;
    if (tail.getUint16(at + 4, true) !== 0 && tail.getUint16(at + 4, true) !== 0xffff)
      throw new Defect('BAD_ARCHIVE', 'the archive is one part of several: pack it as one file');
    const end64 = await readEnd64(source, tailAt + at);
    return (
      end64 ?? {
        entries: tail.getUint16(at + 10, true),
        sizeBytes: tail.getUint32(at + 12, true),
        offset: tail.getUint32(at + 16, true),
        endOfDirectory: tailAt + at,
      }
    );
  }
  throw new Defect('TRUNCATED_FILE', 'the archive has no directory at its end: it was cut short, upload it again');
}

/** The long form, for more than 65,535 entries or 4 GiB; null where there is none. */
async function readEnd64(source: ByteSource, endAt: number): Promise<EndOfDirectory | null> {
  if (endAt < LOCATOR_BYTES) return null;
  const locator = viewOf(await readRange(source, endAt - LOCATOR_BYTES, LOCATOR_BYTES, 'the end of the archive'));
  if (locator.getUint32(0, true) !== 0x07064b50) return null;
  const at = safe(locator, 8);
  const end = viewOf(await readRange(source, at, END64_BYTES, 'the end of the archive'));
  if (end.getUint32(0, true) !== 0x06064b50)
    throw new Defect('BAD_ARCHIVE', 'the archive’s zip64 end is not where it is said to be: pack it again');
  return { entries: safe(end, 32), sizeBytes: safe(end, 40), offset: safe(end, 48), endOfDirectory: at };
}

/** One entry of the directory: where it starts in the block that is at hand, and its variable parts. */
interface RawEntry {
  readonly view: DataView;
  readonly at: number;
  readonly nameAt: number;
  readonly nameBytes: number;
  readonly extraAt: number;
  readonly extraBytes: number;
}

/** Reads the directory in blocks and hands out entry by entry. */
class DirectoryCursor {
  private view: DataView = new DataView(new ArrayBuffer(0));
  private from = 0;

  constructor(
    private readonly source: ByteSource,
    private at: number,
    private readonly stop: number,
  ) {}

  /** True where the largest entry that there can be might reach beyond the block. */
  get isShort(): boolean {
    return this.view.byteLength - this.from < MAX_ENTRY_BYTES && this.at < this.stop;
  }

  get isAtEnd(): boolean {
    return this.at === this.stop && this.from === this.view.byteLength;
  }

  async fill(): Promise<void> {
    const { view, from } = this;
    const next = await readRange(
      this.source,
      this.at,
      Math.min(BLOCK_BYTES, this.stop - this.at),
      'the archive’s directory',
    );
    this.view = viewOf(
      Buffer.concat([new Uint8Array(view.buffer, view.byteOffset + from, view.byteLength - from), next]),
    );
    this.at += next.byteLength;
    this.from = 0;
  }

  next(number: number): RawEntry {
    const { view, from: at } = this;
    const left = view.byteLength - at;
    if (left < ENTRY_BYTES || view.getUint32(at, true) !== 0x02014b50)
      throw new Defect('BAD_ARCHIVE', `entry ${number} of the archive’s directory is not one: pack it again`);
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const entryBytes = ENTRY_BYTES + nameBytes + extraBytes + view.getUint16(at + 32, true);
    if (entryBytes > left)
      throw new Defect('BAD_ARCHIVE', `entry ${number} of the archive’s directory is cut short: pack it again`);
    this.from += entryBytes;
    const nameAt = at + ENTRY_BYTES;
    return { view, at, nameAt, nameBytes, extraAt: nameAt + nameBytes, extraBytes };
  }
}

function pathOf({ view, nameAt, nameBytes }: RawEntry): { path: string; isFolder: boolean } {
  const text = Buffer.from(view.buffer, view.byteOffset + nameAt, nameBytes).toString('utf8');
  const isFolder = text.endsWith('/');
  const path = isFolder ? text.slice(0, -1) : text;
  const reason = refusalOfPath(path);
  if (reason)
    throw new Defect('PATH_REFUSED', `the archive holds a name that is refused: ${reason}`, { actual: clip(path) });
  return { path: isFolder ? `${path}/` : path, isFolder };
}

interface EntrySizes {
  readonly storedBytes: number;
  readonly sizeBytes: number;
  readonly offset: number;
}

/** 32-bit fields, each replaced by a 64-bit one of the extra field where it is all ones, in this order. */
function sizesOf({ view, at, extraAt, extraBytes }: RawEntry): EntrySizes {
  const short = {
    sizeBytes: view.getUint32(at + 24, true),
    storedBytes: view.getUint32(at + 20, true),
    offset: view.getUint32(at + 42, true),
  };
  const stop = extraAt + extraBytes;
  for (let field = extraAt; field + 4 <= stop;) {
    const fieldEnd = field + 4 + view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === 1 && fieldEnd <= stop) {
      let next = field + 4;
      const long = (value: number): number => {
        if (value !== 0xffffffff) return value;
        if (next + 8 > fieldEnd)
          throw new Defect('BAD_ARCHIVE', 'a zip64 entry lacks its sizes: pack the archive again');
        next += 8;
        return safe(view, next - 8);
      };
      return { sizeBytes: long(short.sizeBytes), storedBytes: long(short.storedBytes), offset: long(short.offset) };
    }
    field = fieldEnd;
  }
  return short;
}

function refuseEntry({ view, at }: RawEntry, path: string, { sizeBytes, storedBytes }: EntrySizes): void {
  const method = view.getUint16(at + 10, true);
  const unixType = (view.getUint32(at + 38, true) >>> 16) & UNIX_TYPE_MASK;
  if ((view.getUint16(at + 8, true) & IS_ENCRYPTED) !== 0)
    throw new Defect('BAD_ARCHIVE', `${clip(path)} is encrypted: pack the archive without a password`);
  if (unixType === UNIX_LINK)
    throw new Defect('SYMLINK_FILE', `${clip(path)} is a link: pack the files that links point at`);
  if (method !== 0 && method !== 8)
    throw new Defect(
      'BAD_ARCHIVE',
      `${clip(path)} is compressed with zip method ${method}: pack with store or deflate`,
    );
  if (method === 0 && storedBytes !== sizeBytes)
    throw new Defect('BAD_ARCHIVE', `${clip(path)} is stored, but its two sizes differ: pack the archive again`);
  if (sizeBytes > FREE_EXPANSION_BYTES && sizeBytes > storedBytes * MAX_EXPANSION)
    throw new Defect('EXPANSION_LIMIT', `${clip(path)} would expand more than ${MAX_EXPANSION} times`, {
      actual: `${storedBytes} to ${sizeBytes} bytes`,
    });
}

/** Intervals are apart just when, each side sorted alone, every end lies at or before the next start. */
function refuseOverlap(starts: Float64Array, ends: Float64Array, endOfEntries: number): void {
  starts.sort();
  ends.sort();
  for (const [i, end] of ends.entries())
    if (end > (starts[i + 1] ?? endOfEntries))
      throw new Defect('BAD_ARCHIVE', 'entries of the archive share bytes, or reach into its directory: pack it again');
}

function refuseTotal(sizesBytes: Float64Array, archiveBytes: number): void {
  const total = sizesBytes.reduce((sum, size) => sum + size, 0);
  if (total > archiveBytes * MAX_TOTAL_EXPANSION + TOTAL_ALLOWANCE_BYTES)
    throw new Defect('EXPANSION_LIMIT', `the archive would expand more than ${MAX_TOTAL_EXPANSION} times`, {
      actual: `${archiveBytes} to ${total} bytes`,
    });
}

function safe(view: DataView, at: number): number {
  const value = view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  if (!Number.isSafeInteger(value)) throw new Defect('BAD_ARCHIVE', 'the archive states a size beyond 2^53');
  return value;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function clip(path: string): string {
  return path.slice(0, 200);
}
