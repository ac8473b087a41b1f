import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SignedFile } from '@app/cages';
import { startObjectStore } from '@app/embedded';
import type { RunningObjectStore } from '@app/embedded';
import { Clock } from '@app/kernel';
import { createPresigner } from '@app/storage';
import type { Upload } from '../../support/hostile/hostile-upload.js';

const KEY = { accessKeyId: 'hostile-access-key', secretAccessKey: 'hostile-secret-access-key' };
const REGION = 'us-east-1';
const BUCKET = 'uploads';

class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }
}

/** The market's own object store with uploads in it, each file behind a signed URL as the worker gets it. */
export class HostileShelf {
  private stored = 0;

  private constructor(
    private readonly folder: string,
    private readonly store: RunningObjectStore,
  ) {}

  static async open(): Promise<HostileShelf> {
    const folder = await mkdtemp(join(tmpdir(), 'bodega-hostile-'));
    const store = await startObjectStore({
      dataDir: join(folder, 'store'),
      port: 0,
      region: REGION,
      credentials: [KEY],
      buckets: [BUCKET],
      durable: false,
      clock: new SystemClock(),
    });
    return new HostileShelf(folder, store);
  }

  /** Stores every file; what shares a buffer is one object. */
  async put(upload: Upload): Promise<SignedFile[]> {
    const keys = new Map<Uint8Array, string>();
    const files: SignedFile[] = [];
    const sign = createPresigner({ region: REGION, ...KEY });
    const template = { endpoint: new URL(this.store.url), bucket: BUCKET, expiresS: 3_600, now: new Date() };
    const writing = sign.prepare({ ...template, method: 'PUT' });
    const reading = sign.prepare({ ...template, method: 'GET' });
    for (const [path, bytes] of upload) {
      let key = keys.get(bytes);
      if (key === undefined) {
        key = `object-${(this.stored += 1)}`;
        keys.set(bytes, key);
        const response = await fetch(writing.sign(key), { method: 'PUT', body: new Uint8Array(bytes) });
        if (response.status !== 200) throw new Error(`the store answered ${response.status}: ${await response.text()}`);
      }
      files.push({ path, sizeBytes: bytes.byteLength, url: reading.sign(key) });
    }
    return files;
  }

  async close(): Promise<void> {
    await this.store.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
