import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { openPromise } from 'yauzl';
import type { Entry, ZipFile } from 'yauzl';

/** What makes a bundle worth nothing: one clause, to stand in a sentence. */
export class EvidenceProblem extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'EvidenceProblem';
  }
}

const MAX_ENTRIES = 1_000;
const MAX_LINE_BYTES = 4_000_000;

/** An evidence bundle, read part by part and never unpacked. */
export class Bundle {
  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @throws EvidenceProblem when it is no archive of this kind */
  static async open(path: string): Promise<Bundle> {
    const zip = await orProblem(() =>
      openPromise(path, { lazyEntries: true, autoClose: false, validateEntrySizes: true }),
    );
    try {
      const entries = new Map<string, Entry>();
      await orProblem(async () => {
        for await (const entry of zip.eachEntry()) {
          if (entries.size >= MAX_ENTRIES) throw new EvidenceProblem('it holds more files than a bundle has');
          if (entries.has(entry.fileName)) throw new EvidenceProblem(`it holds ${entry.fileName} twice`);
          entries.set(entry.fileName, entry);
        }
      });
      return new Bundle(zip, entries);
    } catch (error) {
      zip.close();
      throw error;
    }
  }

  close(): void {
    this.zip.close();
  }

  get names(): string[] {
    return [...this.entries.keys()];
  }

  /** Bytes of a part as they come. @throws EvidenceProblem */
  async *chunks(name: string): AsyncGenerator<Buffer> {
    const entry = this.entries.get(name);
    if (!entry) throw new EvidenceProblem(`it lacks ${name}`);
    const stream: Readable = await orProblem(() => this.zip.openReadStreamPromise(entry));
    try {
      for await (const chunk of stream) yield chunk as Buffer;
    } catch (error) {
      throw new EvidenceProblem(`${name} is damaged (${messageOf(error)})`);
    }
  }

  /** A small part as a whole. @throws EvidenceProblem when it is larger */
  async text(name: string, maxBytes: number): Promise<string> {
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.chunks(name)) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new EvidenceProblem(`${name} is larger than such a file can be`);
      parts.push(chunk);
    }
    return Buffer.concat(parts).toString('utf8');
  }

  /** Lines of a part, one at a time. @throws EvidenceProblem */
  async *lines(name: string): AsyncGenerator<string> {
    let rest = Buffer.alloc(0);
    for await (const chunk of this.chunks(name)) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([rest, chunk.subarray(from, end)]).toString('utf8');
        rest = Buffer.alloc(0);
        from = end + 1;
      }
      rest = Buffer.concat([rest, chunk.subarray(from)]);
      if (rest.length > MAX_LINE_BYTES) throw new EvidenceProblem(`${name} has a line without an end`);
    }
    if (rest.length > 0) throw new EvidenceProblem(`${name} is cut off`);
  }

  async hashOf(name: string): Promise<{ bytes: number; sha256: string }> {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of this.chunks(name)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  }
}

async function orProblem<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EvidenceProblem || isOfTheSystem(error)) throw error;
    throw new EvidenceProblem(`it is not a whole ZIP archive (${messageOf(error)})`);
  }
}

/** A file that cannot be opened says nothing about what is in it. */
function isOfTheSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
