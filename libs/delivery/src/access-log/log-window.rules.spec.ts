import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { listAfter } from './log-window.rules.js';

const keyOf = (prefix: string, at: Date, unique: string): string =>
  `${prefix}${at.toISOString().slice(0, 19).replace(/[T:]/g, '-')}-${unique}`;

describe('listAfter', () => {
  it('begins at the start when nothing was counted yet, or keys carry no time', () => {
    expect(listAfter('logs/', null, 1000)).toBeUndefined();
    expect(listAfter('logs/', 'logs/whatever', 1000)).toBeUndefined();
    expect(listAfter('logs/', 'other/2026-11-20-10-00-00-AB', 1000)).toBeUndefined();
  });

  it('goes back over midnight', () => {
    expect(listAfter('', '2026-11-20-00-05-00-0011223344556677', 15 * 60_000)).toBe('2026-11-19-23-50-00');
  });

  it('never begins behind a key that was delivered within the window', () => {
    const instant = fc.integer({ min: 1_600_000_000, max: 2_000_000_000 });
    fc.assert(
      fc.property(
        instant,
        fc.integer({ min: 0, max: 900 }),
        fc.stringMatching(/^[0-9A-F]{16}$/),
        (newest, lateS, unique) => {
          const after = listAfter('logs/', keyOf('logs/', new Date(newest * 1000), 'FFFF'), 900_000) ?? '';
          const late = keyOf('logs/', new Date((newest - lateS) * 1000), unique);

          expect(late > after).toBe(true);
        },
      ),
    );
  });
});
