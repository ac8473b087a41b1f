import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { videoDigests } from './video-digest.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
/** Not at the start of its memory, and no Buffer: as packets of a block are. */
const inside = (text: string): Uint8Array => new Uint8Array(Buffer.from(`..${text}..`)).subarray(2, 2 + text.length);

describe('the digest of coded video', () => {
  // The sums of `xxhsum -H2` 0.8.1.
  it.each([
    ['', '99aa06d3014798d86001c324468d497f'],
    ['abc', '06b05ab6733a618578af5f94892f3950'],
    ['x'.repeat(300), '125237ea2ad7bc7aa5d1b4607dc83554'],
  ])('is XXH128 of %j', (text, sum) => {
    const digest = videoDigests('fast')();
    digest.update(inside(text));

    expect(hex(digest.digest())).toBe(sum);
  });

  it.each(['fast', 'sha256'] as const)(
    'starts anew for every stream, and does not see where it was cut: %s',
    (kind) => {
      const next = videoDigests(kind);
      const whole = next();
      whole.update(inside('a packet and another'));
      const sum = hex(whole.digest());

      const parts = next();
      parts.update(inside('a packet'));
      parts.update(inside(''));
      parts.update(inside(' and another'));

      expect(hex(parts.digest())).toBe(sum);
    },
  );

  it('is SHA-256 where nothing may have been changed', () => {
    const digest = videoDigests('sha256')();
    digest.update(inside('abc'));

    expect(hex(digest.digest())).toBe(createHash('sha256').update('abc').digest('hex'));
  });
});
