/** The facts of one request that the log tells. */
export interface AccessFacts {
  readonly bucket: string;
  readonly receivedAt: Date;
  readonly remoteIp: string;
  /** Access key that signed; null when the signature was missing or wrong. */
  readonly requester: string | null;
  readonly requestId: string;
  readonly operation: string;
  readonly key: string | undefined;
  readonly method: string;
  /** As on the wire. */
  readonly url: string;
  readonly httpVersion: string;
  readonly status: number;
  readonly errorCode: string | null;
  readonly bytesSent: number;
  readonly objectSize: number | null;
  readonly totalMs: number;
  readonly turnaroundMs: number;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
  readonly hostId: string;
  readonly authType: 'AuthHeader' | 'QueryString' | null;
  readonly hostHeader: string | undefined;
}

/** There is one owner: whoever runs the store. */
const BUCKET_OWNER = 'bodega-embedded';
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * One line in the format of the S3 server access log, without its line end.
 *
 * Signatures are redacted: until it expires, a logged URL would otherwise be as good as the key. Whatever a client sends
 * into a quoted field cannot close the quotes, so a line always has the fields that we wrote.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
 */
export function accessLogLine(facts: AccessFacts): string {
  const uri = redactSignature(facts.url);
  return [
    BUCKET_OWNER,
    facts.bucket,
    formatTime(facts.receivedAt),
    facts.remoteIp,
    facts.requester ?? '-',
    facts.requestId,
    facts.operation,
    facts.key === undefined ? '-' : encodeLogKey(facts.key),
    quote(`${facts.method} ${uri} HTTP/${facts.httpVersion}`),
    facts.status,
    facts.errorCode ?? '-',
    facts.bytesSent === 0 ? '-' : facts.bytesSent,
    facts.objectSize ?? '-',
    facts.totalMs,
    facts.turnaroundMs,
    quote(facts.referer),
    quote(facts.userAgent),
    '-',
    facts.hostId,
    facts.authType === null ? '-' : 'SigV4',
    '-',
    facts.authType ?? '-',
    facts.hostHeader === undefined ? '-' : escapeField(facts.hostHeader).replaceAll(' ', '%20'),
    '-',
    '-',
    '-',
  ].join(' ');
}

/** Replaces the value of every signature in a request target. */
export function redactSignature(url: string): string {
  return url.replace(/((?:^|[?&])(?:X-Amz-Signature|X-Amz-Security-Token|Signature)=)[^&]*/gi, '$1REDACTED');
}

function formatTime(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()] ?? ''}/${at.getUTCFullYear()}`;
  return `[${day}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000]`;
}

function encodeLogKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

function quote(text: string | undefined): string {
  return text === undefined || text === '' ? '"-"' : `"${escapeField(text)}"`;
}

/** Everything that is not printable ASCII, and the quote, becomes its percent code. */
function escapeField(text: string): string {
  return text.replace(
    /[^\x20-\x7e]|"/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
