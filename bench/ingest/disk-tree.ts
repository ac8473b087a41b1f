import type { FileHandle } from 'node:fs/promises';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource, FileEntry, FileTree } from '@app/formats';

const MAX_OPEN = 32;

/** Files of a folder, for a lane of the bench. */
export class DiskTree implements FileTree {
  private readonly handles = new Map<string, FileHandle>();

  private constructor(
    private readonly root: string,
    readonly files: readonly FileEntry[],
  ) {}

  static async of(root: string): Promise<DiskTree> {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .sort();
    return new DiskTree(
      root,
      await Promise.all(paths.map(async (path) => ({ path, sizeBytes: (await stat(join(root, path))).size }))),
    );
  }

  get bytes(): number {
    return this.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  }

  open(path: string): Promise<ByteSource> {
    const readInto = async (offset: number, target: Uint8Array): Promise<void> => {
      const handle = await this.handle(path);
      for (let done = 0; done < target.byteLength;) {
        const { bytesRead } = await handle.read(target, done, target.byteLength - done, offset + done);
        if (bytesRead === 0) throw new Error(`${path} ends early`);
        done += bytesRead;
      }
    };
    const read = async (offset: number, length: number): Promise<Uint8Array> => {
      const buffer = Buffer.allocUnsafe(length);
      await readInto(offset, buffer);
      return buffer;
    };
    return Promise.resolve({
      sizeBytes: this.files.find((file) => file.path === path)?.sizeBytes ?? 0,
      read,
      readInto,
    });
  }

  async close(): Promise<void> {
    for (const handle of this.handles.values()) await handle.close();
    this.handles.clear();
  }

  private async handle(path: string): Promise<FileHandle> {
    const held = this.handles.get(path);
    if (held) return held;
    const handle = await open(join(this.root, path), 'r');
    this.handles.set(path, handle);
    const [oldest] = this.handles.keys();
    if (this.handles.size > MAX_OPEN && oldest !== undefined) {
      await this.handles.get(oldest)?.close();
      this.handles.delete(oldest);
    }
    return handle;
  }
}
