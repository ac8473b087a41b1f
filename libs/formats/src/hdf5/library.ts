import type { ready } from 'h5wasm/node';
import { Defect } from '../defect.js';
import type { FileLayer, GrantedFile } from './fenced-files.js';
import { FencedFiles } from './fenced-files.js';

/** The functions of the HDF5 library, compiled to WebAssembly. */
export type Hdf5Module = Awaited<typeof ready>;

/** The library behind its fence. One per process: it costs 4 MB and 50 ms. */
export class Hdf5Library {
  private static loading: Promise<Hdf5Library> | null = null;
  private files = 0;
  private isStopped = false;

  private constructor(
    private readonly module: Hdf5Module,
    private readonly fence: FencedFiles,
  ) {}

  /** Loaded on first use, so that a process which never reads HDF5 does not carry it. */
  static load(): Promise<Hdf5Library> {
    Hdf5Library.loading ??= import('h5wasm/node').then(async (h5wasm) => {
      const module = await h5wasm.ready;
      return new Hdf5Library(module, new FencedFiles(module.FS as unknown as FileLayer));
    });
    return Hdf5Library.loading;
  }

  grant(content: GrantedFile['content'], sizeBytes: number): GrantedFile {
    this.files += 1;
    return { alias: `/granted/${this.files}.h5`, number: this.files, sizeBytes, content, streams: new Set() };
  }

  /**
   * Runs one synchronous piece of work on one file. Whatever fails inside is a defect of the file, except that a
   * library which has lost its memory is a fault of ours: another process can try again.
   */
  run<T>(file: GrantedFile, what: string, work: (module: Hdf5Module) => T): T {
    if (this.isStopped) throw new Error('the HDF5 library has stopped in this process');
    const { result, error, refused, said } = this.fence.within(file, () => ({ value: work(this.module) }));
    if (refused !== null)
      throw new Defect(
        'SYMLINK_FILE',
        `${what} lies in another file, which is never followed: write the data into the file itself`,
        { actual: refused.slice(0, 200) },
      );
    if (result) return result.value;
    if (error instanceof Defect) throw error;
    if (error instanceof Error && error.name === 'RuntimeError') this.isStopped = !this.answers();
    throw new Defect('BAD_HDF5', `${what} cannot be read: the file is damaged`, {
      actual: reasonOf(said) ?? (error instanceof Error ? error.message.slice(0, 200) : 'no reason given'),
    });
  }

  release(file: GrantedFile): void {
    this.fence.release(file);
  }

  /** Whether the library still works after a trap: it can list what it has just been asked for. */
  private answers(): boolean {
    try {
      return Array.isArray(this.module.get_plugin_search_paths());
    } catch {
      return false;
    }
  }
}

/** The innermost line of the library's own explanation, which is the one that names the cause. */
export function reasonOf(said: string): string | null {
  const lines = [...said.matchAll(/^\s+#\d{3}: .* line \d+ in \w+\(\): (.+)$/gm)];
  return lines.at(-1)?.[1]?.slice(0, 200) ?? null;
}
