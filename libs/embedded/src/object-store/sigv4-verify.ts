import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { encodePart } from './request-target.js';
import type { RequestTarget } from './request-target.js';
import { S3Error } from './s3-error.js';

/** A key pair that the store knows. */
export interface StoreCredential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** May read and list, never change. */
  readonly readOnly?: boolean;
}

/** How the body of an authenticated request is protected. */
export type PayloadProtection =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'hashed'; readonly sha256Hex: string }
  | { readonly kind: 'chunked'; readonly hasTrailer: boolean; readonly chunkSigner: ChunkSigner | null };

/** What signs the chunks of an `aws-chunked` body: each signature covers the one before it. */
export interface ChunkSigner {
  readonly seedSignature: string;
  sign(kind: 'PAYLOAD' | 'TRAILER', previousSignature: string, hashes: readonly string[]): string;
}

/** A request whose signature is right. */
export interface Authenticated {
  readonly credential: StoreCredential;
  readonly type: 'AuthHeader' | 'QueryString';
  readonly payload: PayloadProtection;
  /** When a signed URL is over; null for a signature in the header. */
  readonly expiresAt: Date | null;
}

/** What a signature covers. */
export interface SignedRequest {
  readonly method: string;
  readonly target: RequestTarget;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Bounds of the verification. */
export interface VerifyOptions {
  readonly region: string;
  readonly credentials: ReadonlyMap<string, StoreCredential>;
  readonly now: Date;
  /** Shortens the life of every signed URL, whatever its own `X-Amz-Expires` says. */
  readonly maxSignatureAgeS: number | undefined;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAX_SKEW_MS = 15 * 60 * 1000;
const MAX_EXPIRES_S = 604_800;
const EMPTY_SHA256 = createHash('sha256').digest('hex');

interface Claim {
  readonly type: 'AuthHeader' | 'QueryString';
  readonly accessKeyId: string;
  readonly scope: { readonly day: string; readonly region: string };
  readonly timestamp: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payloadHash: string;
  readonly query: RequestTarget['query'];
  readonly expiresS: number | null;
}

/**
 * Verifies the SigV4 signature of a request, in its header or in its query.
 *
 * @throws S3Error with the code that S3 gives; anonymous requests are AccessDenied.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export function authenticate(request: SignedRequest, options: VerifyOptions): Authenticated {
  const claim = readClaim(request);
  const credential = options.credentials.get(claim.accessKeyId);
  if (!credential) {
    throw new S3Error('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.');
  }
  checkScope(claim, options.region);
  checkTime(claim, options);
  checkSignedHeaders(claim, request.headers);

  const scope = `${claim.scope.day}/${claim.scope.region}/s3/aws4_request`;
  const key = signingKey(credential.secretAccessKey, claim.scope.day, claim.scope.region);
  const sign = (algorithm: string, parts: readonly string[]): string =>
    createHmac('sha256', key)
      .update([algorithm, claim.timestamp, scope, ...parts].join('\n'))
      .digest('hex');

  const expected = sign(ALGORITHM, [sha256Hex(canonicalRequest(request, claim))]);
  if (!isSame(expected, claim.signature)) {
    throw new S3Error(
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    );
  }
  const chunkSigner: ChunkSigner = {
    seedSignature: claim.signature,
    sign: (kind, previous, hashes) => sign(`${ALGORITHM}-${kind}`, [previous, ...hashes]),
  };
  const lifeMs = lifeMsOf(claim, options);
  return {
    credential,
    type: claim.type,
    payload: payloadProtection(claim.payloadHash, chunkSigner),
    expiresAt: lifeMs === null ? null : new Date(parseTimestamp(claim.timestamp) + lifeMs),
  };
}

/** Compares two signatures in a time that does not depend on where they differ. */
export function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a, 'latin1');
  const right = Buffer.from(b, 'latin1');
  return left.length === right.length && timingSafeEqual(left, right);
}

function readClaim(request: SignedRequest): Claim {
  const authorization = request.headers.get('authorization');
  const isPresigned = request.target.query.some(([name]) => name === 'X-Amz-Signature' || name === 'X-Amz-Algorithm');
  if (authorization !== undefined && isPresigned) {
    throw new S3Error(
      'InvalidArgument',
      'Only one auth mechanism allowed; use the Authorization header or the query, not both.',
    );
  }
  if (isPresigned) return claimOfQuery(request);
  if (authorization !== undefined) return claimOfHeader(request, authorization);
  throw new S3Error('AccessDenied', 'Access Denied');
}

function claimOfHeader({ headers, target }: SignedRequest, authorization: string): Claim {
  const malformed = (message: string): S3Error => new S3Error('AuthorizationHeaderMalformed', message);
  if (!authorization.startsWith(`${ALGORITHM} `)) throw new S3Error('InvalidRequest', `Please use ${ALGORITHM}.`);
  const fields = new Map<string, string>();
  for (const part of authorization.slice(ALGORITHM.length + 1).split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, equals).trim();
    if (equals < 0 || fields.has(name)) throw malformed('The authorization header that you provided is not valid.');
    fields.set(name, part.slice(equals + 1).trim());
  }
  const payloadHash = headers.get('x-amz-content-sha256');
  if (payloadHash === undefined)
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  const date = headers.get('x-amz-date') ?? toTimestamp(headers.get('date'));
  if (date === undefined)
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  return {
    type: 'AuthHeader',
    ...splitCredential(fields.get('Credential') ?? '', malformed),
    timestamp: date,
    signedHeaders: (fields.get('SignedHeaders') ?? '').split(';'),
    signature: fields.get('Signature') ?? '',
    payloadHash,
    query: target.query,
    expiresS: null,
  };
}

function claimOfQuery({ headers, target }: SignedRequest): Claim {
  const wrong = (message: string): S3Error => new S3Error('AuthorizationQueryParametersError', message);
  const one = (name: string): string => {
    const values = target.query.filter(([candidate]) => candidate === name);
    const [value] = values;
    if (!value || values.length > 1) throw wrong(`Query-string authentication needs ${name} exactly once.`);
    return value[1];
  };
  if (one('X-Amz-Algorithm') !== ALGORITHM) throw wrong(`X-Amz-Algorithm only supports "${ALGORITHM}".`);
  const expires = one('X-Amz-Expires');
  const expiresS = /^\d{1,7}$/.test(expires) ? Number(expires) : Number.NaN;
  if (!(expiresS >= 1 && expiresS <= MAX_EXPIRES_S)) {
    throw wrong(`X-Amz-Expires must be from 1 to ${MAX_EXPIRES_S} seconds (seven days).`);
  }
  const hashParameter = target.query.find(([name]) => name === 'X-Amz-Content-Sha256')?.[1];
  return {
    type: 'QueryString',
    ...splitCredential(one('X-Amz-Credential'), wrong),
    timestamp: one('X-Amz-Date'),
    signedHeaders: one('X-Amz-SignedHeaders').split(';'),
    signature: one('X-Amz-Signature'),
    payloadHash: headers.get('x-amz-content-sha256') ?? hashParameter ?? 'UNSIGNED-PAYLOAD',
    query: target.query.filter(([name]) => name !== 'X-Amz-Signature'),
    expiresS,
  };
}

function splitCredential(text: string, refuse: (message: string) => S3Error): Pick<Claim, 'accessKeyId' | 'scope'> {
  const match = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(text);
  if (!match || match[4] !== 's3') {
    throw refuse('The credential must be "<access key>/YYYYMMDD/<region>/s3/aws4_request".');
  }
  return { accessKeyId: match[1] ?? '', scope: { day: match[2] ?? '', region: match[3] ?? '' } };
}

function checkScope(claim: Claim, region: string): void {
  const code = claim.type === 'AuthHeader' ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError';
  if (claim.scope.region !== region) {
    throw new S3Error(code, `The region '${claim.scope.region}' is wrong; expecting '${region}'`, { Region: region });
  }
  if (claim.timestamp.slice(0, 8) !== claim.scope.day)
    throw new S3Error(code, 'The date of the credential is not that of the request.');
}

/** How long a signed URL lives; null for a signature in the header. */
function lifeMsOf({ expiresS }: Claim, { maxSignatureAgeS }: VerifyOptions): number | null {
  return expiresS === null ? null : Math.min(expiresS, maxSignatureAgeS ?? MAX_EXPIRES_S) * 1000;
}

function checkTime(claim: Claim, options: VerifyOptions): void {
  const { now } = options;
  const signedAt = parseTimestamp(claim.timestamp);
  const ageMs = now.getTime() - signedAt;
  if (Number.isNaN(signedAt))
    throw new S3Error('AccessDenied', 'The date of the signature is not of the form YYYYMMDDTHHMMSSZ.');
  const lifeMs = lifeMsOf(claim, options);
  if (lifeMs === null) {
    if (Math.abs(ageMs) > MAX_SKEW_MS) {
      throw new S3Error(
        'RequestTimeTooSkewed',
        'The difference between the request time and the current time is too large.',
        {
          RequestTime: claim.timestamp,
          ServerTime: now.toISOString(),
          MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
        },
      );
    }
    return;
  }
  if (ageMs < -MAX_SKEW_MS) throw new S3Error('AccessDenied', 'Request is not valid yet');
  if (ageMs >= lifeMs) {
    throw new S3Error('AccessDenied', 'Request has expired', {
      ServerTime: now.toISOString(),
      'X-Amz-Expires': String(claim.expiresS),
    });
  }
}

/** What is not signed can be changed on the way, so whatever changes our answer has to be. */
function checkSignedHeaders(claim: Claim, headers: ReadonlyMap<string, string>): void {
  const signed = new Set(claim.signedHeaders);
  const unsigned = [...headers.keys()].filter((name) => name.startsWith('x-amz-') && !signed.has(name));
  if (!signed.has('host')) unsigned.push('host');
  if (unsigned.length > 0) {
    throw new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
      HeadersNotSigned: unsigned.join(', '),
    });
  }
}

function canonicalRequest(request: SignedRequest, claim: Claim): Buffer {
  const query = claim.query
    .map(([name, value]) => [encodePart(name), encodePart(value)] as const)
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const headers = claim.signedHeaders
    .map((name) => `${name}:${(request.headers.get(name) ?? '').trim().replace(/ +/g, ' ')}\n`)
    .join('');
  const text = [
    request.method,
    request.target.canonicalPath,
    query,
    headers,
    claim.signedHeaders.join(';'),
    claim.payloadHash,
  ].join('\n');
  // Node reads headers as Latin-1; this gives back the bytes of the wire.
  return Buffer.from(text, 'latin1');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function payloadProtection(hash: string, chunkSigner: ChunkSigner): PayloadProtection {
  switch (hash) {
    case 'UNSIGNED-PAYLOAD':
      return { kind: 'unsigned' };
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { kind: 'chunked', hasTrailer: true, chunkSigner: null };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
      return { kind: 'chunked', hasTrailer: false, chunkSigner };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { kind: 'chunked', hasTrailer: true, chunkSigner };
  }
  if (!/^[0-9a-f]{64}$/.test(hash)) {
    throw new S3Error(
      'InvalidArgument',
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a streaming scheme, or a SHA-256 in hex.',
    );
  }
  return { kind: 'hashed', sha256Hex: hash };
}

/** SHA-256 of nothing: a chunk signature covers it where other schemes have headers. */
export { EMPTY_SHA256 };

/** Lower-case hex. */
export function sha256Hex(data: Buffer | string): string {
  return createHash('sha256').update(data).digest('hex');
}

const signingKeys = new Map<string, Buffer>();
const MAX_CACHED_KEYS = 64;

function signingKey(secret: string, day: string, region: string): Buffer {
  const id = `${day}\n${region}\n${secret}`;
  const cached = signingKeys.get(id);
  if (cached) return cached;
  let key: Buffer = Buffer.from(`AWS4${secret}`, 'utf8');
  for (const part of [day, region, 's3', 'aws4_request']) key = createHmac('sha256', key).update(part).digest();
  if (signingKeys.size >= MAX_CACHED_KEYS) signingKeys.clear();
  signingKeys.set(id, key);
  return key;
}

function parseTimestamp(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  return match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`) : Number.NaN;
}

function toTimestamp(httpDate: string | undefined): string | undefined {
  const ms = httpDate === undefined ? Number.NaN : Date.parse(httpDate);
  return Number.isNaN(ms) ? undefined : `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
