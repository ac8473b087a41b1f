import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contributorLinks, isCovered, joinSpans, narrowed, spansText } from './contributor.rules.js';
import type { EpisodeSpan } from './contributor.rules.js';
import { factsWithoutPseudonyms } from './people.rules.js';
import { spansOf } from './multirange.js';

const linkOf = (declared: Parameters<typeof contributorLinks>[0], operators: string[] = [], episodes = 10) =>
  contributorLinks(declared, operators, episodes);

describe('contributorLinks', () => {
  it('takes the episodes of a contributor, and the sessions that he led', () => {
    const { links, problems } = linkOf({
      contributors: [
        {
          pseudonym: 'P1',
          episodes: [
            [5, 6],
            [0, 1],
          ],
        },
        { pseudonym: 'P2', episodes: [] },
      ],
      sessions: [{ id: 's', operator: 'P1', episodes: [2, 2] }],
    });

    expect(problems).toEqual([]);
    expect(links).toEqual([
      {
        pseudonym: 'P1',
        where: 'contributors[0]',
        episodes: [
          [0, 2],
          [5, 6],
        ],
        isStated: true,
      },
    ]);
  });

  it('puts into every episode who is named without any', () => {
    const { links } = linkOf(
      { contributors: [{ pseudonym: 'P1' }], sessions: [{ id: 's', operator: 'P2' }], operators: ['P3'] },
      ['P4'],
    );

    expect(links.map(({ pseudonym, episodes, isStated }) => [pseudonym, episodes, isStated])).toEqual(
      ['P1', 'P2', 'P3', 'P4'].map((name) => [name, [[0, 9]], false]),
    );
  });

  it('puts into every episode whose sessions are not all known', () => {
    const sessions = [
      { id: 'a', operator: 'P1', episodes: [0, 1] as [number, number] },
      { id: 'b', operator: 'P1' },
    ];

    expect(linkOf({ sessions }).links[0]).toMatchObject({ episodes: [[0, 9]], isStated: false });
    expect(linkOf({ sessions, contributors: [{ pseudonym: 'P1', episodes: [[3, 3]] }] }).links[0]).toMatchObject({
      episodes: [
        [0, 1],
        [3, 3],
      ],
      isStated: true,
    });
  });

  it('reports every span that is wrong, each at its place, without the name', () => {
    const { problems } = linkOf({
      contributors: [
        {
          pseudonym: 'secret',
          episodes: [
            [0, 10],
            [1, 2],
            [50, 60],
          ],
        },
      ],
      sessions: [{ id: 's', operator: 'secret', episodes: [4, 3] }],
    });

    expect(problems.map(({ where }) => where)).toEqual([
      'contributors[0].episodes[0]',
      'contributors[0].episodes[2]',
      'sessions[0].episodes',
    ]);
    expect(JSON.stringify(problems)).not.toContain('secret');
  });
});

describe('joinSpans', () => {
  it('covers the same episodes, in order and apart', () => {
    const span = fc.tuple(fc.nat(40), fc.nat(5)).map(([first, more]): EpisodeSpan => [first, first + more]);
    fc.assert(
      fc.property(fc.array(span), (spans) => {
        const joined = joinSpans(spans);
        const members = (some: readonly EpisodeSpan[]): number[] =>
          [...new Set(some.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i)))].sort(
            (a, b) => a - b,
          );

        expect(members(joined)).toEqual(members(spans));
        joined.forEach(([first], i) => expect(first).toBeGreaterThan((joined[i - 1]?.[1] ?? -2) + 1));
      }),
    );
  });
});

describe('narrowed', () => {
  const declared = {
    contributors: [{ pseudonym: 'P1', scope: ['research', 'commercial'] }, { pseudonym: 'P2' }],
    consentScope: ['research', 'commercial'],
  };

  it('takes the withdrawn uses from the person, and from the whole', () => {
    expect(narrowed(declared, new Map([['P1', ['commercial']]]))).toEqual({
      contributors: [{ pseudonym: 'P1', scope: ['research'] }, { pseudonym: 'P2' }],
      consentScope: ['research'],
    });
  });

  it('leaves the whole alone when somebody withdrew everything, for his episodes must go', () => {
    expect(narrowed(declared, new Map([['P2', null]]))).toEqual({
      contributors: [declared.contributors[0], { pseudonym: 'P2', scope: [] }],
      consentScope: ['research', 'commercial'],
    });
  });

  it('takes a use away also where no scope was declared', () => {
    const narrow = narrowed({ sessions: [{ id: 's', operator: 'P1' }] }, new Map([['P1', ['commercial']]]));

    expect(narrow).toMatchObject({ consentScope: ['research', 'redistribution', 'derived_model'] });
  });

  it('does nothing for persons that are not named', () => {
    expect(narrowed(declared, new Map([['P3', ['commercial']]]))).toEqual(declared);
  });
});

describe('isCovered', () => {
  it.each([
    [[null], ['commercial'], true],
    [[['commercial']], ['commercial'], true],
    [[['commercial'], ['research']], ['commercial', 'research'], true],
    [[['commercial']], null, false],
    [[['commercial']], ['research'], false],
    [[], null, false],
  ] as [(string[] | null)[], string[] | null, boolean][])('%j covers %j: %s', (standing, wished, covered) => {
    expect(isCovered(standing, wished)).toBe(covered);
  });
});

describe('what others read', () => {
  it('numbers persons the same way in all places, and says no name', () => {
    const facts = factsWithoutPseudonyms({
      declared: {
        contributors: [{ pseudonym: 'secret-a', scope: ['research'] }, { pseudonym: 'secret-b' }],
        sessions: [{ id: 's', operator: 'secret-b', episodes: [0, 1] }],
        operators: ['secret-b', 'secret-c'],
      },
      measured: { episodes: 3, coverage: { scenes: [], operators: [{ name: 'secret-b', episodes: 2 }] } },
    });

    expect(JSON.stringify(facts)).not.toContain('secret');
    expect(facts).toEqual({
      declared: {
        contributors: [{ pseudonym: '#1', scope: ['research'] }, { pseudonym: '#2' }],
        sessions: [{ id: 's', operator: '#2', episodes: [0, 1] }],
        operators: ['#2', '#3'],
      },
      measured: { episodes: 3, coverage: { scenes: [], operators: [{ name: '#2', episodes: 2 }] } },
    });
  });
});

describe('spans', () => {
  it('are read from a multirange and shown to people', () => {
    expect(spansOf('{[0,3),[7,8)}')).toEqual([
      [0, 2],
      [7, 7],
    ]);
    expect(spansOf('{}')).toEqual([]);
    expect(
      spansText([
        [0, 2],
        [7, 7],
      ]),
    ).toBe('0–2, 7');
    expect(
      spansText(
        [
          [0, 2],
          [7, 7],
        ],
        1,
      ),
    ).toBe('0–2, …');
  });
});
