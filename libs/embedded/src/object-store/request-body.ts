import { createHash } from 'node:crypto';
import { decodeAwsChunked } from './aws-chunked.js';
import { checksumAlgorithmOf, checksumHeader, startChecksum } from './checksums.js';
import type { Checksum, ChecksumAlgorithm, RunningChecksum } from './checksums.js';
import type { Exchange } from './exchange.js';
import type { BodyVerifier } from './object-files.js';
import { S3Error } from './s3-error.js';
import { parseXml } from './xml.js';
import type { XmlElement } from './xml.js';

/** One request may carry this much, as on S3; larger objects come in parts. */
const MAX_BODY_BYTES = 5 * 1024 ** 3;
/** 10,000 parts with their checksums, or 1,000 keys, fit. */
const MAX_XML_BYTES = 4 * 1024 * 1024;

/** A body whose every promise (length, MD5, SHA-256, checksum, chunk signatures) is verified when it has been read. */
export interface VerifiedBody {
  readonly source: AsyncIterable<Buffer>;
  readonly verifier: BodyVerifier;
}

/** Prepares to read the body of an authenticated request. @throws S3Error when its headers contradict themselves */
export function openBody(exchange: Exchange): VerifiedBody {
  const { headers } = exchange;
  const payload = exchange.authenticated?.payload ?? { kind: 'unsigned' };
  const expectedBytes = declaredLength(headers, payload.kind === 'chunked');
  const md5 = declaredMd5(headers);
  const sha256 = payload.kind === 'hashed' ? createHash('sha256') : null;
  const checksum = declaredChecksum(headers);
  let bytes = 0;
  let trailer: ReadonlyMap<string, string> = new Map();

  const source =
    payload.kind === 'chunked'
      ? decodeAwsChunked(exchange.body(), { ...payload, onTrailer: (received) => (trailer = received) })
      : exchange.body();

  return {
    source,
    verifier: {
      update(chunk) {
        bytes += chunk.length;
        if (bytes > expectedBytes) throw new S3Error('IncompleteBody', 'The body is longer than its declared length.');
        sha256?.update(chunk);
        checksum?.running.update(chunk);
      },
      finish(md5Digest) {
        if (bytes !== expectedBytes) {
          throw new S3Error(
            'IncompleteBody',
            'You did not provide the number of bytes specified by the Content-Length header.',
          );
        }
        if (md5 && !md5.equals(md5Digest))
          throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
        if (payload.kind === 'hashed' && sha256?.digest('hex') !== payload.sha256Hex) {
          throw new S3Error(
            'XAmzContentSHA256Mismatch',
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
          );
        }
        if (checksum) verifyChecksum(checksum, trailer);
      },
      checksum: () => checksum?.verified,
    },
  };
}

/** Reads a small XML document that a request carries. @throws S3Error MalformedXML, EntityTooLarge */
export async function readXml(exchange: Exchange): Promise<XmlElement> {
  const { source, verifier } = openBody(exchange);
  const chunks: Buffer[] = [];
  const md5 = createHash('md5');
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MAX_XML_BYTES) throw new S3Error('EntityTooLarge', 'The XML document is too large.');
    verifier.update(chunk);
    md5.update(chunk);
    chunks.push(chunk);
  }
  verifier.finish(md5.digest());
  return parseXml(
    Buffer.concat(chunks)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
  );
}

function declaredLength(headers: ReadonlyMap<string, string>, isChunked: boolean): number {
  const text = isChunked ? headers.get('x-amz-decoded-content-length') : headers.get('content-length');
  if (text === undefined) throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
  const length = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(length)) throw new S3Error('InvalidArgument', 'The declared length is not a number.');
  if (length > MAX_BODY_BYTES) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.', {
      MaxSizeAllowed: String(MAX_BODY_BYTES),
      ProposedSize: text,
    });
  }
  return length;
}

function declaredMd5(headers: ReadonlyMap<string, string>): Buffer | null {
  const text = headers.get('content-md5');
  if (text === undefined) return null;
  const digest = Buffer.from(text, 'base64');
  if (digest.length !== 16) throw new S3Error('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  return digest;
}

interface DeclaredChecksum {
  readonly running: RunningChecksum;
  /** Null when the value follows in the trailer. */
  readonly expected: string | null;
  verified: Checksum | undefined;
}

function declaredChecksum(headers: ReadonlyMap<string, string>): DeclaredChecksum | null {
  const found: { algorithm: ChecksumAlgorithm; expected: string | null }[] = [];
  for (const [name, value] of headers) {
    const algorithm = checksumAlgorithmOf(name);
    if (algorithm) found.push({ algorithm, expected: value });
  }
  const trailerName = headers.get('x-amz-trailer')?.toLowerCase();
  if (trailerName !== undefined) {
    const algorithm = checksumAlgorithmOf(trailerName);
    if (!algorithm)
      throw new S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported.');
    found.push({ algorithm, expected: null });
  }
  const [first, ...rest] = found;
  if (!first) return null;
  if (rest.length > 0) throw new S3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header.');
  return { running: startChecksum(first.algorithm), expected: first.expected, verified: undefined };
}

function verifyChecksum(declared: DeclaredChecksum, trailer: ReadonlyMap<string, string>): void {
  const { algorithm } = declared.running;
  const value = declared.running.digest();
  const expected = declared.expected ?? trailer.get(checksumHeader(algorithm));
  if (expected === undefined)
    throw new S3Error('InvalidRequest', 'The trailer lacks the checksum that x-amz-trailer announced.');
  if (expected !== value) {
    throw new S3Error(
      'BadDigest',
      `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
    );
  }
  declared.verified = { algorithm, value };
}
