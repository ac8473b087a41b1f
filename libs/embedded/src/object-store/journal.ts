import { open, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EmbeddedErrors } from '../embedded.errors.js';
import { syncFolder } from './blob-files.js';

const READ_BYTES = 4 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * An append-only file of JSON lines: the one place where a change to the store becomes true.
 *
 * Lines that arrive while a write is under way are written and flushed together, so that many small uploads share a
 * flush. A line torn by a kill is the last one, was never answered for, and is cut off at the next start.
 */
export class Journal<R> {
  private queue: string[] = [];
  private waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  private writing: Promise<void> | null = null;

  private constructor(
    private readonly file: FileHandle,
    private offset: number,
    private readonly durable: boolean,
  ) {}

  /** Opens the journal and gives every record to `replay`, oldest first. */
  static async open<R>(path: string, durable: boolean, replay: (record: R) => void): Promise<Journal<R>> {
    const file = await open(path, 'a+', 0o600);
    await file.close();
    const writable = await open(path, 'r+');
    try {
      const offset = await replayFile<R>(writable, path, replay);
      await writable.truncate(offset);
      return new Journal<R>(writable, offset, durable);
    } catch (error) {
      await writable.close();
      throw error;
    }
  }

  /** Replaces a journal by one that says the same with fewer records. */
  static async rewrite<R>(path: string, records: Iterable<R>): Promise<void> {
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      let text = '';
      for (const record of records) {
        text += `${JSON.stringify(record)}\n`;
        if (text.length > READ_BYTES) {
          await file.appendFile(text);
          text = '';
        }
      }
      await file.appendFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    await syncFolder(dirname(path));
  }

  /**
   * Adds a record; resolves when it will survive. Records keep the order of the calls. After a failed write (a full
   * disk) the record stays queued ahead of later ones, so that file and memory never disagree about the order.
   */
  append(record: R): Promise<void> {
    this.queue.push(`${JSON.stringify(record)}\n`);
    const written = new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
    this.writing ??= this.drain();
    return written;
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
  }

  private async drain(): Promise<void> {
    // One turn of the loop lets appends of the same moment join.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const lines = this.queue.splice(0);
      const waiting = this.waiting.splice(0);
      const bytes = Buffer.from(lines.join(''));
      try {
        await writeFully(this.file, bytes, this.offset);
        if (this.durable) await this.file.datasync();
        this.offset += bytes.length;
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        this.queue.unshift(...lines);
        for (const { reject } of waiting) reject(error);
      }
    }
    this.writing = null;
  }
}

async function writeFully(file: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    written += (await file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
  }
}

/** Returns the offset behind the last whole line. */
async function replayFile<R>(file: FileHandle, path: string, replay: (record: R) => void): Promise<number> {
  const buffer = Buffer.alloc(READ_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let good = 0;
  let lineNumber = 0;
  let badLine = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, offset);
    if (bytesRead === 0) return good;
    offset += bytesRead;
    const data = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let start = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, start)) {
      lineNumber++;
      const record = parse<R>(data.toString('utf8', start, end));
      if (record === null) {
        badLine ||= lineNumber;
      } else if (badLine) {
        throw EmbeddedErrors.JOURNAL_DAMAGED({ path, line: badLine });
      } else {
        replay(record);
        good += end + 1 - start;
      }
      start = end + 1;
    }
    rest = data.subarray(start);
  }
}

function parse<R>(line: string): R | null {
  try {
    return JSON.parse(line) as R;
  } catch {
    return null;
  }
}
