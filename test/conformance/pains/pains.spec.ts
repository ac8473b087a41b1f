import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { gradeOf } from '@app/standards';
import type { RuleOutcome } from '@app/standards';
import { describedSet, judge } from './described-set.js';
import type { Judged } from './described-set.js';
import { PAINS } from './pains.js';

/** The complaints that a machine can answer, of the 25 that users report. */
const AUTOMATIC = [1, 3, 4, 5, 6, 7, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24];

let clean: Promise<Judged> | undefined;
const cleanSet = (): Promise<Judged> => (clean ??= judge(describedSet()));

describe('a set without a fault', () => {
  it('has no finding and no rule that fails or is left unchecked, and reaches grade A', async () => {
    const { findings, results } = await cleanSet();

    expect(findings).toEqual([]);
    expect([...results.values()].filter(({ result }) => result === 'fail' || result === 'not_checked')).toEqual([]);
    expect(gradeOf([...results.values()]).grade).toBe('A');
  });
});

describe('each complaint that a machine can answer', () => {
  it('has its place in the table, once', () => {
    expect(PAINS.map(({ pain }) => pain)).toEqual(AUTOMATIC);
    for (const { injuries, shownElsewhere } of PAINS)
      expect((injuries?.length ?? 0) + (shownElsewhere?.length ?? 0)).toBeGreaterThan(0);
  });

  const injuries = PAINS.flatMap(({ pain, injuries }) =>
    (injuries ?? []).map((injury) => [pain, injury.defect, injury] as const),
  );
  it.each(injuries)('%s: %s is answered by its own checks, and by no other', async (_, __, injury) => {
    const set = describedSet();
    injury.inflict(set);

    const judged = await judge(set);

    const { results } = judged;
    const findings = judged.findings.filter((code) => !injury.mayFind?.some((one) => one === code));
    for (const [what, is, should] of injury.shows?.(judged) ?? []) expect([what, is]).toEqual([what, should]);
    const before = (await cleanSet()).results;
    const changed: Record<string, RuleOutcome> = {};
    for (const [rule, { result }] of results) {
      const isWorse = result === 'fail' || result === 'not_checked';
      if (isWorse && before.get(rule)?.result !== result) changed[rule] = result;
    }
    expect(findings).toEqual([...(injury.findings ?? [])]);
    expect(changed).toEqual(expect.objectContaining(injury.rules ?? {}));
    // A set that cannot be read to its end leaves more open; nothing else may fail.
    const failed = Object.keys(changed).filter((rule) => changed[rule] === 'fail');
    expect(failed.filter((rule) => injury.rules?.[rule] !== 'fail')).toEqual([]);
    if (!injury.findings) expect(changed).toEqual(injury.rules);
  });

  const elsewhere = PAINS.flatMap(({ pain, shownElsewhere }) =>
    (shownElsewhere ?? []).map((shown) => [pain, shown.test, shown] as const),
  );
  it.each(elsewhere)('%s: "%s" is a test that exists', async (_, __, { file, test }) => {
    const source = await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');

    expect(source).toContain(`it('${test}'`);
  });
});
