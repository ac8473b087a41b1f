import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectFiles } from './object-files.js';

/** Where the access log goes, and how soon. */
export interface AccessLogOptions {
  /** Requests to this bucket are not logged. */
  readonly bucket: string;
  readonly prefix: string;
  /** Lines wait at most this long. Default 5,000. */
  readonly flushMs?: number;
  /** This many lines are delivered at once. Default 10,000. */
  readonly flushLines?: number;
}

const OPEN_FILE = 'open.log';
const SEALED = /^sealed-(\d{4}(?:-\d\d){5}-[0-9A-F]{16})\.log$/;
const DEFAULT_FLUSH_MS = 5_000;
const DEFAULT_FLUSH_LINES = 10_000;

/**
 * The spool of the access log: lines go to a local file at once, and from there as objects into the log bucket.
 *
 * A file gets the name of its future object when it is sealed, and delivery is "put unless there, then remove the file".
 * So a kill between the two delivers nothing twice.
 */
export class AccessLog {
  private waiting: string[] = [];
  private lines = 0;
  /** All work on files happens in this one queue. */
  private tail: Promise<void> = Promise.resolve();
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly folder: string,
    private readonly files: ObjectFiles,
    private readonly options: AccessLogOptions,
    private readonly now: () => Date,
    private readonly report: (line: string) => void,
    private file: FileHandle,
  ) {
    this.timer = setInterval(
      () => void this.deliver().catch((error: unknown) => this.complain(error)),
      options.flushMs ?? DEFAULT_FLUSH_MS,
    );
    this.timer.unref();
  }

  /** Opens the spool and delivers what an earlier run left in it. */
  static async open(
    folder: string,
    files: ObjectFiles,
    options: AccessLogOptions,
    hooks: { now: () => Date; report: (line: string) => void },
  ): Promise<AccessLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, OPEN_FILE);
    const file = await open(path, 'a', 0o600);
    await cutTornLine(path);
    const log = new AccessLog(folder, files, options, hooks.now, hooks.report, file);
    log.lines = (await stat(path)).size > 0 ? 1 : 0;
    await log.deliver();
    return log;
  }

  /** Takes one line. It reaches the local file with the next turn of the queue. */
  record(line: string): void {
    this.lines++;
    if (this.waiting.push(line) === 1)
      void this.enqueue(() => this.write()).catch((error: unknown) => this.complain(error));
    if (this.lines === (this.options.flushLines ?? DEFAULT_FLUSH_LINES)) {
      void this.deliver().catch((error: unknown) => this.complain(error));
    }
  }

  /** Delivers every line recorded so far; resolves when they stand in the log bucket. */
  deliver(): Promise<void> {
    return this.enqueue(async () => {
      await this.write();
      if (this.lines > 0) await this.seal();
      for (const name of (await readdir(this.folder)).sort()) {
        const suffix = SEALED.exec(name)?.[1];
        if (suffix !== undefined) await this.deliverFile(join(this.folder, name), `${this.options.prefix}${suffix}`);
      }
    });
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    try {
      await this.deliver();
    } finally {
      await this.file.close();
    }
  }

  private async write(): Promise<void> {
    if (this.waiting.length === 0) return;
    const lines = this.waiting.splice(0);
    try {
      await this.file.appendFile(`${lines.join('\n')}\n`);
    } catch (error) {
      this.waiting.unshift(...lines);
      throw error;
    }
  }

  private async seal(): Promise<void> {
    const stamp = this.now().toISOString().slice(0, 19).replace(/[T:]/g, '-');
    const unique = randomBytes(8).toString('hex').toUpperCase();
    await this.file.close();
    await rename(join(this.folder, OPEN_FILE), join(this.folder, `sealed-${stamp}-${unique}.log`));
    this.file = await open(join(this.folder, OPEN_FILE), 'a', 0o600);
    this.lines = this.waiting.length;
  }

  private async deliverFile(path: string, key: string): Promise<void> {
    const { bucket } = this.options;
    if (!this.files.bucket(bucket).objects.has(key)) {
      const body = await this.files.receive(createReadStream(path) as AsyncIterable<Buffer>, {
        update: () => undefined,
        finish: () => undefined,
        checksum: () => undefined,
      });
      await this.files.put(bucket, key, body, { 'content-type': 'text/plain' }, () => undefined);
    }
    await rm(path);
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    const result = this.tail.then(work);
    // The caller hears of a failure; the queue goes on.
    this.tail = result.catch(() => undefined);
    return result;
  }

  private complain(error: unknown): void {
    this.report(`The access log could not be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A kill in the middle of a write leaves half a line, which would run into the next one. */
async function cutTornLine(path: string): Promise<void> {
  const bytes = await readFile(path);
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) await truncate(path, end);
}
