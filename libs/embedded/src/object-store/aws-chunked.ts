import { createHash } from 'node:crypto';
import { S3Error } from './s3-error.js';
import { EMPTY_SHA256, isSame, sha256Hex } from './sigv4-verify.js';
import type { ChunkSigner } from './sigv4-verify.js';

/** How to take an `aws-chunked` body apart. */
export interface ChunkedOptions {
  /** Null when chunks carry no signature. */
  readonly chunkSigner: ChunkSigner | null;
  readonly hasTrailer: boolean;
  /** Called once, before the end, with the trailer's headers (lower-case names). */
  readonly onTrailer: (trailer: ReadonlyMap<string, string>) => void;
}

/** Longer than any header line of the scheme; keeps memory bounded on a body that has no line ends. */
const MAX_LINE_BYTES = 1024;
const MAX_TRAILER_LINES = 16;
const CRLF = Buffer.from('\r\n');

/**
 * Decodes `aws-chunked`: each chunk `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n`, a last chunk of size 0, then the
 * trailer. Chunk bytes are passed on as they arrive; a wrong signature is found at the end of its chunk, so the caller
 * must not publish anything before the stream has ended well.
 *
 * @throws S3Error SignatureDoesNotMatch, IncompleteBody, InvalidRequest
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  options: ChunkedOptions,
): AsyncGenerator<Buffer> {
  const { chunkSigner, hasTrailer, onTrailer } = options;
  const input = new ByteReader(source);
  let previousSignature = chunkSigner?.seedSignature ?? '';
  for (;;) {
    const { size, signature } = parseChunkHeader(await input.line());
    const hash = chunkSigner ? createHash('sha256') : null;
    let left = size;
    while (left > 0) {
      const piece = await input.some(left);
      hash?.update(piece);
      left -= piece.length;
      yield piece;
    }
    if (chunkSigner && hash) {
      const expected = chunkSigner.sign('PAYLOAD', previousSignature, [EMPTY_SHA256, hash.digest('hex')]);
      if (signature === undefined || !isSame(expected, signature)) throw mismatch();
      previousSignature = expected;
    }
    if (size === 0) break;
    if ((await input.line()) !== '') throw new S3Error('InvalidRequest', 'A chunk is longer than its header says.');
  }
  const trailer = await readTrailer(input);
  if (hasTrailer) {
    if (chunkSigner) verifyTrailer(trailer, chunkSigner, previousSignature);
    onTrailer(trailer);
  }
  await input.expectEnd();
}

function parseChunkHeader(line: string): { size: number; signature: string | undefined } {
  const match = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
  if (!match) throw new S3Error('InvalidRequest', 'A chunk header of the aws-chunked body is malformed.');
  return { size: parseInt(match[1] ?? '', 16), signature: match[2] };
}

async function readTrailer(input: ByteReader): Promise<Map<string, string>> {
  const trailer = new Map<string, string>();
  for (let count = 0; count <= MAX_TRAILER_LINES; count++) {
    const line = await input.line({ orEnd: true });
    if (line === '') return trailer;
    const colon = line.indexOf(':');
    if (colon <= 0) break;
    trailer.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  throw new S3Error('InvalidRequest', 'The trailer of the aws-chunked body is malformed.');
}

function verifyTrailer(trailer: Map<string, string>, chunkSigner: ChunkSigner, previousSignature: string): void {
  const signature = trailer.get('x-amz-trailer-signature');
  trailer.delete('x-amz-trailer-signature');
  const canonical = [...trailer].map(([name, value]) => `${name}:${value}\n`).join('');
  const expected = chunkSigner.sign('TRAILER', previousSignature, [sha256Hex(canonical)]);
  if (signature === undefined || !isSame(expected, signature)) throw mismatch();
}

function mismatch(): S3Error {
  return new S3Error('SignatureDoesNotMatch', 'The signature of a chunk does not match the one we calculated.');
}

/** Reads lines and bytes from a stream of buffers, holding at most one of them and a line. */
class ByteReader {
  private readonly iterator: AsyncIterator<Buffer>;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  /** Up to `max` bytes, at least one. */
  async some(max: number): Promise<Buffer> {
    if (this.buffer.length === 0 && !(await this.fill())) throw incomplete();
    const piece = this.buffer.subarray(0, max);
    this.buffer = this.buffer.subarray(piece.length);
    return piece;
  }

  /** A line without its CRLF. With `orEnd`, the end of the body counts as an empty line. */
  async line({ orEnd = false } = {}): Promise<string> {
    for (;;) {
      const end = this.buffer.indexOf(CRLF);
      if (end >= 0) {
        const line = this.buffer.toString('latin1', 0, end);
        this.buffer = this.buffer.subarray(end + CRLF.length);
        return line;
      }
      if (this.buffer.length > MAX_LINE_BYTES)
        throw new S3Error('InvalidRequest', 'A line of the aws-chunked body is too long.');
      if (!(await this.fill())) {
        if (orEnd && this.buffer.length === 0) return '';
        throw incomplete();
      }
    }
  }

  async expectEnd(): Promise<void> {
    if (this.buffer.length > 0 || (await this.fill())) {
      throw new S3Error('InvalidRequest', 'There are bytes behind the end of the aws-chunked body.');
    }
  }

  private async fill(): Promise<boolean> {
    const { done, value } = await this.iterator.next();
    if (done === true) return false;
    this.buffer = this.buffer.length === 0 ? value : Buffer.concat([this.buffer, value]);
    return true;
  }
}

function incomplete(): S3Error {
  return new S3Error('IncompleteBody', 'The body ended before the last chunk.');
}
