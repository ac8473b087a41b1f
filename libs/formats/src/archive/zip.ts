import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';
import type { ZipDirectory } from './zip-directory.js';
import { readZipDirectory } from './zip-directory.js';

const LOCAL_BYTES = 30;
/** What is read ahead of an entry's data for its extra field, so that most entries are one read. */
const EXTRA_ALLOWANCE_BYTES = 128;
const STORED = 0;
const inflated = promisify(inflateRaw);

/** True for bytes that start as a ZIP does, an empty one included. */
export function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && ((head[2] === 3 && head[3] === 4) || (head[2] === 5 && head[3] === 6));
}

/** A ZIP archive, read entry by entry and never unpacked as a whole. */
export class ZipArchive {
  private constructor(
    private readonly source: ByteSource,
    private readonly directory: ZipDirectory,
  ) {}

  /** @throws Defect if the archive is damaged or refused, see `readZipDirectory`. */
  static async open(source: ByteSource): Promise<ZipArchive> {
    return new ZipArchive(source, await readZipDirectory(source));
  }

  paths(): IterableIterator<string> {
    return this.directory.entries.keys();
  }

  get count(): number {
    return this.directory.entries.size;
  }

  has(path: string): boolean {
    return this.directory.entries.has(path);
  }

  sizeOf(path: string): number {
    return this.directory.sizesBytes[this.directory.entries.get(path) ?? -1] ?? 0;
  }

  /** The whole of one entry. @throws Defect if it is larger than `maxBytes`, damaged, or not what the directory says. */
  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const { directory } = this;
    const number = directory.entries.get(path);
    if (number === undefined) throw new Error(`the archive has no ${path}`);
    const sizeBytes = directory.sizesBytes[number] ?? 0;
    const storedBytes = directory.storedBytes[number] ?? 0;
    // Deflate grows what it cannot compress by a few bytes in 16 KiB.
    if (sizeBytes > maxBytes || storedBytes > sizeBytes * 1.01 + 1024)
      throw new Defect('TOO_LARGE', `${path} in the archive is too large`, {
        expected: `at most ${maxBytes} bytes`,
        actual: `${sizeBytes} bytes, ${storedBytes} in the archive`,
      });
    const stored = await this.storedData(path, directory.offsets[number] ?? 0, storedBytes);
    const bytes = directory.methods[number] === STORED ? stored : await inflateTo(stored, sizeBytes, path);
    if (crc32(bytes) !== directory.checksums[number])
      throw new Defect('CRC_MISMATCH', `${path} in the archive does not match its checksum: pack the archive again`);
    return bytes;
  }

  private async storedData(path: string, offset: number, storedBytes: number): Promise<Uint8Array> {
    const nameBytes = Buffer.byteLength(path);
    const { endOfEntries } = this.directory;
    const wanted = LOCAL_BYTES + nameBytes + EXTRA_ALLOWANCE_BYTES + storedBytes;
    const block = await readRange(this.source, offset, Math.min(wanted, endOfEntries - offset), path);
    const local = new DataView(block.buffer, block.byteOffset, block.byteLength);
    if (
      block.byteLength < LOCAL_BYTES + nameBytes ||
      local.getUint32(0, true) !== 0x04034b50 ||
      local.getUint16(26, true) !== nameBytes ||
      Buffer.from(path).compare(block, LOCAL_BYTES, LOCAL_BYTES + nameBytes) !== 0
    )
      throw new Defect('BAD_ARCHIVE', `the archive does not hold ${path} where its directory says: pack it again`);
    const start = LOCAL_BYTES + nameBytes + local.getUint16(28, true);
    if (offset + start + storedBytes > endOfEntries)
      throw new Defect('BAD_ARCHIVE', `${path} reaches into the archive’s directory: pack it again`);
    return start + storedBytes <= block.byteLength
      ? block.subarray(start, start + storedBytes)
      : readRange(this.source, offset + start, storedBytes, path);
  }
}

async function inflateTo(stored: Uint8Array, sizeBytes: number, path: string): Promise<Uint8Array> {
  try {
    const bytes = await inflated(stored, { maxOutputLength: Math.max(1, sizeBytes) });
    if (bytes.byteLength === sizeBytes) return bytes;
  } catch {
    // Told below: damaged data and data that is longer than announced are refused alike.
  }
  throw new Defect('BAD_ARCHIVE', `${path} does not inflate to the ${sizeBytes} bytes that the archive announces`);
}
