/** What we take from one line of a store's access log. Everything billed comes from its first thirteen fields. */
export interface AccessLogEntry {
  readonly bucket: string;
  readonly at: Date;
  /** Who signed; null for nobody. */
  readonly requester: string | null;
  readonly requestId: string;
  readonly operation: string;
  /** Decoded once; null when the operation has no object. */
  readonly key: string | null;
  /** Path and query as asked for; null when there was no HTTP request. */
  readonly target: string | null;
  readonly status: number;
  readonly bytesSent: number;
  readonly objectSize: number | null;
}

/** Longer lines are not log lines: a URL has at most 8 KiB, and so have all headers together. */
export const MAX_LINE_BYTES = 65_536;

/**
 * Read strictly from the left and only as far as the object's size, because what follows (referrer, user agent) is written by
 * the client, quotes included. A request line holds no raw space besides its two, so nothing inside it can end it early.
 */
const LINE =
  /^\S+ (\S+) \[([^\]]{20,40})\] \S+ (\S+) ([\x21-\x7e]{1,256}) (\S+) (\S+) (?:"[A-Z]+ (\S+) HTTP\/\d(?:\.\d)?"|"-"|-) (\d{3}|-) \S+ (\d{1,15}|-) (\d{1,15}|-)(?: |$)/;

const TIME = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * One line as the store wrote it, or null when it is not a log line. Never throws, whatever the bytes.
 *
 * @see Amazon S3 User Guide, "Amazon S3 server access log format": 27 fields by now, new ones at the end
 */
export function parseAccessLogLine(line: string): AccessLogEntry | null {
  const match = LINE.exec(line);
  if (!match) return null;
  const [
    ,
    bucket = '',
    time = '',
    requester = '',
    requestId = '',
    operation = '',
    key = '',
    target,
    status,
    sent,
    size,
  ] = match;
  const at = parseTime(time);
  if (!at) return null;
  return {
    bucket,
    at,
    requester: requester === '-' ? null : requester,
    requestId,
    operation,
    key: key === '-' ? null : decodeKey(key),
    target: target ?? null,
    status: toNumber(status) ?? 0,
    bytesSent: toNumber(sent) ?? 0,
    objectSize: toNumber(size),
  };
}

/**
 * The value of a query parameter, by its decoded name: a client may escape letters of the name without breaking the
 * signature. Ceph writes the whole query twice, so the first one counts.
 */
export function queryParameterOf(target: string, name: string): string | null {
  const start = target.indexOf('?');
  if (start < 0) return null;
  for (const pair of target.slice(start + 1).split(/[&?]/)) {
    const equals = pair.indexOf('=');
    if (decode(equals < 0 ? pair : pair.slice(0, equals)) === name)
      return equals < 0 ? '' : decode(pair.slice(equals + 1));
  }
  return null;
}

function parseTime(text: string): Date | null {
  const match = TIME.exec(text);
  if (!match) return null;
  const [, day, month = '', year, hour, minute, second, sign, offsetHours, offsetMinutes] = match;
  const monthIndex = MONTHS.indexOf(month);
  if (monthIndex < 0) return null;
  const local = new Date(Date.UTC(Number(year), monthIndex, Number(day), Number(hour), Number(minute), Number(second)));
  if (
    local.getUTCDate() !== Number(day) ||
    local.getUTCHours() !== Number(hour) ||
    local.getUTCMinutes() !== Number(minute)
  ) {
    return null;
  }
  const offsetMs = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60_000;
  return new Date(local.getTime() - (sign === '-' ? -offsetMs : offsetMs));
}

function toNumber(text: string | undefined): number | null {
  return text === undefined || text === '-' ? null : Number(text);
}

function decodeKey(key: string): string {
  const decoded = decode(key);
  // PostgreSQL's text holds no NUL; such a key is no key of ours and stays as it was written.
  return decoded.includes('\0') ? key : decoded;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A lone "%": the text is what it looks like.
  }
}
