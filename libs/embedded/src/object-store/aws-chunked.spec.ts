import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeAwsChunked } from './aws-chunked.js';
import { crc32c, startChecksum } from './checksums.js';

/** The bytes of a text, torn at the given places as a network might. */
async function* torn(text: string, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text, 'latin1');
  let from = 0;
  for (const cut of [...cuts.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    if (cut > from) yield bytes.subarray(from, cut);
    from = Math.max(from, cut);
  }
}

async function decode(
  text: string,
  cuts: readonly number[] = [],
): Promise<{ body: string; trailer: Record<string, string> }> {
  let trailer: ReadonlyMap<string, string> = new Map();
  const pieces: Buffer[] = [];
  const options = {
    chunkSigner: null,
    hasTrailer: true,
    onTrailer: (received: ReadonlyMap<string, string>) => (trailer = received),
  };
  for await (const piece of decodeAwsChunked(torn(text, cuts), options)) pieces.push(piece);
  return { body: Buffer.concat(pieces).toString('latin1'), trailer: Object.fromEntries(trailer) };
}

describe('aws-chunked', () => {
  it('gives back body and trailer however the network tears them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ minLength: 1, maxLength: 40 })),
        fc.array(fc.nat()),
        async (chunks, cuts) => {
          const body = chunks.map((chunk) => Buffer.from(chunk).toString('latin1'));
          const text = [...body, '']
            .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}${chunk === '' ? '' : '\r\n'}`)
            .join('');

          expect(await decode(`${text}X-Amz-Checksum-Crc32: abc=\r\n\r\n`, cuts)).toEqual({
            body: body.join(''),
            trailer: { 'x-amz-checksum-crc32': 'abc=' },
          });
        },
      ),
    );
  });

  it.each([
    ['a size that is no number', 'zz\r\nhello\r\n0\r\n\r\n', 'InvalidRequest'],
    ['a chunk longer than its size', '3\r\nhello\r\n0\r\n\r\n', 'InvalidRequest'],
    ['an end in the middle of a chunk', '5\r\nhel', 'IncompleteBody'],
    ['no last chunk', '5\r\nhello\r\n', 'IncompleteBody'],
    ['bytes behind the end', '0\r\n\r\nmore', 'InvalidRequest'],
    ['a line that never ends', 'a'.repeat(100_000), 'InvalidRequest'],
    ['a trailer that is no header', '0\r\nnonsense\r\n\r\n', 'InvalidRequest'],
  ])('refuses %s', async (_, text, code) => {
    await expect(decode(text)).rejects.toMatchObject({ code });
  });
});

describe('checksums', () => {
  it('computes the check values of the standards, in pieces too', () => {
    const nine = Buffer.from('123456789');

    expect(crc32c(nine, 0)).toBe(0xe3069283);
    expect(crc32c(nine.subarray(4), crc32c(nine.subarray(0, 4), 0))).toBe(0xe3069283);
    const crc32 = startChecksum('crc32');
    crc32.update(nine);
    expect(Buffer.from(crc32.digest(), 'base64').toString('hex')).toBe('cbf43926');
  });
});
