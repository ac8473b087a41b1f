import { describe, expect, it } from '@jest/globals';
import { canI } from '../../../libs/licensing/src/terms/can-i.rules.js';
import { LICENCES } from '../../../libs/licensing/src/terms/template.rules.js';
import { readTerms, termsHashOf } from '../../../libs/licensing/src/terms/terms.js';
import { USES } from '../../../libs/licensing/src/terms/uses.js';
import type { UseContext } from '../../../libs/licensing/src/terms/use-context.js';
import { ask, cellOf, termsOf } from './licences.js';
import { PUBLISHED_HASHES, TRUTH, truthOf } from './truth.js';

const ACADEMIC: UseContext = { actor: 'academic', field: 'manufacturing', outputKind: 'control' };
const wishFor = (id: string): { fields: ['manufacturing'] } | undefined =>
  id === 'LicenseRef-Bodega-Exclusive-1.0' ? { fields: ['manufacturing'] } : undefined;

describe('the truth table of licences', () => {
  it('has every licence that the market judges, and no other', () => {
    expect(LICENCES.map(({ id }) => id).sort()).toEqual(Object.keys(TRUTH).sort());
  });

  const cells = Object.keys(TRUTH).flatMap((id) => truthOf(id).map((truth) => ({ id, ...truth })));
  it.each(cells)('$id, $use: $cell by $clause', ({ id, use, cell, clause }) => {
    const answer = ask(id, use, ACADEMIC, wishFor(id));

    expect(cellOf(answer)).toBe(cell);
    expect(answer.clauses.map((one) => one.id)).toEqual([clause]);
  });

  it('says in both languages why, and who can decide what is undecided', () => {
    for (const { id, use } of cells) {
      const { verdict, reason, clauses, resolve } = ask(id, use, ACADEMIC, wishFor(id));
      expect(reason.en).toContain(clauses[0]?.en);
      expect(reason.zh).toMatch(/\p{Script=Han}/u);
      expect([id, use, resolve !== null]).toEqual([id, use, verdict === 'UNDECIDED']);
    }
  });
});

describe('terms that were frozen', () => {
  it.each(Object.entries(PUBLISHED_HASHES))('%s keeps its hash', (id, hash) => {
    expect(termsHashOf(termsOf(id))).toBe(hash);
  });

  it('are version 1 until something is said that version 1 cannot say, and both are read back', () => {
    const plain = termsOf('commercial');
    const limited = termsOf('commercial', { territory: ['CN', 'JP'], seats: 3 });

    expect([plain.v, limited.v]).toEqual([1, 2]);
    for (const terms of [plain, limited])
      expect(readTerms(JSON.parse(JSON.stringify(terms)), termsHashOf(terms))).toEqual(terms);
    expect(limited.text.sha256).not.toBe(plain.text.sha256);
  });

  it('of version 2 are not read back without one of their dimensions, nor of version 1 with one', () => {
    for (const { id } of LICENCES) {
      const terms = JSON.parse(JSON.stringify(termsOf(id))) as Record<string, unknown>;
      const swapped = { ...terms, v: terms['v'] === 1 ? 2 : 1 };
      expect(readTerms(swapped, termsHashOf(swapped as never))).toBeNull();
      const dimensions = terms['dimensions'] as Record<string, unknown> | undefined;
      for (const name of Object.keys(dimensions ?? {})) {
        const { [name]: _, ...fewer } = dimensions ?? {};
        const lacking = { ...terms, dimensions: fewer };
        expect(readTerms(lacking, termsHashOf(lacking as never))).toBeNull();
      }
    }
  });
});

describe('declarations of the rightsholder', () => {
  // licence · declaration · use · answer
  const effects: [string, object, string, string][] = [
    ...[
      'CC-BY-SA-4.0',
      'CC-BY-ND-4.0',
      'CC-BY-NC-4.0',
      'CC-BY-NC-SA-4.0',
      'CC-BY-NC-ND-4.0',
      'ODbL-1.0+contents',
    ].flatMap((licence): [string, object, string, string][] => [
      [licence, { weights_policy: 'free' }, 'release_weights_open', 'A'],
      [licence, { weights_policy: 'same_licence' }, 'release_weights_open', 'D sa'],
      [licence, { weights_policy: 'noncommercial' }, 'release_weights_open', 'D nc'],
      [licence, { weights_policy: 'not_released' }, 'release_weights_open', 'F'],
    ]),
    ['CC-BY-SA-4.0', { weights_policy: 'free' }, 'embed_in_product', 'A'],
    ['CC-BY-ND-4.0', { weights_policy: 'same_licence' }, 'embed_in_product', 'D sa'],
    ['ODbL-1.0+contents', { weights_policy: 'not_released' }, 'embed_in_product', 'F'],
    ['CC-BY-NC-4.0', { weights_policy: 'free' }, 'embed_in_product', 'F'],
    ['CC-BY-SA-4.0', { outputs_policy: 'free' }, 'commercialise_model_output', 'A'],
    ['CC-BY-ND-4.0', { outputs_policy: 'attribution' }, 'commercialise_model_output', 'D at'],
    ['ODbL-1.0+contents', { outputs_policy: 'noncommercial' }, 'commercialise_model_output', 'F'],
    ['CC-BY-NC-4.0', { nc_reading: ['commercial_evaluation'] }, 'evaluate', 'D nc'],
    ['CC-BY-NC-4.0', { nc_reading: ['industry_research'] }, 'evaluate', 'U'],
    ['CC-BY-NC-SA-4.0', { nc_reading: ['industry_research'] }, 'research_training', 'D nc'],
    ['CC-BY-NC-ND-4.0', { nc_reading: ['promotional_figures'] }, 'benchmark_publication', 'D at'],
    ['ODbL-1.0', { contents_licence: 'DbCL-1.0' }, 'commercial_training', 'A'],
    ['ODbL-1.0', { contents_licence: 'CC0-1.0', weights_policy: 'free' }, 'release_weights_open', 'A'],
    [
      'montreal',
      { mdl_grid: { commercial_training: { isGranted: true, quote: 'Internal Use' } } },
      'commercial_training',
      'A',
    ],
    ['montreal', { mdl_grid: { embed_in_product: { isGranted: true, quote: 'Model' } } }, 'embed_in_product', 'D at'],
    ['montreal', { mdl_grid: { embed_in_product: { isGranted: true, quote: 'Model' } } }, 'fine_tune', 'F'],
    ['montreal', { mdl_grid: { embed_in_product: { isGranted: true, quote: 'Model' } } }, 'share_with_affiliate', 'A'],
    ['custom', { custom_map: { evaluate: { isGranted: true, quote: 'may look' } } }, 'evaluate', 'A'],
    ['custom', { custom_map: { evaluate: { isGranted: false, quote: 'may not look' } } }, 'evaluate', 'F'],
    ['custom', { custom_map: { evaluate: { isGranted: true, quote: 'may look' } } }, 'fine_tune', 'U'],
  ];
  it.each(effects)('%s with %j: %s is %s', (name, declarations, use, cell) => {
    expect(cellOf(ask(name, use, { actor: 'company' }, { declarations }))).toBe(cell);
  });

  it('change nothing but the uses that they speak to', () => {
    const spokenTo: Record<string, string[]> = {
      weights_policy: ['release_weights_open', 'embed_in_product'],
      outputs_policy: ['commercialise_model_output'],
      nc_reading: ['evaluate', 'research_training', 'benchmark_publication'],
    };
    for (const [name, declarations] of effects) {
      const [first = '', ...more] = Object.keys(declarations);
      const mayChange = spokenTo[first];
      if (!mayChange || more.length > 0) continue;
      const [before, after] = [termsOf(name), termsOf(name, { declarations })];
      const changed = USES.filter((use) => cellOf(canI(before, use)) !== cellOf(canI(after, use)));
      expect([name, changed.filter((use) => !mayChange.includes(use))]).toEqual([name, []]);
    }
  });
});

describe('limits of terms', () => {
  const limited = (context: UseContext, use = 'commercial_training'): string =>
    cellOf(
      ask('commercial', use, context, {
        fields: ['logistics', 'retail'],
        territory: ['CN', 'SG'],
        blockedTerritory: ['KP'],
      }),
    );

  it('ask for the field and the country, and let neither pass that is not named', () => {
    expect(limited({ field: 'logistics', territory: 'CN' })).toBe('A');
    expect(limited({ field: 'weapons', territory: 'CN' })).toBe('F');
    expect(limited({ field: 'logistics', territory: 'US' })).toBe('F');
    expect(limited({ field: 'logistics', territory: 'KP' })).toBe('F');
    expect(limited({ field: 'logistics' })).toBe('U');
    expect(limited({ territory: 'CN' })).toBe('U');
    expect(limited({ field: 'logistics', territory: 'CN' }, 'redistribute_data')).toBe('F');
  });

  it('of an exclusive field hold for commercial uses alone', () => {
    const exclusive = (use: string, context: UseContext = {}): string =>
      cellOf(ask('exclusive', use, context, { fields: ['household'] }));

    expect(exclusive('research_training')).toBe('A');
    expect(exclusive('commercial_training', { field: 'household' })).toBe('A');
    expect(exclusive('commercial_training', { field: 'retail' })).toBe('F');
    expect(exclusive('embed_in_product')).toBe('U');
    expect(exclusive('commercialise_model_output', { field: 'household' })).toBe('U');
    expect(exclusive('commercialise_model_output', { field: 'household', outputKind: 'control' })).toBe('A');
    expect(exclusive('commercialise_model_output', { field: 'household', outputKind: 'synthetic_data' })).toBe('F');
    expect(exclusive('share_with_affiliate', { recipient: 'contractor' })).toBe('D la,bd');
    expect(exclusive('share_with_affiliate', { recipient: 'third_party' })).toBe('F');
  });
});
