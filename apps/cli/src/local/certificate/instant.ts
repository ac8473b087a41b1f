import { CertificateProblem } from './credential.js';

/** XML Schema dateTimeStamp: a date without its offset would mean another instant on another machine. */
const DATE_TIME_STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** How far the clocks of a market and of a training machine may be apart. */
const CLOCK_SKEW_MS = 300_000;

/** @throws CertificateProblem */
export function instantOf(text: string, what: string): Date {
  const at = new Date(DATE_TIME_STAMP.test(text) ? text : Number.NaN);
  if (Number.isNaN(at.getTime())) throw new CertificateProblem(`the ${what} has a date that is none: ${text}`);
  return at;
}

/** Whether something has begun, with room for a clock that is a little behind. */
export function isBeforeNow(at: Date, now: Date): boolean {
  return at.getTime() <= now.getTime() + CLOCK_SKEW_MS;
}
