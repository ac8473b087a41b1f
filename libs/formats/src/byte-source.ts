import { Defect } from './defect.js';

/** A readable run of bytes: a local file, an object behind ranged GETs, or a buffer. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Returns exactly `length` bytes from `offset`. Rejects only for faults of the source itself. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Fills `target` from `offset`, as `read` does but without new memory. For whoever looks at bytes once: a gigabyte of
   * fresh buffers costs a quarter of the time of hashing it. Sources that cannot do better leave it out.
   */
  readInto?(offset: number, target: Uint8Array): Promise<void>;
}

/** One file of an upload. */
export interface FileEntry {
  /** Relative, with `/` between its parts. */
  readonly path: string;
  readonly sizeBytes: number;
  /** What its first bytes are, where they had to be looked at because the names told nothing. */
  readonly content?: FileContent;
}

/** Formats of single files that their first bytes tell. */
export type FileContent = 'mcap' | 'rosbag1' | 'hdf5';

/** The files of one upload and the way to open them. */
export interface FileTree {
  readonly files: readonly FileEntry[];
  open(path: string): Promise<ByteSource>;
  /**
   * Path of a local copy that a library may open by name (HDF5, SQLite). It belongs to the tree and goes with it.
   * Trees without a disk leave this out; a reader that needs it then refuses files over what fits into memory.
   */
  localPath?(path: string): Promise<string>;
}

/**
 * Reads a range that a file's own tables point at. A range outside the file is a defect of the data;
 * a short answer inside it is a fault of the source, and is thrown as such so that the caller retries.
 */
export async function readRange(source: ByteSource, offset: number, length: number, what: string): Promise<Uint8Array> {
  if (
    !Number.isSafeInteger(offset) ||
    !Number.isSafeInteger(length) ||
    offset < 0 ||
    length < 0 ||
    offset + length > source.sizeBytes
  ) {
    throw new Defect('TRUNCATED_FILE', `${what} lies outside the file`, {
      expected: `bytes ${offset} to ${offset + length}`,
      actual: `${source.sizeBytes} bytes`,
    });
  }
  if (length === 0) return new Uint8Array(0);
  const bytes = await source.read(offset, length);
  if (bytes.byteLength !== length) {
    throw new Error(`byte source answered ${bytes.byteLength} of ${length} bytes at ${offset}`);
  }
  return bytes;
}
