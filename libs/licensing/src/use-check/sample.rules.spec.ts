import { describe, expect, it } from '@jest/globals';
import { findLicence, toTerms } from '../terms/template.rules.js';
import type { Terms } from '../terms/terms.js';
import { mayShowSamples } from './sample.rules.js';

function termsOf(name: string): Terms {
  const licence = findLicence(name);
  if (!licence) throw new Error(`no licence ${name}`);
  return toTerms(licence);
}

const closed: Terms = (() => {
  const terms = termsOf('CC0-1.0');
  return {
    ...terms,
    uses: { ...terms.uses, evaluate: { verdict: 'FORBIDDEN', duties: [], clause: terms.uses.evaluate.clause } },
  };
})();

describe('samples', () => {
  it('are shown of what is on the shelf, whoever looks, unless every offer forbids to look', () => {
    const onShelf = { datasetStatus: 'listed', isInsider: false };

    expect(mayShowSamples({ ...onShelf, terms: [] })).toBe(true);
    expect(mayShowSamples({ ...onShelf, terms: [termsOf('CC-BY-NC-4.0')] })).toBe(true);
    expect(mayShowSamples({ ...onShelf, terms: [closed, termsOf('CC-BY-4.0')] })).toBe(true);
    expect(mayShowSamples({ ...onShelf, terms: [closed] })).toBe(false);
  });

  it('are shown to nobody but the provider once the dataset is off the shelf', () => {
    for (const datasetStatus of ['draft', 'in_review', 'suspended', 'withdrawn']) {
      expect(mayShowSamples({ datasetStatus, isInsider: false, terms: [] })).toBe(false);
      expect(mayShowSamples({ datasetStatus, isInsider: true, terms: [closed] })).toBe(true);
    }
  });
});
