import { policyContext } from '../odrl/odrl-names.js';

/** Terms that Croissant defines under its own names. */
const CROISSANT_TERMS =
  'annotation arrayShape citeAs column containedIn equivalentProperty excludes extract field fileProperty fileObject fileSet format includes isArray isLiveDataset jsonPath key md5 parentField path repeated replace samplingRate recordSet references regex readLines sdVersion separator source subField transform unArchive value';

/**
 * The `@context` of a description. `@vocab` must be https://schema.org/, which readers compare by letters.
 * @see https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
 */
export function croissantContext(profile: string, language: 'en' | 'zh'): Record<string, unknown> {
  return {
    '@language': language,
    '@vocab': 'https://schema.org/',
    sc: 'https://schema.org/',
    cr: 'http://mlcommons.org/croissant/',
    rai: 'http://mlcommons.org/croissant/RAI/',
    prov: 'http://www.w3.org/ns/prov#',
    ...policyContext(profile),
    conformsTo: 'dct:conformsTo',
    ...Object.fromEntries(CROISSANT_TERMS.split(' ').map((term) => [term, `cr:${term}`])),
    data: { '@id': 'cr:data', '@type': '@json' },
    dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
    examples: { '@id': 'cr:examples', '@type': '@json' },
  };
}
