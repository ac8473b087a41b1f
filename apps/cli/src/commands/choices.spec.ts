import { describe, expect, it } from '@jest/globals';
import type { GrantAnswer, OfferAnswer } from '@app/client';
import { chooseGrant } from './find-grant.js';
import { chooseOffer, sentenceOf } from './license.js';

function offer(id: string, facts: Partial<OfferAnswer>, uses: readonly string[]): OfferAnswer {
  return {
    id,
    title: { zh: null, en: id },
    template: 'X',
    kind: 'priced',
    priceMinor: 100,
    currency: 'CNY',
    per: 'dataset',
    totalPriceMinor: 100,
    needsApproval: false,
    termsHash: 'h',
    uses: uses.map((use) => ({ use, verdict: 'ALLOWED', duties: [] })),
    ...facts,
  };
}

function grant(id: string, versionLabel: string, state: string): GrantAnswer {
  return {
    id,
    state,
    versionLabel,
    datasetSlug: 'a/b',
    versionId: `dv_${versionLabel}`,
    commitId: versionLabel.replace('v', 'c').padEnd(40, '0'),
    offerId: 'off',
    stateReason: null,
    termsHash: 'h',
    certificateUrl: null,
    startsAt: null,
    expiresAt: null,
  };
}

describe('choosing an offer', () => {
  const free = offer('free', { kind: 'free', totalPriceMinor: 0 }, ['research_training']);
  const dear = offer('dear', { totalPriceMinor: 900 }, ['commercial_training']);
  const cheap = offer('cheap', { totalPriceMinor: 500 }, ['commercial_training', 'research_training']);

  it('takes the cheapest that permits the use', () => {
    expect(chooseOffer('a/b', [dear, cheap, free], null, 'commercial_training').id).toBe('cheap');
    expect(chooseOffer('a/b', [dear, cheap, free], null, 'research_training').id).toBe('free');
  });

  it('never guesses between several when no use was named', () => {
    expect(() => chooseOffer('a/b', [dear, cheap], null, null)).toThrow('--use');
    expect(chooseOffer('a/b', [dear], null, null).id).toBe('dear');
  });

  it('does not compare prices across currencies', () => {
    const dollars = offer('dollars', { currency: 'USD', totalPriceMinor: 1 }, ['commercial_training']);
    expect(() => chooseOffer('a/b', [dear, dollars], null, 'commercial_training')).toThrow('--offer');
  });

  it('refuses a use that no offer permits, and an offer that is not there', () => {
    expect(() => chooseOffer('a/b', [free], null, 'embed_in_product')).toThrow('no offer permits embed_in_product');
    expect(() => chooseOffer('a/b', [free], 'off_x', null)).toThrow('off_x');
    expect(() => chooseOffer('a/b', [], null, null)).toThrow('no offer now');
  });
});

describe('choosing a licence to pull under', () => {
  const grants = [grant('old', 'v9', 'active'), grant('new', 'v10', 'active'), grant('gone', 'v11', 'revoked')];

  it('takes the newest version that an active licence holds', () => {
    expect(chooseGrant(grants, null)?.id).toBe('new');
  });

  it('takes the version that was named, by label or commit, and nothing else', () => {
    expect(chooseGrant(grants, 'v9')?.id).toBe('old');
    expect(chooseGrant(grants, 'v11')).toBeNull();
    expect(chooseGrant(grants, 'c900000')?.id).toBe('old');
    expect(chooseGrant(grants, 'v1')).toBeNull();
  });
});

describe('a renewal', () => {
  it('is no licence to use before it starts', () => {
    const running = grant('running', 'v1', 'active');
    const next = { ...grant('next', 'v2', 'active'), startsAt: '2999-01-01T00:00:00.000Z' };

    expect(chooseGrant([next, running], null)?.id).toBe('running');
    expect(chooseGrant([next], null)).toBeNull();
  });

  it('and every other end of "license" is told in a sentence that says what comes next', () => {
    const licensed = { grantId: 'grt', termsHash: 'h', orderId: null, certificateUrl: null };
    const lapsesAt = '2026-05-01T00:00:00.000Z';

    expect(sentenceOf('a/b', { ...licensed, state: 'requested', lapsesAt })).toContain(
      'the provider decides until 2026-05-01',
    );
    expect(sentenceOf('a/b', { ...licensed, state: 'approved', lapsesAt })).toContain(
      'waits for your order until 2026-05-01',
    );
    expect(sentenceOf('a/b', { ...licensed, state: 'active', startsAt: '2999-01-01T00:00:00.000Z' })).toContain(
      'starts on 2999-01-01',
    );
    expect(sentenceOf('a/b', { ...licensed, state: 'active' })).toContain('bodega pull a/b');
  });
});
