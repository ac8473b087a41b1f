import { createHash } from 'node:crypto';
import type { ByteRange } from './block-reading.js';
import { BLOCK_BYTES, readInTurn } from './block-reading.js';
import type { ByteSource, FileEntry, FileTree } from './byte-source.js';

/** A hole that a reader leaves (a header it does not need) is read for the hash's sake up to this size. */
const MAX_HOLE_BYTES = 2 ** 16;
/** The end of a file, where formats keep their tables, is kept up to this size until the hash gets there. */
const MAX_TAIL_BYTES = 2 ** 18;
/** Files that are hashed as they are read. One more, and the one that was left alone longest is finished first. */
const MAX_OPEN = 64;

/** Small files cost a round trip and nothing else, so several are on their way at a time. */
const SMALL_BYTES = 2 ** 16;
const SMALL_AT_ONCE = 16;

/** Told once per file. */
export type OnFileHash = (path: string, sha256: string, sizeBytes: number) => Promise<void> | void;

/**
 * A tree that hashes its files while somebody else reads them, so that every byte is fetched once. Readers go through
 * large files from front to back; what they leave out is read at the end.
 */
export class HashingTree implements FileTree {
  private readonly running = new Map<string, RunningHash>();
  private readonly told = new Set<string>();

  constructor(
    private readonly tree: FileTree,
    private readonly onFileHash: OnFileHash,
  ) {
    const { localPath } = tree;
    if (localPath) this.localPath = (path) => localPath.call(tree, path);
  }

  localPath?: (path: string) => Promise<string>;

  get files(): readonly FileEntry[] {
    return this.tree.files;
  }

  async open(path: string): Promise<ByteSource> {
    const source = await this.tree.open(path);
    const { readInto } = source;
    return {
      sizeBytes: source.sizeBytes,
      read: (offset, length) => this.read(path, source, offset, () => source.read(offset, length)),
      ...(readInto
        ? {
            readInto: async (offset: number, target: Uint8Array): Promise<void> => {
              await this.read(path, source, offset, () => readInto.call(source, offset, target).then(() => target));
            },
          }
        : {}),
    };
  }

  /** Hashes what nobody has read. `tick` is called once per file. */
  async finish(tick: (done: number, total: number) => void): Promise<void> {
    let small: string[] = [];
    const finishSmall = async (): Promise<void> => {
      await Promise.all(small.map((path) => this.finishFile(path, this.running.get(path))));
      small = [];
    };
    for (const { path, sizeBytes } of this.files) {
      if (!this.told.has(path)) {
        if (sizeBytes > SMALL_BYTES) await this.finishFile(path, this.running.get(path));
        else if (small.push(path) === SMALL_AT_ONCE) await finishSmall();
      }
      tick(this.told.size, this.files.length);
    }
    await finishSmall();
    tick(this.told.size, this.files.length);
  }

  private async read(
    path: string,
    source: ByteSource,
    offset: number,
    fetch: () => Promise<Uint8Array>,
  ): Promise<Uint8Array> {
    if (this.told.has(path)) return fetch();
    const hash = await this.runningHash(path, source);
    const bytes = await hash.read(offset, fetch);
    if (hash.isComplete) await this.tell(path, hash);
    return bytes;
  }

  private async runningHash(path: string, source: ByteSource): Promise<RunningHash> {
    const hash = this.running.get(path) ?? new RunningHash(source);
    this.running.delete(path);
    this.running.set(path, hash); // the newest stands last
    for (const [oldest, left] of this.running) {
      if (this.running.size <= MAX_OPEN) break;
      await this.finishFile(oldest, left);
    }
    return hash;
  }

  private async finishFile(path: string, hash?: RunningHash): Promise<void> {
    const complete = hash ?? new RunningHash(await this.tree.open(path));
    await complete.readOn();
    await this.tell(path, complete);
  }

  private async tell(path: string, hash: RunningHash): Promise<void> {
    this.running.delete(path);
    if (this.told.has(path)) return;
    this.told.add(path);
    await this.onFileHash(path, hash.finish(), hash.sizeBytes);
  }
}

/** SHA-256 over the front of a file, as far as it has been read without a hole. */
class RunningHash {
  private readonly hash = createHash('sha256');
  private at = 0;
  /** Reads are taken in the order in which they were asked for. */
  private before: Promise<unknown> = Promise.resolve();
  private tail: { readonly from: number; readonly bytes: Uint8Array } | null = null;
  private isClosing = false;
  private sum: string | null = null;

  constructor(private readonly source: ByteSource) {}

  get sizeBytes(): number {
    return this.source.sizeBytes;
  }

  get isComplete(): boolean {
    return this.at === this.source.sizeBytes;
  }

  async read(offset: number, fetch: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const { before } = this;
    const bytes = fetch();
    const taken = (async () => {
      const [read] = await Promise.all([bytes, before]);
      await this.take(offset, read);
      return read;
    })();
    this.before = taken.catch(() => undefined);
    return taken;
  }

  /** Reads from where the hash stands to the end; what others read meanwhile is not taken. */
  async readOn(): Promise<void> {
    this.isClosing = true;
    await this.before;
    await readInTurn(this.source, this.rest(), (bytes) => this.update(bytes));
  }

  finish(): string {
    this.sum ??= this.hash.digest('hex');
    return this.sum;
  }

  private *rest(): Generator<ByteRange> {
    for (let start = this.at; start < this.sizeBytes; start += BLOCK_BYTES)
      yield { start, length: Math.min(BLOCK_BYTES, this.sizeBytes - start) };
  }

  private async take(offset: number, bytes: Uint8Array): Promise<void> {
    const end = offset + bytes.byteLength;
    const hole = offset - this.at;
    if (this.isClosing || end <= this.at) return;
    if (hole > MAX_HOLE_BYTES) {
      if (end === this.sizeBytes && bytes.byteLength <= MAX_TAIL_BYTES && !this.tail)
        this.tail = { from: offset, bytes: bytes.slice() };
      return;
    }
    const skipped = hole > 0 ? await this.source.read(this.at, hole) : null;
    if (this.isClosing) return;
    if (skipped) this.update(skipped);
    this.update(bytes.subarray(this.at - offset));
    if (this.tail && this.at >= this.tail.from) this.update(this.tail.bytes.subarray(this.at - this.tail.from));
  }

  private update(bytes: Uint8Array): void {
    this.hash.update(bytes);
    this.at += bytes.byteLength;
  }
}
