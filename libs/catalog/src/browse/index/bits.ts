/** Bit sets over row numbers: 32 rows a word, row `r` is bit `r & 31` of word `r >>> 5`. */
export type Bits = Uint32Array;

export const wordsFor = (rows: number): number => (rows + 31) >>> 5;

/** Typed arrays are read inside their bounds here; the compiler cannot know that. */
export const at = (array: Uint32Array | Int32Array | Float64Array | Uint8Array, i: number): number =>
  array[i] as number;

export const hasBit = (bits: Bits, row: number): boolean => ((at(bits, row >>> 5) >>> (row & 31)) & 1) === 1;

export function setBit(bits: Bits, row: number): void {
  bits[row >>> 5] = at(bits, row >>> 5) | (1 << (row & 31));
}

export function clearBit(bits: Bits, row: number): void {
  bits[row >>> 5] = at(bits, row >>> 5) & ~(1 << (row & 31));
}

/** Number of ones in a 32-bit word. */
export function popcount(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return Math.imul((w + (w >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export function countBits(bits: Bits): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) if (at(bits, i) !== 0) count += popcount(at(bits, i));
  return count;
}

/** Makes room for a row at position `row` by moving that bit and all above it one up; the new bit is zero. */
export function openBit(bits: Bits, row: number): void {
  const first = row >>> 5;
  for (let i = bits.length - 1; i > first; i--) bits[i] = (at(bits, i) << 1) | (at(bits, i - 1) >>> 31);
  const below = (1 << (row & 31)) - 1;
  const word = at(bits, first);
  bits[first] = (word & below) | ((word & ~below) << 1);
}

/** Calls back with each set row, from the highest below `end` downwards, until the callback answers false. */
export function walkDown(bits: Bits, end: number, visit: (row: number) => boolean): void {
  const last = Math.min(wordsFor(end), bits.length) - 1;
  for (let i = last; i >= 0; i--) {
    let word = at(bits, i);
    if (i === end >>> 5) word &= (1 << (end & 31)) - 1;
    while (word !== 0) {
      const bit = 31 - Math.clz32(word);
      if (!visit((i << 5) | bit)) return;
      word &= ~(1 << bit);
    }
  }
}

export function intersect(into: Bits, other: Bits): void {
  for (let i = 0; i < into.length; i++) into[i] = at(into, i) & at(other, i);
}
