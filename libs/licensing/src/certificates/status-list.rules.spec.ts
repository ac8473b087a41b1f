import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { encodeStatusList, parseStatusListName } from './status-list.rules.js';

const bitsOf = (encoded: string): Buffer => gunzipSync(Buffer.from(encoded.slice(1), 'base64url'));

describe('a bitstring status list', () => {
  // Vectors of W3C Bitstring Status List: gzip headers differ between libraries, so the bits are compared.
  it('is 16 KiB of zeros when nobody is stopped, as in the specification', () => {
    const published = 'uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA';

    expect(bitsOf(encodeStatusList([])).equals(bitsOf(published))).toBe(true);
  });

  it('counts from the most significant bit of the first byte', () => {
    const bits = bitsOf(encodeStatusList([0, 9, 94_567, 131_071]));

    expect([bits[0], bits[1], bits[11_820], bits[16_383]]).toEqual([0x80, 0x40, 0x01, 0x01]);
    expect(createHash('sha256').update(bits).digest('hex')).toBe(
      '1c72b27304aa245524cf751de0a461f1d4a1fd9728ad0bea7c8830d4ce36b64d',
    );
  });

  it('has the multibase prefix of base64url without padding', () => {
    expect(encodeStatusList([5])).toMatch(/^u[A-Za-z0-9_-]+$/);
  });

  it.each([-1, 131_072, 1.5, Number.NaN])('has no entry %s', (index) => {
    expect(() => encodeStatusList([index])).toThrow(RangeError);
  });

  it('is named by its purpose and number', () => {
    expect(parseStatusListName('revocation-1')).toEqual({ purpose: 'revocation', list: 1 });
    expect(parseStatusListName('suspension-120')).toEqual({ purpose: 'suspension', list: 120 });
    for (const other of ['revocation', 'message-1', 'revocation-0', 'revocation-1.5', 'revocation-9999999', '']) {
      expect(parseStatusListName(other)).toBeNull();
    }
  });
});
