import { Defect } from '../defect.js';

/** Big-endian, seven bits a byte, nine bytes at most. */
export function varint(bytes: Uint8Array, offset: number): [value: bigint, next: number] {
  let value = 0n;
  for (let i = 0; i < 9; i += 1) {
    const byte = bytes[offset + i];
    if (byte === undefined) break;
    if (i === 8) return [(value << 8n) | BigInt(byte), offset + 9];
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return [value, offset + i + 1];
  }
  throw new Defect('BAD_BAG', 'a number of the database is cut off');
}
