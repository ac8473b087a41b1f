/** Small enough that an insert moves little, large enough that 100,000 keys are a few hundred chunks. */
const CHUNK_KEYS = 512;

/** A place in the order; ends where `key` is undefined. */
export interface KeyCursor {
  readonly key: string | undefined;
  advance(): void;
}

/** A set of keys in the order that S3 lists them: by the bytes of their UTF-8. */
export class SortedKeys {
  private chunks: string[][] = [];

  /** Replaces the content; sorting once is far cheaper than inserting one by one. */
  load(keys: Iterable<string>): void {
    const sorted = [...keys].sort(compareKeys);
    this.chunks = [];
    for (let i = 0; i < sorted.length; i += CHUNK_KEYS) this.chunks.push(sorted.slice(i, i + CHUNK_KEYS));
  }

  add(key: string): void {
    const { chunk, index } = this.locate((other) => compareKeys(other, key) < 0);
    const keys = this.chunks[chunk];
    if (!keys) {
      // Behind everything: the last chunk takes it, or the first one is born.
      const last = this.chunks.at(-1);
      if (last) last.push(key);
      else this.chunks.push([key]);
      this.splitIfLarge(this.chunks.length - 1);
      return;
    }
    if (keys[index] === key) return;
    keys.splice(index, 0, key);
    this.splitIfLarge(chunk);
  }

  delete(key: string): void {
    const { chunk, index } = this.locate((other) => compareKeys(other, key) < 0);
    const keys = this.chunks[chunk];
    if (keys?.[index] !== key) return;
    keys.splice(index, 1);
    if (keys.length === 0) this.chunks.splice(chunk, 1);
  }

  /** Stands at the first key for which `isBefore` is false. It must be true for a head of the order and false behind it. */
  seek(isBefore: (key: string) => boolean): KeyCursor {
    let { chunk, index } = this.locate(isBefore);
    const { chunks } = this;
    return {
      get key() {
        return chunks[chunk]?.[index];
      },
      advance() {
        if (++index < (chunks[chunk]?.length ?? 0)) return;
        chunk++;
        index = 0;
      },
    };
  }

  private locate(isBefore: (key: string) => boolean): { chunk: number; index: number } {
    const chunk = firstIndex(this.chunks.length, (i) => !isBefore(this.chunks[i]?.at(-1) ?? ''));
    const keys = this.chunks[chunk] ?? [];
    return { chunk, index: firstIndex(keys.length, (i) => !isBefore(keys[i] ?? '')) };
  }

  private splitIfLarge(chunk: number): void {
    const keys = this.chunks[chunk];
    if (!keys || keys.length <= 2 * CHUNK_KEYS) return;
    this.chunks.splice(chunk, 1, keys.slice(0, CHUNK_KEYS), keys.slice(CHUNK_KEYS));
  }
}

/** Index of the first element for which the test holds, by bisection; `length` when none. */
function firstIndex(length: number, test: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Order of the UTF-8 bytes. UTF-16 code units agree, except that surrogates (beyond U+FFFF) sort before U+E000–U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
