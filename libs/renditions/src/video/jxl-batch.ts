import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageItem } from '@app/formats';
import type { MediaTools } from './encode.js';
import { decodeStills } from './encode.js';
import { MAX_PIXELS, PictureUnreadable } from './picture.js';

/** Starting a decoder costs as much as decoding some thirty small pictures. */
const BATCH = 64;

interface Waiting {
  readonly picture: ImageItem;
  readonly frames: number;
}

/** Decodes JPEG XL, which only some builds of ffmpeg know and no library here, many pictures at a time. */
export class JxlBatch {
  private waiting: Waiting[] = [];
  private folder: string | null = null;

  constructor(
    private readonly tools: MediaTools,
    private readonly take: (picture: ImageItem, frames: number) => Promise<void>,
  ) {}

  async add(picture: ImageItem, frames: number): Promise<void> {
    if (picture.width * picture.height > MAX_PIXELS)
      throw new PictureUnreadable(
        `a picture of camera ${picture.camera} (JPEG XL) claims ${picture.width}x${picture.height}`,
      );
    this.folder ??= join(this.tools.scratch, randomUUID());
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, `${this.waiting.length}.jxl`), picture.bytes);
    this.waiting.push({ picture: { ...picture, bytes: new Uint8Array(0) }, frames });
    if (this.waiting.length >= BATCH) await this.flush();
  }

  /** Hands on what waits, as raw pictures in their order. @throws PictureUnreadable */
  async flush(): Promise<void> {
    const { waiting, folder } = this;
    const [first] = waiting;
    if (!first || !folder) return;
    this.waiting = [];
    const { width, height, camera } = first.picture;
    if (waiting.some(({ picture }) => picture.width !== width || picture.height !== height))
      throw new PictureUnreadable(`pictures of camera ${camera} (JPEG XL) have several sizes`);
    const raw = join(folder, 'pictures.rgb');
    try {
      await decodeStills(this.tools, join(folder, '%d.jxl'), { width, height }, raw);
      const bytesEach = width * height * 3;
      let taken = 0;
      for await (const bytes of createReadStream(raw, { highWaterMark: bytesEach }) as AsyncIterable<Buffer>) {
        const next = waiting[taken];
        if (!next || bytes.length !== bytesEach) break;
        taken += 1;
        await this.take({ ...next.picture, encoding: 'rgb8', bytes }, next.frames);
      }
      if (taken !== waiting.length)
        throw new PictureUnreadable(`a picture of camera ${camera} (JPEG XL) cannot be decoded`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
