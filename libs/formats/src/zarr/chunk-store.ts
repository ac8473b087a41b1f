import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';
import type { ZipArchive } from '../archive/zip.js';
import type { DatasetFiles } from '../tree.js';

/** The files of a Zarr store, in a folder or in an archive. Paths are relative to the store's root. */
export interface ChunkStore {
  /** Number of files at most. */
  readonly count: number;
  has(path: string): boolean;
  paths(): Iterable<string>;
  /** The whole of a file. @throws Defect if it is larger than `maxBytes` or damaged. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  /** The path to name in a finding. */
  place(path: string): string;
  /** The file of the upload that holds it, and whether that is an archive of the whole store. */
  fileOf(path: string): string;
}

export class FolderStore implements ChunkStore {
  private readonly known: ReadonlySet<string>;

  /** `prefix` is where the store starts within the files: `""` or `"folder/"`. */
  constructor(
    private readonly files: DatasetFiles,
    private readonly prefix = '',
  ) {
    this.known = new Set(
      files.list(/^/).flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : [])),
    );
  }

  get count(): number {
    return this.known.size;
  }

  has(path: string): boolean {
    return this.known.has(path);
  }

  paths(): Iterable<string> {
    return this.known;
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const source: ByteSource = await this.files.open(this.prefix + path);
    if (source.sizeBytes > maxBytes)
      throw new Defect('TOO_LARGE', `${path} is larger than what it can hold`, {
        expected: `at most ${maxBytes} bytes`,
        actual: `${source.sizeBytes} bytes`,
      });
    return readRange(source, 0, source.sizeBytes, path);
  }

  place(path: string): string {
    return this.files.full(this.prefix + path);
  }

  fileOf(path: string): string {
    return this.place(path);
  }
}

export class ArchiveStore implements ChunkStore {
  /** `archivePath` is the path of the upload; `prefix` where the store starts within the archive. */
  constructor(
    private readonly archive: ZipArchive,
    private readonly archivePath: string,
    private readonly prefix: string,
  ) {}

  get count(): number {
    return this.archive.count;
  }

  has(path: string): boolean {
    return this.archive.has(this.prefix + path);
  }

  *paths(): Iterable<string> {
    for (const path of this.archive.paths()) if (path.startsWith(this.prefix)) yield path.slice(this.prefix.length);
  }

  read(path: string, maxBytes: number): Promise<Uint8Array> {
    return this.archive.read(this.prefix + path, maxBytes);
  }

  place(path: string): string {
    return `${this.archivePath}/${path}`;
  }

  fileOf(): string {
    return this.archivePath;
  }
}
