import { deriveSigningKey, RequestSigner } from './signing-key.js';
import type { SigningCredentials } from './signing-key.js';
import { encodeKey, encodeQueryPart } from './uri-encoding.js';

/** S3 refuses anything that lives longer than seven days. */
export const MAX_PRESIGN_EXPIRY_S = 604_800;

/** What all URLs of one batch have in common. */
export interface PresignTemplate {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly endpoint: URL;
  readonly bucket: string;
  /** `true` (default): `endpoint/bucket/key`. `false`: the bucket is a subdomain of the endpoint. */
  readonly pathStyle?: boolean;
  /** Query parameters with one value for the whole batch, such as `response-content-disposition`. */
  readonly query?: Readonly<Record<string, string>>;
  /** Headers that the caller of the URL must send exactly so, such as `range`. `host` is always signed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Lifetime, counted from `now`: 1 to {@link MAX_PRESIGN_EXPIRY_S}. */
  readonly expiresS: number;
  readonly now: Date;
}

/** One URL to sign. */
export interface PresignRequest extends PresignTemplate {
  readonly key: string;
}

/** A template whose canonical request is laid out already; only keys and the varying values are missing. */
export interface PreparedPresign {
  /**
   * @param key the object key, unescaped.
   * @param varying one value for each name that was announced to `prepare`, in that order.
   */
  sign(key: string, ...varying: readonly string[]): string;
}

/** Makes signed URLs for one set of credentials. */
export interface Presigner {
  presign(request: PresignRequest): string;
  /**
   * Lays out everything that does not depend on the key, for batches such as a manifest.
   *
   * @param varyingQuery names of query parameters whose value differs from URL to URL.
   */
  prepare(template: PresignTemplate, varyingQuery?: readonly string[]): PreparedPresign;
}

/**
 * A SigV4 query presigner for S3 (`UNSIGNED-PAYLOAD`), equal to the AWS SDK's signature for the same request.
 *
 * @example
 * const presigner = createPresigner({ region, accessKeyId, secretAccessKey });
 * const batch = presigner.prepare({ method: 'GET', endpoint, bucket, expiresS: 300, now }, ['x-bodega-lease']);
 * const urls = files.map((file) => batch.sign(file.key, leaseId));
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function createPresigner(credentials: SigningCredentials): Presigner {
  // Deriving the day's key costs four HMACs; a process signs for one day at a time.
  let cached: { day: string; key: Buffer } | undefined;
  const keyOf = (day: string): Buffer => {
    if (cached?.day !== day) cached = { day, key: deriveSigningKey(credentials, day) };
    return cached.key;
  };

  const prepare = (template: PresignTemplate, varyingQuery: readonly string[] = []): PreparedPresign => {
    const { expiresS } = template;
    if (!Number.isInteger(expiresS) || expiresS < 1 || expiresS > MAX_PRESIGN_EXPIRY_S) {
      throw new RangeError(`expiresS must be a whole number from 1 to ${MAX_PRESIGN_EXPIRY_S}, got ${expiresS}`);
    }
    const timestamp = toTimestamp(template.now);
    const day = timestamp.slice(0, 8);
    const scope = `${day}/${credentials.region}/s3/aws4_request`;
    const place = placeOf(template);
    const headers = canonicalHeaders(place.host, template.headers ?? {});

    const fixedQuery: Record<string, string> = {
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${credentials.accessKeyId}/${scope}`,
      'X-Amz-Date': timestamp,
      'X-Amz-Expires': String(expiresS),
      'X-Amz-SignedHeaders': headers.names,
    };
    for (const [name, value] of Object.entries(template.query ?? {})) {
      if (name in fixedQuery) throw new RangeError(`${name} belongs to the signature and cannot be set`);
      fixedQuery[name] = value;
    }
    const query = queryPieces(fixedQuery, varyingQuery);

    const signer = new RequestSigner(keyOf(day), timestamp, scope);
    const beforePath = `${template.method}\n${place.pathPrefix}`;
    const afterQuery = `\n${headers.block}\n${headers.names}\nUNSIGNED-PAYLOAD`;
    const urlPrefix = `${place.origin}${place.pathPrefix}`;

    return {
      sign(key, ...varying) {
        if (varying.length !== query.varying.length) {
          throw new RangeError(`expected ${query.varying.length} varying values, got ${varying.length}`);
        }
        const path = encodeKey(key);
        let queryString = query.first;
        for (const piece of query.varying) {
          queryString += encodeQueryPart(varying[piece.index] ?? '') + piece.after;
        }
        const signature = signer.sign(`${beforePath}${path}\n${queryString}${afterQuery}`);
        return `${urlPrefix}${path}?${queryString}&X-Amz-Signature=${signature}`;
      },
    };
  };

  return { prepare, presign: ({ key, ...template }) => prepare(template).sign(key) };
}

/** `20261120T112022Z`. */
function toTimestamp(now: Date): string {
  return `${now.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function placeOf(template: PresignTemplate): { host: string; origin: string; pathPrefix: string } {
  const { endpoint, bucket, pathStyle = true } = template;
  const base = endpoint.pathname.replace(/\/+$/, '');
  const host = pathStyle ? endpoint.host : `${bucket}.${endpoint.host}`;
  return {
    host,
    origin: `${endpoint.protocol}//${host}`,
    pathPrefix: pathStyle ? `${base}/${encodeQueryPart(bucket)}/` : `${base}/`,
  };
}

function canonicalHeaders(host: string, extra: Readonly<Record<string, string>>): { names: string; block: string } {
  const byName = new Map([['host', host]]);
  for (const [name, value] of Object.entries(extra)) {
    const lower = name.toLowerCase();
    if (byName.has(lower)) throw new RangeError(`the header ${lower} is given twice`);
    byName.set(lower, value.trim().replace(/\s+/g, ' '));
  }
  const names = [...byName.keys()].sort();
  return { names: names.join(';'), block: names.map((name) => `${name}:${byName.get(name) ?? ''}\n`).join('') };
}

interface QueryPieces {
  /** Everything up to the first varying value. */
  readonly first: string;
  /** Which varying value comes next in byte order, and the text between it and the following one. */
  readonly varying: readonly { readonly index: number; readonly after: string }[];
}

function queryPieces(fixed: Readonly<Record<string, string>>, varyingNames: readonly string[]): QueryPieces {
  const parameters = [
    ...Object.entries(fixed).map(([name, value]) => ({
      name: encodeQueryPart(name),
      value: encodeQueryPart(value),
      index: -1,
    })),
    ...varyingNames.map((name, index) => ({ name: encodeQueryPart(name), value: '', index })),
  ];
  // Encoded names are ASCII, so comparing code units is comparing bytes. `localeCompare` would fold case.
  parameters.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

  let text = '';
  let first: string | undefined;
  const varying: { index: number; after: string }[] = [];
  let previous: string | undefined;
  const close = (): void => {
    const last = varying.at(-1);
    if (last) last.after = text;
    else first = text;
    text = '';
  };
  for (const { name, value, index } of parameters) {
    if (name === previous) throw new RangeError(`the query parameter ${name} is given twice`);
    text += `${previous === undefined ? '' : '&'}${name}=`;
    previous = name;
    if (index < 0) {
      text += value;
    } else {
      close();
      varying.push({ index, after: '' });
    }
  }
  close();
  return { first: first ?? '', varying };
}
