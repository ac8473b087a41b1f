import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import type { DatasetFiles } from '../tree.js';
import type { GrantedFile } from './fenced-files.js';
import { Hdf5Dataset } from './hdf5-dataset.js';
import type { Hdf5Module } from './library.js';
import { Hdf5Library } from './library.js';
import { readAttribute } from './attributes.js';
import { checkSuperblock } from './superblock.js';

/** Without a disk a file is held in memory, and this is what fits beside everything else. */
const MAX_IN_MEMORY_BYTES = 64 * 2 ** 20;
/** Members of one group: a hundred thousand demonstrations in one file would be a record. */
const MAX_MEMBERS = 200_000;
/** Stored bytes grow by this much at most. Pictures of simulations compress up to about 50 times. */
const MAX_EXPANSION = 200;
/** So that a small file of zeros is not a bomb. */
const EXPANSION_SLACK_BYTES = 16 * 2 ** 20;

/** What a path inside a file leads to. */
export type Hdf5Kind = 'group' | 'dataset' | 'link' | 'other' | null;

/** One opened HDF5 file. Its methods throw a `Defect` for what is wrong with the file, and nothing is followed out of it. */
export class Hdf5File {
  private expandedBytes = 0;

  private constructor(
    private readonly library: Hdf5Library,
    private readonly granted: GrantedFile,
    private readonly fileId: bigint,
    /** Relative to the root of the set. */
    readonly path: string,
    readonly sizeBytes: number,
  ) {}

  static async open(files: DatasetFiles, path: string): Promise<Hdf5File> {
    const source = await files.open(path);
    await checkSuperblock(source);
    const localPath = await files.localPath(path);
    if (localPath === null && source.sizeBytes > MAX_IN_MEMORY_BYTES)
      throw new Defect('TOO_LARGE', 'an HDF5 file of this size can only be read from a disk', {
        expected: `at most ${MAX_IN_MEMORY_BYTES} bytes`,
        actual: `${source.sizeBytes} bytes`,
      });
    const content = localPath === null ? { bytes: await source.read(0, source.sizeBytes) } : { path: localPath };
    const library = await Hdf5Library.load();
    const granted = library.grant(content, source.sizeBytes);
    try {
      const fileId = library.run(granted, 'the file', (module) => {
        const id = module.open(granted.alias, module.H5F_ACC_RDONLY, false, -1, -1);
        if (id < 0n) throw new Error('it does not open');
        return id;
      });
      return new Hdf5File(library, granted, fileId, path, source.sizeBytes);
    } catch (error) {
      library.release(granted);
      throw error;
    }
  }

  close(): void {
    try {
      this.run('the file', (module) => module.close_file(this.fileId));
    } catch {
      // A damaged file may refuse to be closed; its handle is taken back below.
    }
    this.library.release(this.granted);
  }

  /** Names in a group, in the order of names or of creation. */
  members(group: string): string[] {
    const names = this.run(group, (module) => module.get_names(this.fileId, group, false));
    if (names.length > MAX_MEMBERS)
      throw new Defect('TOO_LARGE', `${group} has too many members: split the file`, {
        expected: `at most ${MAX_MEMBERS}`,
        actual: `${names.length}`,
      });
    return names;
  }

  kindOf(path: string): Hdf5Kind {
    return this.run(path, (module) => {
      const kind = module.get_type(this.fileId, path);
      if (kind === module.H5G_GROUP) return 'group';
      if (kind === module.H5G_DATASET) return 'dataset';
      if (kind === module.H5G_LINK || kind === module.H5G_UDLINK) return 'link';
      return kind < 0 ? null : 'other';
    });
  }

  isGroup(path: string): boolean {
    return this.kindOf(path) === 'group';
  }

  /** Null if there is none. */
  dataset(path: string): Hdf5Dataset | null {
    return this.kindOf(path) === 'dataset' ? this.knownDataset(path) : null;
  }

  /** Of a path that is known to lead to one. */
  knownDataset(path: string): Hdf5Dataset {
    const dataset = new Hdf5Dataset(this, path);
    const limit = this.expansionLimit;
    if (dataset.logicalBytes > limit)
      throw new Defect('EXPANSION_LIMIT', `${path} announces far more values than the file can hold`, {
        expected: `at most ${limit} bytes from a file of ${this.sizeBytes}`,
        actual: `${dataset.logicalBytes} bytes`,
      });
    return dataset;
  }

  /** A number, a text, a list of either; null if there is no such attribute or it is of another kind. */
  attribute(path: string, name: string): number | string | readonly (number | string)[] | null {
    return this.run(`${path}@${name}`, (module) => readAttribute(module, this.fileId, path, name));
  }

  textAttribute(path: string, name: string): string | null {
    const value = this.attribute(path, name);
    if (typeof value === 'string') return value;
    return Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' ? value[0] : null;
  }

  numberAttribute(path: string, name: string): number | null {
    const value = this.attribute(path, name);
    if (typeof value === 'number') return value;
    return Array.isArray(value) && value.length === 1 && typeof value[0] === 'number' ? value[0] : null;
  }

  /** For the parts of an opened file. */
  run<T>(what: string, work: (module: Hdf5Module, fileId: bigint) => T): T {
    return this.library.run(this.granted, what, (module) => work(module, this.fileId));
  }

  /** Counts what is read since the file was opened: hard links may show the same bytes under a thousand names. */
  expand(bytes: number, what: string): void {
    this.expandedBytes += bytes;
    if (this.expandedBytes > this.expansionLimit)
      throw new Defect('EXPANSION_LIMIT', `${what} and what comes before it grow far beyond the size of the file`, {
        expected: `at most ${this.expansionLimit} bytes from a file of ${this.sizeBytes}`,
      });
  }

  private get expansionLimit(): number {
    return this.sizeBytes * MAX_EXPANSION + EXPANSION_SLACK_BYTES;
  }
}

/** Opens a file of a set, or says in a finding why it does not open. */
export async function openReported(files: DatasetFiles, path: string, log: FindingLog): Promise<Hdf5File | null> {
  try {
    return await Hdf5File.open(files, path);
  } catch (error) {
    report(error, log, files.full(path));
    return null;
  }
}

/** Turns a defect into a finding; anything else is a fault of the byte source and goes on. */
export function report(error: unknown, log: FindingLog, path: string, episode?: number): void {
  if (!(error instanceof Defect)) throw error;
  log.add(error.code, error.message, { path, ...error.detail, ...(episode === undefined ? {} : { episode }) });
}
