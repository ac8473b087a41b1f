import { describe, expect, it } from '@jest/globals';
import type { DatasetRow, VersionRow } from '@app/catalog';
import { toCroissant } from '../../../libs/licensing/src/croissant/croissant.rules.js';
import type { OfferRow } from '../../../libs/licensing/src/offers/offer.queries.js';
import { policyContext } from '../../../libs/licensing/src/odrl/odrl-names.js';
import { profileDocument } from '../../../libs/licensing/src/odrl/profile.js';
import { toOdrl } from '../../../libs/licensing/src/odrl/write-policy.rules.js';
import type { PolicyFrame } from '../../../libs/licensing/src/odrl/write-policy.rules.js';
import { LICENCES, toTerms } from '../../../libs/licensing/src/terms/template.rules.js';
import type { TermsWish } from '../../../libs/licensing/src/terms/template.rules.js';
import { JsonLd, idOf, nodesAt } from '../../support/json-ld.js';
import { termsOf } from '../licences/licences.js';
import { croissantProblems } from './croissant-checker.js';
import { Profile, odrlProblems } from './odrl-checker.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- mutations reach into JSON of many shapes */

const URL = 'https://market.example';
const PROFILE = `${URL}/ns/odrl`;
const jsonLd = new JsonLd();
const profile = new Profile(PROFILE, await jsonLd.expand(profileDocument(PROFILE)));

/** A description made of what the market's tables hold for a small LeRobot set with one offer. */
function described(): any {
  const at = new Date('2026-03-04T05:06:07Z');
  const lists = { taskFamilies: ['sorting'], skills: [], scenes: [], embodimentClasses: [], robots: [] };
  const dataset = {
    ...lists,
    ...{ endEffectors: [], modalities: ['rgb'], collectionMethods: [] },
    ...{ id: 'ds_1', slug: 'lab/cups', name: 'cups', organizationId: 'org_1', organizationSlug: 'lab' },
    ...{
      organizationName: '实验室 {Lab}',
      titleZh: '抓取 "杯子"',
      titleEn: null,
      summaryZh: '四次抓取。',
      summaryEn: null,
    },
    declared: { personalData: 'none', consentScope: [], sessions: [{ id: 's', startedAt: '2026-01-02T03:04:05Z' }] },
  } as unknown as DatasetRow;
  const stream = (key: string, dtype: string, shape: number[]): object => ({
    key,
    dtype,
    shape,
    names: [],
    role: 'state',
    unit: null,
    rateHz: 30,
  });
  const measured = {
    format: 'lerobot',
    ...{ frames: 40, episodes: 4, cameras: [] },
    streams: [stream('index', 'int64', [1]), stream('action', 'float32', [7]), stream('front', 'video', [3, 4, 4])],
  };
  const version = {
    ...{
      id: 'dv_1',
      number: 2,
      label: 'v2',
      status: 'published',
      commitId: 'c'.repeat(40),
      merkleRoot: 'd'.repeat(64),
    },
    ...{ facts: { measured, declared: dataset.declared }, format: 'lerobot', formatVersion: 'v3.0', grade: 'A' },
    ...{ filesCount: 3, sizeBytes: 9, episodes: 4, frames: 40, durationS: 1.3, recallReason: null, changeNote: null },
    ...{ createdAt: at, publishedAt: at },
  } as unknown as VersionRow;
  const set = (id: string, role: 'data' | 'video', mediaType: string, includes: string) => ({
    id,
    role,
    mediaType,
    includes: [includes],
    files: 1,
  });
  const offer = {
    id: 'off_1',
    organizationId: 'org_1',
    termsHash: 'e'.repeat(64),
    terms: termsOf('commercial'),
    kind: 'priced',
    priceMinor: 19_905,
    currency: 'CNY',
    per: 'hour',
    needsApproval: true,
    titleEn: 'Commercial',
  } as OfferRow;
  const parquet = set('data-parquet', 'data', 'application/vnd.apache.parquet', 'data/*/*.parquet');
  const fileSets = [parquet, set('video-mp4', 'video', 'video/mp4', 'videos/front/*/*.mp4')];
  return JSON.parse(
    JSON.stringify(
      toCroissant({
        ...{ publicUrl: URL, dataset, version, offers: [offer] },
        manifest: { sha256: 'f'.repeat(64), sizeBytes: 300, fileSets },
        termsUrl: (hash) => `${URL}/terms/${hash}`,
        noLicenceUrl: `${URL}/terms/none`,
      }),
    ),
  );
}

describe('the checker of Croissant 1.1', () => {
  it('finds nothing in a description of ours', async () => {
    expect(await croissantProblems(described(), jsonLd)).toEqual([]);
  });

  const file = (d: any, i = 0) => d.distribution[i];
  const field = (d: any, i = 0) => d.recordSet[0].field[i];
  const MUTATIONS: readonly (readonly [rule: string, mutate: (d: any) => void])[] = [
    ['context-is-an-object', (d) => (d['@context'] = 'https://schema.org/')],
    ['vocab-is-schema-org', (d) => (d['@context']['@vocab'] = 'http://schema.org/')],
    ['one-dataset', (d) => (d['@type'] = 'sc:CreativeWork')],
    ['conforms-to-1.1', (d) => (d.conformsTo = 'http://mlcommons.org/croissant/0.8')],
    ['conforms-to-1.1', (d) => delete d.conformsTo],
    ...['name', 'description', 'license', 'url', 'creator', 'datePublished', 'distribution'].map(
      (name) => [`has-${name}`, (d: any) => delete d[name]] as const,
    ),
    ['has-description', (d) => (d.description = '')],
    ['dates-are-iso', (d) => (d.datePublished = '4 March 2026')],
    ['version-is-semantic', (d) => (d.version = 'v2')],
    ['has-citeAs', (d) => delete d.citeAs],
    ['ids-are-unique', (d) => (file(d, 2)['@id'] = 'data-parquet')],
    ['ids-have-no-space', (d) => (file(d, 2)['@id'] = 'two words')],
    [
      'nothing-leads-back-to-the-dataset',
      (d) => (d.usageInfo['odrl:permission'][0]['odrl:target'] = { '@id': d['@id'] }),
    ],
    ['files-are-of-croissant', (d) => (file(d)['@type'] = 'sc:FileObject')],
    ['encodingFormat', (d) => delete file(d).encodingFormat],
    ['encodingFormat', (d) => delete file(d, 1).encodingFormat],
    ['containedIn-is-a-reference', (d) => (file(d, 1).containedIn = { fileObject: { '@id': 'manifest.jsonl' } })],
    ['references-lead-somewhere', (d) => (file(d, 1).containedIn = { '@id': 'elsewhere' })],
    ['references-lead-somewhere', (d) => (field(d).source.fileSet = { '@id': 'elsewhere' })],
    ['references-lead-somewhere', (d) => (d.recordSet[0].key = { '@id': 'frames/none' })],
    ['includes', (d) => delete file(d, 1).includes],
    ['contentUrl', (d) => delete file(d).contentUrl],
    ['sha256-or-md5', (d) => delete file(d).sha256],
    ['sha256-is-hexadecimal', (d) => (file(d).sha256 = 'F'.repeat(64))],
    ['contentSize', (d) => (file(d).contentSize = '300')],
    ['record-sets-are-typed', (d) => (d.recordSet[0]['@type'] = 'sc:RecordSet')],
    ['dataType-is-known', (d) => (field(d).dataType = 'cr:Float128')],
    ['dataType-is-known', (d) => delete field(d).dataType],
    ['arrayShape-needs-isArray', (d) => delete field(d, 1).isArray],
    ['fields-have-a-source', (d) => delete field(d).source.fileSet],
    ['one-source-without-references', (d) => (field(d).source.fileSet = { '@id': 'video-mp4' })],
  ];
  it.each(MUTATIONS)('finds "%s" broken (%#)', async (rule, mutate) => {
    const document = described();
    mutate(document);

    expect(await croissantProblems(document, jsonLd)).toContain(rule);
  });
});

describe('a description', () => {
  it('tags words with the language that they are in, and keeps BibTeX whole', () => {
    const document = described();

    expect(document['@context']['@language']).toBe('zh');
    expect(document.inLanguage).toEqual(['zh']);
    expect(document.name).toBe('抓取 "杯子"');
    expect(document.citeAs).toContain('author = {{实验室  Lab}}');
    expect(document.version).toBe('2.0.0');
  });

  it('describes columns as fields, and pictures only as variables', () => {
    const { recordSet, variableMeasured } = described();

    expect(recordSet[0].field.map((one: any) => [one['@id'], one.dataType, one.arrayShape])).toEqual([
      ['frames/index', 'cr:Int64', undefined],
      ['frames/action', 'cr:Float32', '7'],
    ]);
    expect(variableMeasured.map((one: any) => one.name)).toEqual(['index', 'action', 'front']);
  });
});

const OFFER: PolicyFrame = {
  ...{ kind: 'Offer', profile: PROFILE, uid: 'urn:example:offer' },
  ...{ target: `${URL}/datasets/lab/cups/versions/v1`, assigner: 'urn:example:lab' },
  facts: {
    personalData: 'unknown',
    faces: 'visible',
    consentScope: ['research'],
    originCountry: 'CN',
    exportRoute: 'none',
  },
  price: { amountMinor: 5, currency: 'CNY', per: 'hour' },
  needsApproval: true,
};
const AGREEMENT: PolicyFrame = {
  ...{ kind: 'Agreement', profile: PROFILE, uid: 'urn:example:grant', target: 'urn:example:version' },
  ...{ assigner: 'urn:example:lab', assignee: 'urn:example:buyer', from: new Date(0), until: new Date(1e12) },
};
const FRAMES: readonly PolicyFrame[] = [{ kind: 'Set', profile: PROFILE, uid: 'urn:example:set' }, OFFER, AGREEMENT];
const WISHES: readonly TermsWish[] = [
  {},
  { termDays: 3, seats: 2, territory: ['CN'], blockedTerritory: ['US'], fields: ['retail'], deniedFields: ['weapons'] },
  { fields: [], personalData: { kind: 'with_consent', consentScope: [] } },
];

async function policyOf(name: string, frame: PolicyFrame, wish?: TermsWish, mutate?: (policy: any) => void) {
  const policy = JSON.parse(JSON.stringify(toOdrl(termsOf(name, wish), frame)));
  mutate?.(policy);
  const [expanded] = await jsonLd.expand({ '@context': policyContext(PROFILE), ...policy });
  if (!expanded) throw new Error('Nothing is left of the policy.');
  return expanded;
}

describe('the checker of ODRL 2.2', () => {
  it.each(LICENCES.map(({ id }) => id))('finds nothing in a set, offer or agreement under %s', async (id) => {
    for (const frame of FRAMES)
      for (const wish of WISHES) expect(odrlProblems(await policyOf(id, frame, wish), profile)).toEqual([]);
  });

  const permission = (p: any) => p['odrl:permission'][0];
  const limit = (p: any) => permission(p)['odrl:constraint'][0];
  const MUTATIONS: readonly (readonly [rule: string, mutate: (p: any) => void, frame?: PolicyFrame])[] = [
    ['uid', (p) => delete p['@id']],
    ['uid', (p) => (p['@id'] = '_:b0')],
    ['one-class', (p) => (p['@type'] = 'odrl:Ticket')],
    ['one-class', (p) => (p['@type'] = ['odrl:Set', 'odrl:Offer'])],
    ['at-least-one-rule', (p) => ['permission', 'prohibition', 'obligation'].forEach((one) => delete p[`odrl:${one}`])],
    ['profile', (p) => delete p['odrl:profile']],
    ['conflict-is-prohibit', (p) => delete p['odrl:conflict']],
    ['no-deprecated-term', (p) => (permission(p)['odrl:duty'] = [{ 'odrl:action': { '@id': 'odrl:shareAlike' } }])],
    ['words-are-in-the-profile', (p) => (p['bdg:invented'] = 'x')],
    ['one-assigner', (p) => delete permission(p)['odrl:assigner']],
    ['one-assignee', (p) => delete permission(p)['odrl:assignee'], AGREEMENT],
    ['no-assignee-in-an-offer', (p) => (permission(p)['odrl:assignee'] = { '@id': 'urn:example:x' })],
    ['one-target', (p) => delete permission(p)['odrl:target']],
    [
      'prohibitions-have-no-duty',
      (p) => (p['odrl:prohibition'][0]['odrl:duty'] = [{ 'odrl:action': { '@id': 'odrl:inform' } }]),
    ],
    ['one-action', (p) => delete permission(p)['odrl:action']],
    ['one-action', (p) => (permission(p)['odrl:action'] = [{ '@id': 'odrl:use' }, { '@id': 'bdg:evaluate' }])],
    ['actions-are-declared', (p) => (permission(p)['odrl:action'] = { '@id': 'bdg:teleport' })],
    ['a-choice-is-nothing-else', (p) => (limit(p)['odrl:or'] = [{ ...limit(p) }])],
    ['one-left-operand', (p) => delete limit(p)['odrl:leftOperand']],
    ['one-known-operator', (p) => (limit(p)['odrl:operator'] = { '@id': 'odrl:around' })],
    ['a-right-operand', (p) => delete limit(p)['odrl:rightOperand']],
  ];
  it.each(MUTATIONS)('finds "%s" broken (%#)', async (rule, mutate, frame = OFFER) => {
    expect(odrlProblems(await policyOf('research', frame, {}, mutate), profile)).toContain(rule);
  });
});

describe('the profile', () => {
  it('declares every use as an action that leads to "use"', async () => {
    for (const use of Object.keys(toTerms(LICENCES[0]!).uses)) expect(profile.isAction(`${PROFILE}#${use}`)).toBe(true); // eslint-disable-line @typescript-eslint/no-non-null-assertion -- the table is not empty
    const [graph] = await jsonLd.expand(profileDocument(PROFILE));
    expect(graph && [idOf(graph), nodesAt(graph, 'http://www.w3.org/2004/02/skos/core#inScheme')]).toEqual([
      PROFILE,
      [],
    ]);
  });
});
