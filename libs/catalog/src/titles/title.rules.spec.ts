import { describe, expect, it } from '@jest/globals';
import { refusedBecause, titleRecordSchema, titlesOf } from './title.rules.js';
import type { TitleEvent, TitleRecordRow } from './title.rules.js';

const TODAY = '2026-11-30';
let recorded = 0;

function record(event: TitleEvent, more: Partial<TitleRecordRow> = {}): TitleRecordRow {
  return {
    id: `ttl_${++recorded}`,
    datasetId: 'ds_1',
    event,
    number: '深数登1',
    issuer: '深圳数据交易所',
    titleRight: 'hold',
    issuedOn: '2026-01-01',
    expiresOn: '2029-01-01',
    fileSha256: null,
    note: null,
    recordedAt: new Date(0),
    ...more,
  };
}

const standingAfter = (...events: TitleRecordRow[]): string | undefined => titlesOf(events, TODAY)[0]?.standing;

describe('a registration of title', () => {
  it('is valid until the day of its expiry has passed', () => {
    expect(standingAfter(record('first', { expiresOn: TODAY }))).toBe('valid');
    expect(standingAfter(record('first', { expiresOn: '2026-11-29' }))).toBe('expired');
    expect(standingAfter(record('first', { expiresOn: null }))).toBe('valid');
  });

  it('is disputed from an objection until a change or a renewal settles it', () => {
    expect(standingAfter(record('first'), record('objection'))).toBe('disputed');
    expect(standingAfter(record('first'), record('objection'), record('licence'))).toBe('disputed');
    expect(standingAfter(record('first'), record('objection'), record('change'))).toBe('valid');
  });

  it('shows what the last event says of it, which a licence or an objection does not', () => {
    const [title] = titlesOf(
      [
        record('first'),
        record('transfer', { titleRight: 'operate' }),
        record('licence', { titleRight: 'process_use' }),
      ],
      TODAY,
    );

    expect(title).toMatchObject({ titleRight: 'operate', standing: 'valid' });
    expect(title?.events).toHaveLength(3);
  });

  it('stays ended, even when somebody objects to that', () => {
    expect(standingAfter(record('first'), record('cancellation'), record('objection'))).toBe('cancelled');
    expect(standingAfter(record('first'), record('revocation'))).toBe('revoked');
  });

  it('is told apart by issuer and number', () => {
    const titles = titlesOf(
      [record('first'), record('first', { number: '2' }), record('first', { issuer: 'other' })],
      TODAY,
    );

    expect(titles).toHaveLength(3);
  });

  it.each<[TitleEvent, TitleEvent[], boolean]>([
    ['first', [], true],
    ['first', ['first'], false],
    ['renewal', [], false],
    ['renewal', ['first'], true],
    ['renewal', ['first', 'cancellation'], false],
    ['objection', ['first', 'revocation'], true],
    ['cancellation', ['first', 'revocation'], false],
  ])('%s after %j: %s', (event, earlier, isAllowed) => {
    const refused = refusedBecause(
      event,
      earlier.map((one) => ({ event: one })),
    );

    expect(refused === null).toBe(isAllowed);
  });

  it.each([
    { issuedOn: '2026-02-30' },
    { issuedOn: '2026-1-1' },
    { expiresOn: '2025-12-31' },
    { fileSha256: 'ABC' },
    { event: 'objection' },
    { event: 'revocation', note: ' ' },
    { number: '' },
  ])('refuses %j', (wrong) => {
    const input = {
      slug: 'acme/cups',
      event: 'first',
      number: '1',
      issuer: 'X',
      titleRight: 'hold',
      issuedOn: '2026-01-01',
      ...wrong,
    };

    expect(titleRecordSchema.safeParse(input).success).toBe(false);
  });
});
