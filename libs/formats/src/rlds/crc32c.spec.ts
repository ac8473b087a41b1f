import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32c, maskedCrc32c } from './crc32c.js';

/** Bit by bit, as the definition has it. */
function plainCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  it('gives the known values of RFC 3720 and of the CRC catalogue', () => {
    const rising = Uint8Array.from({ length: 32 }, (_, i) => i);

    expect(crc32c(new Uint8Array(0))).toBe(0);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(rising)).toBe(0x46dd794e);
    expect(crc32c(rising.toReversed())).toBe(0x113fdb5c);
  });

  it('equals the definition for any bytes, at any offset, in one piece or in two', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(8), fc.nat(200), (bytes, offset, cut) => {
        const shifted = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
        expect(crc32c(shifted)).toBe(plainCrc32c(bytes));
        expect(crc32c(shifted.subarray(cut), crc32c(shifted.subarray(0, cut)))).toBe(plainCrc32c(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it('masks as TensorFlow does: the header of a real record of 144,644 bytes', () => {
    const length = Buffer.from('0435020000000000', 'hex');

    expect(maskedCrc32c(crc32c(length))).toBe(0xa2cf1f8c);
  });
});
