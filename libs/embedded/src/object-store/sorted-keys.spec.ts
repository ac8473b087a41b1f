import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { listKeys } from './list-keys.js';
import type { ListPosition } from './list-keys.js';
import { compareKeys, SortedKeys } from './sorted-keys.js';

const key = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc
    .array(fc.constantFrom('a', 'b', '/', '抓', '\u{FFFD}', '\u{1F916}'), { maxLength: 6 })
    .map((parts) => parts.join('')),
);
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function contentOf(keys: SortedKeys): string[] {
  const content: string[] = [];
  for (const cursor = keys.seek(() => false); cursor.key !== undefined; cursor.advance()) content.push(cursor.key);
  return content;
}

describe('SortedKeys', () => {
  it('orders as the bytes of UTF-8 do', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(byBytes(a, b)));
      }),
    );
  });

  it('holds the same keys as a set, over splits of its chunks too', () => {
    const keys = new SortedKeys();
    const model = new Set<string>();
    for (let i = 0; i < 6_000; i++) {
      // A fixed walk over 5,003 names that adds, repeats and removes.
      const name = String((i * 7_919) % 5_003);
      if (i % 3 === 2) {
        keys.delete(name);
        model.delete(name);
      } else {
        keys.add(name);
        model.add(name);
      }
    }

    expect(contentOf(keys)).toEqual([...model].sort(byBytes));
  });

  it('lists keys and groups as a plain filter would, whatever the page size', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(key, { maxLength: 40 }),
        fc.constantFrom('', 'a', 'a/', '抓'),
        fc.constantFrom('', '/', 'b'),
        fc.integer({ min: 1, max: 5 }),
        (names, prefix, delimiter, limit) => {
          const keys = new SortedKeys();
          keys.load(names);
          const rows: string[] = [];
          let after: ListPosition | null = null;
          do {
            const page = listKeys(keys, { prefix, delimiter, after, limit });
            expect(page.keys.length + page.groups.length).toBeLessThanOrEqual(limit);
            rows.push(...page.keys.map((name) => `key ${name}`), ...page.groups.map((name) => `group ${name}`));
            after = page.next;
          } while (after);

          const expected = names
            .filter((name) => name.startsWith(prefix))
            .map((name) => {
              const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
              return cut < 0 ? `key ${name}` : `group ${name.slice(0, cut + delimiter.length)}`;
            });
          expect([...rows].sort()).toEqual([...new Set(expected)].sort());
          expect(new Set(rows).size).toBe(rows.length);
        },
      ),
    );
  });
});
