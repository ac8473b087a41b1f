import type { FileHandle } from 'node:fs/promises';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource, FileEntry, FileTree } from '@app/formats';

/** Files held in memory; a test changes them before it opens them. */
export class MemoryFileTree implements FileTree {
  constructor(readonly contents: Map<string, Uint8Array>) {}

  get files(): FileEntry[] {
    return [...this.contents].map(([path, bytes]) => ({ path, sizeBytes: bytes.byteLength }));
  }

  open(path: string): Promise<ByteSource> {
    const bytes = this.contents.get(path);
    return bytes ? Promise.resolve(bufferSource(bytes)) : Promise.reject(new Error(`no file ${path} in this tree`));
  }

  /** A tree that shares the bytes but not the list. */
  copy(): MemoryFileTree {
    return new MemoryFileTree(new Map(this.contents));
  }
}

/** A byte source over a buffer. It answers exactly what is asked, and refuses what is not there. */
export function bufferSource(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.byteLength,
    read: (offset, length) =>
      offset < 0 || offset + length > bytes.byteLength
        ? Promise.reject(new RangeError(`asked for ${offset}+${length} of ${bytes.byteLength} bytes`))
        : Promise.resolve(bytes.slice(offset, offset + length)),
  };
}

/** Files of a folder. Call `close` at the end. */
export class DiskFileTree implements FileTree {
  private readonly handles = new Map<string, FileHandle>();
  private readonly sizes: ReadonlyMap<string, number>;

  private constructor(
    private readonly root: string,
    readonly files: readonly FileEntry[],
  ) {
    this.sizes = new Map(files.map((file) => [file.path, file.sizeBytes]));
  }

  static async of(root: string): Promise<DiskFileTree> {
    const files: FileEntry[] = [];
    const walk = async (folder: string): Promise<void> => {
      for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) await walk(path);
        else if (entry.isFile()) files.push({ path, sizeBytes: (await stat(join(root, path))).size });
      }
    };
    await walk('');
    return new DiskFileTree(
      root,
      files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
  }

  async open(path: string): Promise<ByteSource> {
    const sizeBytes = this.sizes.get(path);
    if (sizeBytes === undefined) throw new Error(`no file ${path} in this tree`);
    return {
      sizeBytes,
      read: async (offset, length) => {
        let handle = this.handles.get(path);
        if (!handle) {
          handle = await open(join(this.root, path), 'r');
          this.handles.set(path, handle);
          // A set may have a hundred thousand files; only the newest few stay open.
          const [oldest] = this.handles.keys();
          if (this.handles.size > 32 && oldest !== undefined) {
            await this.handles.get(oldest)?.close();
            this.handles.delete(oldest);
          }
        }
        const buffer = Buffer.allocUnsafe(length);
        for (let done = 0; done < length;) {
          const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
          if (bytesRead === 0) return buffer.subarray(0, done);
          done += bytesRead;
        }
        return buffer;
      },
    };
  }

  localPath(path: string): Promise<string> {
    return this.sizes.has(path)
      ? Promise.resolve(join(this.root, path))
      : Promise.reject(new Error(`no file ${path} in this tree`));
  }

  async close(): Promise<void> {
    for (const handle of this.handles.values()) await handle.close();
    this.handles.clear();
  }
}
