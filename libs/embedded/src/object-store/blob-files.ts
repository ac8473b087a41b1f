import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../process-lock.js';

/** Bytes are gathered to this size before they are written. */
const WRITE_BYTES = 1024 * 1024;
const ID_BYTES = 16;

/**
 * Files of bytes under random names, so that no key, however long or strange, ever becomes a path.
 *
 * A blob is kept while something holds it: objects and parts (several after a copy), and readers in the middle of it.
 */
export class BlobFiles {
  private readonly holds = new Map<string, number>();
  private readonly madeFolders = new Set<string>();

  constructor(
    private readonly root: string,
    private readonly durable: boolean,
  ) {}

  /** Writes a stream to a new blob that is held once. On any failure nothing remains. */
  async write(source: AsyncIterable<Buffer>): Promise<{ id: string; size: number }> {
    const id = randomBytes(ID_BYTES).toString('hex');
    const folder = await this.makeFolder(id);
    const path = this.pathOf(id);
    const file = await open(path, 'wx', 0o600);
    let size = 0;
    try {
      let gathered: Buffer[] = [];
      let gatheredBytes = 0;
      for await (const chunk of source) {
        gathered.push(chunk);
        gatheredBytes += chunk.length;
        if (gatheredBytes < WRITE_BYTES) continue;
        await writeAll(file, gathered, gatheredBytes, size);
        size += gatheredBytes;
        gathered = [];
        gatheredBytes = 0;
      }
      if (gatheredBytes > 0) await writeAll(file, gathered, gatheredBytes, size);
      size += gatheredBytes;
      if (this.durable) await file.datasync();
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    await file.close();
    if (this.durable) await syncFolder(folder);
    this.hold(id);
    return { id, size };
  }

  /** Opens a blob that is held. */
  open(id: string): Promise<FileHandle> {
    return open(this.pathOf(id), 'r');
  }

  hold(id: string): void {
    this.holds.set(id, (this.holds.get(id) ?? 0) + 1);
  }

  /** Lets go of a blob; the last one to do so removes it. */
  async release(id: string): Promise<void> {
    const left = (this.holds.get(id) ?? 0) - 1;
    if (left > 0) {
      this.holds.set(id, left);
      return;
    }
    this.holds.delete(id);
    await rm(this.pathOf(id), { force: true });
  }

  /** Removes every file that nothing holds: what a kill left between writing bytes and recording them. */
  async sweep(): Promise<void> {
    for (const folder of await namesIn(this.root)) {
      for (const id of await namesIn(join(this.root, folder))) {
        if (!this.holds.has(id)) await rm(join(this.root, folder, id), { force: true });
      }
    }
  }

  private pathOf(id: string): string {
    return join(this.root, id.slice(0, 2), id);
  }

  private async makeFolder(id: string): Promise<string> {
    const folder = join(this.root, id.slice(0, 2));
    if (!this.madeFolders.has(folder)) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      if (this.durable) await syncFolder(this.root);
      this.madeFolders.add(folder);
    }
    return folder;
  }
}

/** Makes names in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeAll(file: FileHandle, chunks: readonly Buffer[], bytes: number, offset: number): Promise<void> {
  const { bytesWritten } = await file.writev(chunks, offset);
  if (bytesWritten === bytes) return;
  // A short write is rare enough to pay a copy for it.
  const whole = Buffer.concat(chunks);
  for (let done = bytesWritten; done < bytes;) {
    done += (await file.write(whole, done, bytes - done, offset + done)).bytesWritten;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
