import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canITogether } from '../../../libs/licensing/src/mixtures/mixture.rules.js';
import type { Member, MixtureAnswer } from '../../../libs/licensing/src/mixtures/mixture.rules.js';
import { LICENCES } from '../../../libs/licensing/src/terms/template.rules.js';
import type { UseContext } from '../../../libs/licensing/src/terms/use-context.js';
import { USES, isPermitted } from '../../../libs/licensing/src/terms/uses.js';
import { letterOf, termsOf } from './licences.js';
import { LICENCE_OF, PAIR_MATRIX } from './pair-matrix.js';

const FIELD: UseContext = { field: 'manufacturing' };
const of = (...licences: string[]): Member[] =>
  licences.map((name, i) => ({ slug: `set-${i}`, terms: termsOf(LICENCE_OF[name] ?? name) }));
const together = (names: string[], use: string, context: UseContext = {}): MixtureAnswer =>
  canITogether(of(...names), use, { ...FIELD, ...context });

/** As the matrix writes it. */
function weightsLetter(answer: MixtureAnswer): string {
  const isOneLicence = answer.ways.some(({ drop, say }) => drop.length === 0 && say.weightsLicence !== undefined);
  return answer.verdict === 'UNDECIDED' && isOneLicence ? 'u' : letterOf(answer);
}

describe('pairs of licences', () => {
  const [head = '', ...rows] = PAIR_MATRIX.trim().split('\n');
  const columns = head.split(' ').slice(1);
  const pairs = rows.flatMap((row) => {
    const [name = '', ...cells] = row.split(' ');
    return cells.map((cell, i): [string, string, string] => [name, columns[i] ?? '', cell]);
  });

  it('are all there', () => {
    expect(pairs).toHaveLength(14 * 14);
  });

  it.each(pairs)('%s with %s: %s', (one, other, cell) => {
    const closed = together([one, other], 'commercial_training');
    const weights = together([one, other], 'release_weights_open');
    const merged = together([one, other], 'redistribute_derivative_data', { mixForm: 'merged' });

    expect(letterOf(closed) + weightsLetter(weights) + letterOf(merged)).toBe(cell);
    for (const answer of [closed, weights, merged]) {
      expect(answer.proof.length).toBeGreaterThan(0);
      for (const { clauses } of answer.proof) expect(clauses.length).toBeGreaterThan(0);
    }
  });
});

describe('a mixture', () => {
  it('of ShareAlike and NonCommercial is forbidden merged, permitted as a collection, and else the form is asked for', () => {
    const use = 'redistribute_derivative_data';

    expect(together(['SA', 'NC', 'CC0'], use, { mixForm: 'merged' })).toMatchObject({
      verdict: 'FORBIDDEN',
      proof: [{ slug: 'set-0' }, { slug: 'set-1' }],
      drop: ['set-0'],
      ways: [
        { drop: [], say: { mixForm: 'collection' } },
        { drop: ['set-0'], say: {} },
      ],
    });
    expect(together(['SA', 'NC', 'CC0'], use, { mixForm: 'collection' }).verdict).toBe('ALLOWED_WITH_DUTIES');
    expect(together(['SA', 'NC', 'CC0'], use).resolve).toEqual({ by: 'buyer', what: ['mixForm'] });
  });

  it('of three that no licence fits is forbidden, though each two of them fit: pairs are not enough', () => {
    const use = 'redistribute_derivative_data';
    for (const pair of [
      ['NC', 'CUDA'],
      ['CUDA', 'RAIL'],
      ['NC', 'RAIL'],
    ])
      expect(letterOf(together(pair, use, { mixForm: 'merged' }))).toBe('D');

    const all = together(['NC', 'CUDA', 'RAIL', 'CC0'], use, { mixForm: 'merged' });

    expect(all.verdict).toBe('FORBIDDEN');
    expect(all.proof.map(({ slug }) => slug)).toEqual(['set-0', 'set-1', 'set-2']);
    expect(all.drop).toHaveLength(1);
  });

  it('names the one licence for weights that makes it permitted', () => {
    expect(together(['SA', 'BY'], 'release_weights_open').ways[0]).toEqual({
      drop: [],
      say: { weightsLicence: 'CC-BY-SA-4.0' },
    });
    expect(together(['SA', 'NC'], 'release_weights_open').ways.every(({ drop }) => drop.length > 0)).toBe(true);
  });

  it('with a part that is barred for its people is barred, and the part is named', () => {
    const members = of('CC0', 'BY').map((member, i) =>
      i === 1 ? { ...member, facts: { faces: 'visible' as const } } : member,
    );

    const answer = canITogether(members, 'commercial_training');

    expect(answer).toMatchObject({ verdict: 'FORBIDDEN', proof: [{ slug: 'set-1' }], drop: ['set-1'] });
    expect(answer.proof[0]?.clauses[0]?.id).toBe('compliance faces');
  });

  it('with a part that no licence of a whole fits names a second: alone that part may be shared', () => {
    const names = ['LicenseRef-Bodega-Research-1.0', 'CC0-1.0'];

    expect(together(names, 'redistribute_derivative_data')).toMatchObject({
      verdict: 'UNDECIDED',
      proof: [{ slug: 'set-0' }, { slug: 'set-1' }],
    });
    expect(together(names.slice(0, 1), 'redistribute_derivative_data').verdict).toBe('ALLOWED_WITH_DUTIES');
  });

  it('of nothing is undecided, and so is one of terms that cannot be read', () => {
    expect(canITogether([], 'evaluate').verdict).toBe('UNDECIDED');
    expect(canITogether([{ slug: 'a', terms: null }], 'evaluate')).toMatchObject({ verdict: 'UNDECIDED', drop: null });
  });
});

describe('whatever is mixed', () => {
  const member = fc.record({
    slug: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    terms: fc.option(
      fc.constantFrom(...LICENCES.map(({ id }) => id)).map((id) => termsOf(id)),
      { nil: null, freq: 8 },
    ),
    facts: fc.constantFrom({}, {}, {}, { faces: 'visible' as const }, { personalData: 'unknown' as const }),
  });
  const members = fc.uniqueArray(member, { minLength: 1, maxLength: 7, selector: ({ slug }) => slug });
  const context = fc.record(
    {
      actor: fc.constantFrom('academic', 'company'),
      field: fc.constantFrom('manufacturing', 'weapons'),
      weightsLicence: fc.constantFrom('CC-BY-SA-4.0', 'CC-BY-NC-SA-4.0', 'ODbL-1.0'),
      mixForm: fc.constantFrom('merged', 'collection'),
      isUnlocked: fc.boolean(),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<UseContext>;
  const use = fc.constantFrom(...USES);
  const runs = { numRuns: 300 };

  it('one more dataset never removes a duty, nor opens what was closed (property)', () => {
    fc.assert(
      fc.property(members, use, context, (all, use, context) => {
        const more = canITogether(all, use, context);
        const less = canITogether(all.slice(1), use, context);
        for (const duty of less.duties) expect(more.duties).toContain(duty);
        if (all.length > 1 && isPermitted(more.verdict)) expect(isPermitted(less.verdict)).toBe(true);
      }),
      runs,
    );
  });

  it('the order does not matter (property)', () => {
    const shuffled = members.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, use, context, ([all, other], use, context) => {
        expect(canITogether(other, use, context)).toEqual(canITogether(all, use, context));
      }),
      runs,
    );
  });

  it('leaving out the named sets makes it permitted, and no smaller set does (property)', () => {
    fc.assert(
      fc.property(members, use, context, (all, use, context) => {
        const without = (drop: readonly string[]): boolean =>
          isPermitted(
            canITogether(
              all.filter(({ slug }) => !drop.includes(slug)),
              use,
              context,
            ).verdict,
          );
        const { drop, ways, verdict } = canITogether(all, use, context);
        expect(isPermitted(verdict)).toBe(drop?.length === 0);
        if (drop) expect(without(drop)).toBe(true);
        const slugs = all.map(({ slug }) => slug);
        const smaller = Array.from({ length: 2 ** slugs.length }, (_, bits) =>
          slugs.filter((_, i) => bits & (1 << i)),
        ).filter((set) => set.length < (drop?.length ?? slugs.length));
        expect(smaller.filter((set) => without(set))).toEqual([]);
        for (const way of ways)
          expect(
            isPermitted(
              canITogether(
                all.filter(({ slug }) => !way.drop.includes(slug)),
                use,
                { ...context, ...way.say },
              ).verdict,
            ),
          ).toBe(true);
      }),
      { numRuns: 120 },
    );
  });

  it('the proof alone decides: those sets by themselves are no more open than the whole (property)', () => {
    fc.assert(
      fc.property(members, use, context, (all, use, context) => {
        const whole = canITogether(all, use, context);
        const proof = all.filter(({ slug }) => whole.proof.some((part) => part.slug === slug));
        expect(canITogether(proof, use, context).verdict).toBe(whole.verdict);
      }),
      runs,
    );
  });

  it('terms that cannot be read are never permitted, and make nothing permitted (property)', () => {
    fc.assert(
      fc.property(members, fc.oneof(use, fc.string()), context, (all, use, context) => {
        const answer = canITogether([...all, { slug: 'unknown', terms: null }], use, context);
        expect(isPermitted(answer.verdict)).toBe(false);
      }),
      runs,
    );
  });
});
