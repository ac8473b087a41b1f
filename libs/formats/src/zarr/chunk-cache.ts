/**
 * What all arrays of a store may keep decompressed between them: neighbouring episodes share chunks,
 * and a small signal often is one chunk for the whole set.
 */
const BUDGET_BYTES = 64 * 1024 * 1024;

/** Decompressed chunks by path; the one that was asked for longest ago goes first. */
export class ChunkCache {
  private readonly chunks = new Map<string, Uint8Array>();
  private heldBytes = 0;

  get(path: string): Uint8Array | null {
    const bytes = this.chunks.get(path);
    if (!bytes) return null;
    this.chunks.delete(path);
    this.chunks.set(path, bytes);
    return bytes;
  }

  /** Lets go of chunks until so many bytes fit. Called before a chunk is decompressed, not after. */
  makeRoom(bytes: number): void {
    for (const [path, chunk] of this.chunks) {
      if (this.heldBytes + bytes <= BUDGET_BYTES) return;
      this.chunks.delete(path);
      this.heldBytes -= chunk.byteLength;
    }
  }

  put(path: string, bytes: Uint8Array): void {
    this.chunks.set(path, bytes);
    this.heldBytes += bytes.byteLength;
  }

  clear(): void {
    this.chunks.clear();
    this.heldBytes = 0;
  }
}
