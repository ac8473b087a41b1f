import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One finished file of a rendition. */
export interface WrittenFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** A file that is being written from its first byte to its last. */
export interface OutputFile {
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<WrittenFile>;
}

/** Where a rendition goes. Several files may be open at once; none is touched after it is closed. */
export interface OutputFolder {
  create(path: string): Promise<OutputFile>;
}

/** Writes a whole file. */
export async function writeFile(
  folder: OutputFolder,
  path: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<WrittenFile> {
  const file = await folder.create(path);
  if (content instanceof Uint8Array) await file.append(content);
  else for await (const bytes of content) await file.append(bytes);
  return file.close();
}

/** A folder on disk. `onFile` is told of each finished file, and may take it away. */
export class DiskOutputFolder implements OutputFolder {
  constructor(
    private readonly root: string,
    private readonly onFile: (file: WrittenFile, localPath: string) => Promise<void>,
  ) {}

  async create(path: string): Promise<OutputFile> {
    const localPath = join(this.root, path);
    await mkdir(dirname(localPath), { recursive: true });
    return new DiskOutputFile(path, localPath, await open(localPath, 'w'), this.onFile);
  }
}

class DiskOutputFile implements OutputFile {
  private readonly hash: Hash = createHash('sha256');
  private sizeBytes = 0;

  constructor(
    private readonly path: string,
    private readonly localPath: string,
    private readonly handle: FileHandle,
    private readonly onFile: (file: WrittenFile, localPath: string) => Promise<void>,
  ) {}

  async append(bytes: Uint8Array): Promise<void> {
    this.hash.update(bytes);
    this.sizeBytes += bytes.byteLength;
    for (let done = 0; done < bytes.byteLength;) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.byteLength - done);
      done += bytesWritten;
    }
  }

  async close(): Promise<WrittenFile> {
    await this.handle.close();
    const file = { path: this.path, sizeBytes: this.sizeBytes, sha256: this.hash.digest('hex') };
    await this.onFile(file, this.localPath);
    return file;
  }
}
