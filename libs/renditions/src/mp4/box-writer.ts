/** Bytes of an mp4 box: its size, its type, its parts. */
export function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = 8 + parts.reduce((sum, part) => sum + part.byteLength, 0);
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, size);
  for (let i = 0; i < 4; i += 1) bytes[4 + i] = type.charCodeAt(i);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/** Unsigned 32-bit numbers, big-endian. */
export function u32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint32(4 * i, value));
  return bytes;
}

/** As `u32`, for lists of any length. */
export function u32List(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i += 1) view.setUint32(4 * i, values[i] ?? 0);
  return bytes;
}

export function u16(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint16(2 * i, value));
  return bytes;
}

/** An unsigned 64-bit number up to 2^53. */
export function u64(value: number): Uint8Array {
  return u32(...halves(value));
}

/** As `u64`, for lists of any length. */
export function u64List(values: readonly number[]): Uint8Array {
  return u32List(values.flatMap(halves));
}

function halves(value: number): [number, number] {
  return [Math.floor(value / 2 ** 32), value % 2 ** 32];
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
