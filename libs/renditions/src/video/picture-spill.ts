import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Embedded pictures of one camera and episode, kept on disk until they are written. */
export class PictureSpill {
  private readonly ends: number[] = [];

  private constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
  ) {}

  static async create(scratch: string): Promise<PictureSpill> {
    const path = join(scratch, `${randomUUID()}.pictures`);
    return new PictureSpill(path, await open(path, 'wx+'));
  }

  get count(): number {
    return this.ends.length;
  }

  async add(bytes: Uint8Array): Promise<void> {
    const start = this.ends.at(-1) ?? 0;
    for (let done = 0; done < bytes.byteLength;) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.byteLength - done, start + done);
      done += bytesWritten;
    }
    this.ends.push(start + bytes.byteLength);
  }

  sizeOf(picture: number): number {
    return (this.ends[picture] ?? 0) - (this.ends[picture - 1] ?? 0);
  }

  async read(picture: number): Promise<Uint8Array> {
    const start = this.ends[picture - 1] ?? 0;
    const bytes = Buffer.alloc(this.sizeOf(picture));
    for (let done = 0; done < bytes.byteLength;) {
      const { bytesRead } = await this.handle.read(bytes, done, bytes.byteLength - done, start + done);
      if (bytesRead === 0) throw new Error('A scratch file lost its end.');
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.handle.close();
    await rm(this.path, { force: true });
  }
}
