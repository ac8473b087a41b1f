/** What storage, networks and people do to files. Offsets below zero count from the end. */

export function cut(bytes: Uint8Array, length: number): Buffer {
  return Buffer.from(bytes.subarray(0, length < 0 ? bytes.byteLength + length : length));
}

/** The bytes with others written over them. */
export function overwritten(bytes: Uint8Array, at: number, patch: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(patch, at < 0 ? copy.length + at : at);
  return copy;
}

/** Flips one bit in each of `count` places, always the same ones for the same seed. */
export function flipped(bytes: Uint8Array, seed: number, count: number, from = 0, to = bytes.byteLength): Buffer {
  const copy = Buffer.from(bytes);
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
  for (let i = 0; i < count; i += 1) {
    const at = from + next(to - from);
    copy[at] = (copy[at] ?? 0) ^ (1 << next(8));
  }
  return copy;
}

export const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
export const U64_MAX = 2n ** 64n - 1n;

/** Every place at which `part` stands. */
export function placesOf(bytes: Uint8Array, part: Uint8Array | string): number[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places: number[] = [];
  for (let at = buffer.indexOf(part); at >= 0; at = buffer.indexOf(part, at + 1)) places.push(at);
  return places;
}

/** The first place at which `part` stands. @throws if it does not: then the damage would be none */
export function placeOf(bytes: Uint8Array, part: Uint8Array | string): number {
  const [at] = placesOf(bytes, part);
  if (at === undefined) throw new Error(`these bytes do not hold ${Buffer.from(part).toString('latin1')}`);
  return at;
}

/** `{"a":{"a":...}}`, so many levels deep. */
export function deepJson(levels: number): Buffer {
  return Buffer.from('{"a":'.repeat(levels) + '1' + '}'.repeat(levels));
}

export const deepBrackets = (levels: number): Buffer => Buffer.from('['.repeat(levels) + ']'.repeat(levels));
