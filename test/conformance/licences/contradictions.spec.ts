import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CONTRADICTIONS, contradictions } from '@app/standards';
import type { LicenceClaim } from '@app/standards';
import fc from 'fast-check';
import { cpuMs } from '../../support/process-use.js';

const readme = (text: string): { path: string; text: string } => ({ path: 'README.md', text });
const card = (licence: string, text = ''): { path: string; text: string } =>
  readme(`---\nlicense: ${licence}\ntags:\n  - LeRobot\n---\n# A set\n${text}`);
const file = (text: string): { path: string; text: string } => ({ path: 'LICENSE', text });
const MIT_TEXT = 'MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy';
const CC_BY_TEXT = 'Creative Commons Attribution 4.0 International Public License';

const found = (claim: Partial<LicenceClaim>): string[] =>
  contradictions({ texts: [], declared: null, ...claim }).map(({ pattern }) => pattern);

/** Strings as they were seen in the field, each with the answer written apart from the code. */
const SEEN: readonly (readonly [string, 'block' | 'warn', Partial<LicenceClaim>])[] = [
  ['C1', 'block', { declared: 'CC-BY-4.0', texts: [card('apache-2.0', 'The dataset is licensed under CC BY 4.0.')] }],
  ['C1', 'block', { declared: 'CC-BY-4.0', texts: [file('Creative Commons Attribution-NonCommercial 4.0')] }],
  ['C1', 'block', { declared: 'CC-BY-4.0', texts: [readme('## License\n\nCC BY-NC-SA 4.0')] }],
  [
    'C1',
    'block',
    {
      declared: 'CC0-1.0',
      texts: [readme('[![license](https://img.shields.io/x)](https://creativecommons.org/licenses/by-nc/4.0/)')],
    },
  ],
  [
    'C2',
    'block',
    { declared: 'MIT', texts: [readme('This is a re-upload of BridgeData V2 (license: MIT for the data).')] },
  ],
  ['C3', 'warn', { declared: 'MIT', texts: [file(MIT_TEXT)] }],
  ['C3', 'warn', { declared: 'Apache-2.0', texts: [card('apache-2.0')] }],
  ['C4', 'block', { declared: 'MIT', texts: [readme('To get the videos you must sign a license agreement.')] }],
  ['C5', 'block', { texts: [card('mit')] }],
  ['C6', 'block', { declared: 'CC-BY-4.0', texts: [readme('A collection of 60 robot datasets in one format.')] }],
  ['C7', 'block', { declared: 'MIT', texts: [readme('Each part is subject to the original licenses.')] }],
  ['C8', 'block', { declared: 'CC-BY-4.0', texts: [readme('CC-BY-4.0 license with Additional Restrictions.')] }],
  ['C8', 'block', { declared: 'Apache-2.0', texts: [readme('The data is for research purposes only.')] }],
  [
    'C9',
    'block',
    { declared: 'CC-BY-4.0', texts: [readme('All participants gave consent to research use; faces are visible.')] },
  ],
  ['C9', 'block', { declared: 'CC-BY-4.0', consentScope: ['research'] }],
  [
    'C10',
    'block',
    {
      declared: 'CC-BY-SA-4.0',
      texts: [readme('## License\n- sequences (data): CC BY-SA 4.0\n- hand label data: CC BY-NC-SA 4.0')],
    },
  ],
  [
    'C11',
    'warn',
    { declared: 'CC-BY-NC-SA-4.0', texts: [file('COMMUNITY LICENSE AGREEMENT\nAll data under CC BY-NC-SA 4.0')] },
  ],
  ['C12', 'warn', { declared: 'CC-BY-NC-SA-4.0', previous: 'cc-by-sa-4.0' }],
  [
    'C13',
    'warn',
    { declared: 'CC-BY-NC-4.0', texts: [readme('## License\nThe model weights are released under Apache-2.0.')] },
  ],
  ['C14', 'block', { declared: 'LicenseRef-Bodega-Commercial-1.0', texts: [file(CC_BY_TEXT)] }],
  ['C15', 'block', { declared: 'openrail' }],
  ['C15', 'block', { declared: 'CC-BY-4.0', texts: [card('bigscience-openrail-m')] }],
  ['C16', 'block', { declared: 'cc-by' }],
  ['C16', 'block', { texts: [card('other')] }],
  ['C17', 'block', { declared: 'ODbL-1.0', hasPictures: true }],
  ['C18', 'warn', { declared: 'CC-BY-ND-4.0', texts: [readme('Videos were relabelled and converted to LeRobot.')] }],
  ['C19', 'warn', { declared: 'CC-BY-NC-4.0', texts: [readme('Request with an institutional e-mail.')] }],
  ['C20', 'warn', { declared: 'CC-BY-4.0', texts: [readme('TDM-Reservation: 1')] }],
];

describe('contradictions about the licence', () => {
  it('has a case from the field for each of the twenty patterns', () => {
    expect(Object.keys(CONTRADICTIONS)).toEqual(Array.from({ length: 20 }, (_, i) => `C${i + 1}`));
    expect([...new Set(SEEN.map(([pattern]) => pattern))]).toEqual(Object.keys(CONTRADICTIONS));
  });

  it.each(SEEN)('%s (%s) is seen in %j', (pattern, severity, claim) => {
    const seen = contradictions({ texts: [], declared: null, ...claim }).find((one) => one.pattern === pattern);

    expect(seen?.severity).toBe(severity);
    expect(seen?.sources.length).toBeGreaterThan(0);
    for (const { where, said } of seen?.sources ?? []) {
      expect(where).not.toBe('nowhere');
      expect(said).not.toBe('');
    }
  });

  it.each<[string, Partial<LicenceClaim>]>([
    [
      'sources that agree',
      { declared: 'CC-BY-4.0', texts: [card('cc-by-4.0', '## License\nCC BY 4.0'), file(CC_BY_TEXT)] },
    ],
    [
      'code under one licence, data under another',
      {
        declared: 'CC-BY-4.0',
        texts: [card('cc-by-4.0', 'The data is licensed under CC BY 4.0; the code is licensed under MIT.')],
      },
    ],
    [
      'other licences that are only spoken of',
      { declared: 'CC-BY-4.0', texts: [readme('We compared with DROID and the MIT cheetah.')] },
    ],
    [
      'a denied restriction',
      { declared: 'CC-BY-4.0', texts: [readme('There are no additional restrictions. This is not a re-upload.')] },
    ],
    [
      'a market template with and without its version',
      { declared: 'LicenseRef-Bodega-Commercial', texts: [readme('License: LicenseRef-Bodega-Commercial-1.0')] },
    ],
    [
      'a database without pictures, or whose contents have a licence',
      { declared: 'ODbL-1.0', texts: [readme('License of the contents: DbCL 1.0')], hasPictures: true },
    ],
    ['nothing at all', {}],
  ])('nothing is found in %s', (_, claim) => {
    expect(found(claim)).toEqual([]);
  });

  it.each(['sorting', 'grasping', 'placement'])('nothing is found in the sample set "%s"', (name) => {
    const text = (path: string): string =>
      readFileSync(new URL(`../../../samples/${name}/${path}`, import.meta.url), 'utf8');
    const declared = /^ {2}terms: (\S+)$/m.exec(text('dataset.yaml'))?.[1] ?? null;

    expect(declared).not.toBeNull();
    expect(found({ declared, texts: [readme(text('README.md'))], hasPictures: true })).toEqual([]);
  });

  it('says the exact strings and where each stands', () => {
    const [one] = contradictions({
      declared: 'CC-BY-4.0',
      texts: [card('cc-by-nc-4.0'), file('Apache License\nVersion 2.0, January 2004')],
    });

    expect(one?.sources).toEqual([
      { where: 'declared', said: 'CC-BY-4.0' },
      { where: 'README.md:2', said: 'cc-by-nc-4.0' },
    ]);
  });

  it('answers any text, in time (property)', () => {
    const bits = fc.constantFrom(
      'license',
      'cc by',
      'CC-BY-NC-4.0',
      'mit',
      'data',
      ':',
      '\n',
      '---\n',
      '# ',
      'consent',
      'collection of 60 ',
      'aggregat',
      ' ',
      '-',
      'agreement',
      'sign a ',
      '许可',
      '\u0000',
      'creative commons attribution',
      'merge',
      'open rail',
    );
    const text = fc.oneof(
      fc.string({ maxLength: 500 }),
      fc.array(bits, { maxLength: 200 }).map((parts) => parts.join('')),
      fc.tuple(bits, fc.nat(8_000)).map(([part, times]) => part.repeat(times).slice(0, 65_536)),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ path: fc.constantFrom('README.md', 'LICENSE', 'CARD.md'), text }), { maxLength: 3 }),
        fc.option(fc.oneof(fc.string(), fc.constantFrom('CC-BY-4.0', 'CC-BY-NC-ND-4.0', 'MIT')), { nil: null }),
        (texts, declared) => {
          const startedMs = cpuMs();
          const all = contradictions({ texts, declared });
          expect(cpuMs() - startedMs).toBeLessThan(1_500);
          expect(contradictions({ texts, declared })).toEqual(all);
        },
      ),
      { numRuns: 60 },
    );
  });
});
