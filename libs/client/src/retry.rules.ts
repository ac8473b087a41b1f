/** First pause and cap: a restarting replica is back within seconds, and nobody waits half a minute for a hint. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;
/** A server may ask for more; then the caller is told how long instead of being kept waiting. */
export const LONGEST_ASKED_PAUSE_MS = 20_000;

/** Pause before attempt `attempt + 1`: doubling, with full jitter so that many clients do not return at once. */
export function backOffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling * (0.5 + random() / 2));
}

/**
 * The pause that a `Retry-After` header asks for, in milliseconds; null when there is none or it makes no sense.
 * @see RFC 9110 section 10.2.3 (seconds, or an HTTP date)
 */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | null {
  if (!header) return null;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  if (!Number.isFinite(ms)) return null;
  return Math.max(0, ms);
}

/** Statuses that say "not now" before anything was done. */
export function isRefusedForNow(status: number): boolean {
  return status === 429 || status === 503;
}

/** Statuses after which asking again may help; the request may have been carried out. */
export function isTransientStatus(status: number): boolean {
  return isRefusedForNow(status) || status === 408 || status === 500 || status === 502 || status === 504;
}

const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** Asking again gives the same answer, so the person should hear it at once. */
const HOPELESS = new Set([
  'ENOTFOUND',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_INVALID_URL',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Whether a network fault happened before the request can have reached the server. */
export function isUnsent(faultCode: string | null): boolean {
  return faultCode !== null && UNSENT.has(faultCode);
}

export function isHopeless(faultCode: string | null): boolean {
  return faultCode !== null && HOPELESS.has(faultCode);
}

/** Waits, or rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
