import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backOffMs, isUnsent, pause, retryAfterMs } from './retry.rules.js';

describe('pauses between attempts', () => {
  it('double, stay above half of their ceiling, and end at 15 s', () => {
    fc.assert(
      fc.property(fc.nat(2000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
        const ceiling = Math.min(15_000, 250 * 2 ** Math.min(attempt, 30));
        const ms = backOffMs(attempt, () => random);
        expect(ms).toBeGreaterThanOrEqual(ceiling / 2);
        expect(ms).toBeLessThanOrEqual(ceiling);
      }),
    );
  });

  it('follow Retry-After in seconds and as a date, and nothing that makes no sense', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(retryAfterMs('3', now)).toBe(3000);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:00:05 GMT', now)).toBe(5000);
    expect(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    for (const odd of [undefined, null, '', 'soon', '-1x']) expect(retryAfterMs(odd, now)).toBeNull();
  });

  it('end at once when the work is stopped', async () => {
    const stop = new AbortController();
    const waiting = pause(60_000, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    await expect(pause(60_000, stop.signal)).rejects.toThrow('stopped');
  });

  it('know which faults cannot have reached the server', () => {
    expect([isUnsent('ECONNREFUSED'), isUnsent('ECONNRESET'), isUnsent(null)]).toEqual([true, false, false]);
  });
});
