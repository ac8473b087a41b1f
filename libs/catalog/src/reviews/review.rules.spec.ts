import { describe, expect, it } from '@jest/globals';
import { labelsOf } from '../vocabulary/vocabulary.js';
import { REVIEW_HEADS, decisionSchema, groundsOf, notPassed, undecided } from './review.rules.js';
import type { HeadDecision, ReviewHead } from './review.rules.js';

const pass = (head: ReviewHead): HeadDecision => ({ head, verdict: 'pass', ground: null });
const refuse = (head: ReviewHead, ground: string): HeadDecision => ({ head, verdict: 'refuse', ground });
const NOTE = '请补充采集场所的授权书。';

describe('a review', () => {
  it('is decided when every head is, whatever the order', () => {
    expect(undecided([])).toEqual([...REVIEW_HEADS]);
    expect(undecided([pass('tradability'), refuse('legality', 'core_data')])).toEqual(['basic_information']);
    expect(undecided(REVIEW_HEADS.map(pass))).toEqual([]);
  });

  it('passes when the last decision on each head does', () => {
    expect(notPassed(REVIEW_HEADS.map(pass))).toEqual([]);
    expect(notPassed([...REVIEW_HEADS.map(pass), refuse('legality', 'core_data')])).toEqual(['legality']);
    expect(notPassed([refuse('legality', 'core_data'), ...REVIEW_HEADS.map(pass)])).toEqual([]);
  });

  it('knows grounds of each head, with labels in both languages, and none of two', () => {
    const all = REVIEW_HEADS.flatMap(groundsOf);

    expect(groundsOf('legality')).toEqual(
      expect.arrayContaining(['core_data', 'unauthorised_source', 'ownership_dispute']),
    );
    expect(new Set(all).size).toBe(all.length);
    for (const ground of all) expect(labelsOf('refusal_ground', ground)?.zh).toMatch(/\p{Script=Han}/u);
  });

  it.each([
    ['a pass', { verdict: 'pass' }, true],
    ['a pass with a ground', { verdict: 'pass', ground: 'core_data' }, false],
    ['a refusal with ground and note', { verdict: 'refuse', ground: 'core_data', note: NOTE }, true],
    ['a refusal without a ground', { verdict: 'refuse', note: NOTE }, false],
    ['a refusal with a ground of another head', { verdict: 'refuse', ground: 'no_offer', note: NOTE }, false],
    ['a refusal with the head for a ground', { verdict: 'refuse', ground: 'legality', note: NOTE }, false],
    ['a refusal without a note', { verdict: 'refuse', ground: 'core_data' }, false],
    ['a refusal with a note that says nothing', { verdict: 'refuse', ground: 'core_data', note: 'no' }, false],
  ])('takes %s: %j → %s', (_what, decision, isTaken) => {
    const input = { slug: 'acme/cups', head: 'legality', ...decision };

    expect(decisionSchema.safeParse(input).success).toBe(isTaken);
  });
});
