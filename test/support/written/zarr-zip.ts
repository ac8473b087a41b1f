import { crc32, deflateRawSync } from 'node:zlib';

/** How an archive is written; tests change single entries to make it lie. */
export interface ZipOptions {
  readonly isDeflated?: boolean;
  /** Sizes follow the data, as writers of streams do it. */
  readonly hasDataDescriptors?: boolean;
  /** Sizes, offsets and counts in 64 bits, whatever they are. */
  readonly isZip64?: boolean;
  /** Changes an entry of the directory before it is written. */
  readonly distort?: (entry: DirectoryEntry) => DirectoryEntry;
}

export interface DirectoryEntry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly checksum: number;
  readonly storedBytes: number;
  readonly sizeBytes: number;
  readonly externalAttributes: number;
  readonly offset: number;
}

/** A ZIP archive of these files. */
export function writeZip(files: ReadonlyMap<string, Uint8Array>, options: ZipOptions = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const data = options.isDeflated ? deflateRawSync(bytes) : Buffer.from(bytes);
    const entry: DirectoryEntry = {
      name,
      flags: options.hasDataDescriptors ? 8 : 0,
      method: options.isDeflated ? 8 : 0,
      checksum: crc32(bytes),
      storedBytes: data.length,
      sizeBytes: bytes.length,
      externalAttributes: (0o100644 << 16) >>> 0,
      offset,
    };
    const local = Buffer.concat([
      localHeader(entry),
      data,
      options.hasDataDescriptors ? descriptor(entry) : Buffer.alloc(0),
    ]);
    parts.push(local);
    directory.push(directoryEntry(options.distort ? options.distort(entry) : entry, options.isZip64 ?? false));
    offset += local.length;
  }
  return Buffer.concat([...parts, ...directory, endOfZip(directory, offset, options.isZip64 ?? false)]);
}

function localHeader({ name, flags, method, checksum, storedBytes, sizeBytes }: DirectoryEntry): Buffer {
  const header = Buffer.alloc(30);
  const isLater = flags & 8;
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(isLater ? 0 : checksum, 14);
  header.writeUInt32LE(isLater ? 0 : storedBytes, 18);
  header.writeUInt32LE(isLater ? 0 : sizeBytes, 22);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  return Buffer.concat([header, Buffer.from(name)]);
}

function descriptor({ checksum, storedBytes, sizeBytes }: DirectoryEntry): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(checksum, 4);
  bytes.writeUInt32LE(storedBytes, 8);
  bytes.writeUInt32LE(sizeBytes, 12);
  return bytes;
}

export function directoryEntry(entry: DirectoryEntry, isZip64 = false): Buffer {
  const header = Buffer.alloc(46);
  const extra = isZip64 ? Buffer.alloc(28) : Buffer.alloc(0);
  const short = (value: number) => (isZip64 ? 0xffffffff : value);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE((3 << 8) | 45, 4);
  header.writeUInt16LE(45, 6);
  header.writeUInt16LE(entry.flags, 8);
  header.writeUInt16LE(entry.method, 10);
  header.writeUInt32LE(entry.checksum, 16);
  header.writeUInt32LE(short(entry.storedBytes), 20);
  header.writeUInt32LE(short(entry.sizeBytes), 24);
  header.writeUInt16LE(Buffer.byteLength(entry.name), 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(entry.externalAttributes, 38);
  header.writeUInt32LE(short(entry.offset), 42);
  if (isZip64) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(24, 2);
    extra.writeBigUInt64LE(BigInt(entry.sizeBytes), 4);
    extra.writeBigUInt64LE(BigInt(entry.storedBytes), 12);
    extra.writeBigUInt64LE(BigInt(entry.offset), 20);
  }
  return Buffer.concat([header, Buffer.from(entry.name), extra]);
}

export function endOfZip(directory: readonly Uint8Array[], offset: number, isZip64 = false): Buffer {
  const sizeBytes = directory.reduce((sum, entry) => sum + entry.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(isZip64 ? 0xffff : directory.length, 8);
  end.writeUInt16LE(isZip64 ? 0xffff : directory.length, 10);
  end.writeUInt32LE(isZip64 ? 0xffffffff : sizeBytes, 12);
  end.writeUInt32LE(isZip64 ? 0xffffffff : offset, 16);
  if (!isZip64) return end;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(directory.length), 24);
  end64.writeBigUInt64LE(BigInt(directory.length), 32);
  end64.writeBigUInt64LE(BigInt(sizeBytes), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + sizeBytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}
