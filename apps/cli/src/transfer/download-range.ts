import type { IncomingMessage } from 'node:http';
import { Patience, StoreFault, readStoreFault, sendToStore } from './object-request.js';
import { receiveBody } from './receive-body.js';
import type { BodyTarget } from './receive-body.js';
import type { RenewableLink } from './signed-link.js';

/** New URLs asked for in a row without a byte gained: then it is not the URL's age. */
const RENEWALS_IN_A_ROW = 2;

export interface ByteRange {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

export interface RangeTarget extends BodyTarget {
  /** Size of the whole object: the store must agree. */
  readonly sizeBytes: number;
  readonly link: RenewableLink;
}

/**
 * Fetches a range into its place in the file, going on after every cut where the last byte arrived, with a fresh URL when the
 * old one has expired. A hash in the target sees each byte once, in order.
 * @throws StoreFault when the store will not, or the connection fails too often in a row
 */
export async function downloadRange(range: ByteRange, target: RangeTarget, signal: AbortSignal): Promise<void> {
  const patience = new Patience();
  let renewals = 0;
  let position = range.from;
  while (position < range.to) {
    const link = target.link.current;
    const { fault, position: reached } = await fetchOnce(link.url, { from: position, to: range.to }, target, signal);
    signal.throwIfAborted();
    if (reached > position) {
      patience.gained();
      renewals = 0;
    }
    position = reached;
    if (!fault) continue;
    if (fault.isExpiredUrl && renewals < RENEWALS_IN_A_ROW) {
      renewals++;
      await target.link.replace(link);
    } else await patience.after(fault, signal);
  }
}

async function fetchOnce(
  url: string,
  range: ByteRange,
  target: RangeTarget,
  signal: AbortSignal,
): Promise<{ fault: StoreFault | null; position: number }> {
  let response: IncomingMessage;
  try {
    response = await openRange(url, range, target.sizeBytes, signal);
  } catch (error) {
    if (error instanceof StoreFault) return { fault: error, position: range.from };
    throw error;
  }
  const { fault, position } = await receiveBody(response, range.from, range.to, target);
  const isShort = fault === null && position < range.to;
  return { fault: isShort ? new StoreFault('the connection was cut', null, null) : fault, position };
}

async function openRange(
  url: string,
  range: ByteRange,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const isWhole = range.from === 0 && range.to === sizeBytes;
  const headers: Record<string, string> = isWhole ? {} : { range: `bytes=${range.from}-${range.to - 1}` };
  const response = await sendToStore(url, { method: 'GET', headers }, signal);
  const status = response.statusCode ?? 0;
  if (status !== 200 && status !== 206) throw await readStoreFault(response);
  const wanted = isWhole ? String(sizeBytes) : `bytes ${range.from}-${range.to - 1}/${sizeBytes}`;
  const offered = response.headers[isWhole ? 'content-length' : 'content-range'];
  if (offered === wanted && status === (isWhole ? 200 : 206)) return response;
  response.destroy();
  throw new StoreFault(
    `the store offered "${offered ?? 'an unknown length'}" where "${wanted}" was licensed`,
    400,
    null,
  );
}
