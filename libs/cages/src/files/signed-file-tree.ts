import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { ByteSource, FileTree } from '@app/formats';
import { bytesOf, streamOf, withRetries } from './signed-http.js';

const READ_AHEAD = 1 << 18;

/** A file in the store, and the URL that opens it and nothing else. */
export interface SignedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly url: string;
}

/** Files in the store, with local copies on demand. */
export interface SignedFileTree extends FileTree {
  /** Fetches the file once into the scratch folder. @throws where it would not fit into what local copies may take */
  localPath(path: string): Promise<string>;
  /** Removes the local copy of a file that is not needed any more. */
  release(path: string): Promise<void>;
  /** Removes every local copy. */
  close(): Promise<void>;
}

/** Reads one file by ranges; small neighbouring reads share one request. */
class HttpByteSource implements ByteSource {
  private window: { from: number; bytes: Uint8Array } | null = null;

  constructor(private readonly file: SignedFile) {}

  get sizeBytes(): number {
    return this.file.sizeBytes;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.sizeBytes);
    if (offset < 0 || end <= offset) return new Uint8Array(0);
    const { window } = this;
    if (window && offset >= window.from && end <= window.from + window.bytes.length) {
      return window.bytes.subarray(offset - window.from, end - window.from);
    }
    const wanted = Math.min(Math.max(end - offset, READ_AHEAD), this.sizeBytes - offset);
    const bytes = await withRetries(() => bytesOf(this.file.url, offset, wanted));
    // A large read is the caller's to keep; remembering it would double the memory.
    this.window = wanted <= READ_AHEAD ? { from: offset, bytes } : null;
    return bytes.subarray(0, end - offset);
  }
}

/** Fetches a whole file, never more than it is said to have. */
async function download(file: SignedFile, to: string): Promise<void> {
  const handle = await open(to, 'w', 0o600);
  try {
    let sizeBytes = 0;
    for await (const chunk of streamOf(file.url)) {
      sizeBytes += chunk.length;
      if (sizeBytes > file.sizeBytes) throw new Error('The store sent more than the file has.');
      // On a handle this writes on from where the last write ended, and unlike `write` all of it.
      await handle.writeFile(chunk);
    }
    if (sizeBytes !== file.sizeBytes) throw new Error('The store sent less than the file has.');
  } finally {
    await handle.close();
  }
}

/**
 * A version's files in the store, read by signed URLs; local copies go to the `scratch` folder and may take
 * `scratchBytes` at a time. Close it when done.
 */
export function signedFileTree(
  files: readonly SignedFile[],
  { scratch, scratchBytes = Infinity }: { readonly scratch: string; readonly scratchBytes?: number },
): SignedFileTree {
  const byPath = new Map(files.map((file, number) => [file.path, { ...file, number }]));
  const copies = new Map<string, Promise<string>>();
  let taken = 0;
  const need = (path: string) => {
    const file = byPath.get(path);
    if (!file) throw new Error(`There is no file "${path}".`);
    return file;
  };
  const copy = async (path: string): Promise<string> => {
    const file = need(path);
    if (taken + file.sizeBytes > scratchBytes) {
      throw new Error(
        `A local copy of "${path}" needs ${file.sizeBytes} bytes; local copies may take ${scratchBytes}.`,
      );
    }
    taken += file.sizeBytes;
    // The provider's name stays out of our disk; libraries go by the extension at most.
    const extension = /^\.[a-z0-9]{1,8}$/i.exec(extname(path))?.[0] ?? '';
    const to = join(scratch, `file-${file.number}${extension}`);
    try {
      await withRetries(() => download(file, to));
      return to;
    } catch (error) {
      await rm(to, { force: true });
      taken -= file.sizeBytes;
      throw error;
    }
  };
  const release = async (path: string): Promise<void> => {
    const made = copies.get(path);
    copies.delete(path);
    const to = await made?.catch(() => undefined);
    if (to === undefined) return;
    await rm(to, { force: true });
    taken -= need(path).sizeBytes;
  };
  return {
    files: files.map(({ path, sizeBytes }) => ({ path, sizeBytes })),
    open: async (path) => new HttpByteSource(need(path)),
    localPath: (path) => {
      const known = copies.get(path);
      if (known) return known;
      const made = copy(path);
      copies.set(path, made);
      made.catch(() => copies.delete(path));
      return made;
    },
    release,
    close: async () => {
      for (const path of [...copies.keys()]) await release(path);
    },
  };
}

/** SHA-256 of a whole file, streamed, with its true length. */
export async function hashOf(file: SignedFile): Promise<{ sha256: string; sizeBytes: number }> {
  return withRetries(async () => {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of streamOf(file.url)) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
    return { sha256: hash.digest('hex'), sizeBytes };
  });
}
