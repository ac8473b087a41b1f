import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, merkleRootOf } from '@app/kernel';
import { USES } from '@app/licensing';
import { croissantProblems } from '../conformance/croissant/croissant-checker.js';
import { Profile, odrlProblems } from '../conformance/croissant/odrl-checker.js';
import { JsonLd, nodesAt } from '../support/json-ld.js';
import type { Node } from '../support/json-ld.js';
import { OpenMarket } from '../support/open-market.js';
import type { Party } from '../support/open-market.js';
import { offerOn, publishFolder, sampleFolder } from '../support/published-set.js';
import { makeRecording } from '../support/recordings.js';
import { writeRobomimic } from '../support/written/hdf5.js';
import { writeMcap } from '../support/written/mcap.js';
import { messagesOf } from '../support/written/ros-messages.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- documents of many shapes */

const MEDIA_TYPE = 'application/ld+json; profile="http://mlcommons.org/croissant/1.1"';
const USAGE_INFO = 'https://schema.org/usageInfo';
const PUBLIC_LICENCES = [
  ...['CC0-1.0', 'PDDL-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0', 'CC-BY-NC-4.0', 'CC-BY-NC-SA-4.0', 'CC-BY-ND-4.0'],
  ...['CC-BY-NC-ND-4.0', 'Apache-2.0', 'MIT', 'BSD-3-Clause', 'CDLA-Permissive-2.0', 'CDLA-Sharing-1.0'],
  ...['ODbL-1.0 AND DbCL-1.0', 'O-UDA-1.0', 'C-UDA-1.0', 'LicenseRef-OpenRAIL-D'],
];
const CONTEXTS = [
  {},
  { purpose: 'commercial', actor: 'company', territory: 'CN', field: 'logistics' },
  { purpose: 'noncommercial', actor: 'academic', territory: 'US', weightsLicence: 'CC-BY-SA-4.0', isUnlocked: true },
  { outputKind: 'synthetic_data', recipient: 'subsidiary', territory: 'DE', field: 'weapons' },
];
/** The question for every use in one operation. */
const CAN_I = `query($offerId: ID!, $context: UseContextInput) {
  ${USES.map((use) => `${use}: canI(offerId: $offerId, use: "${use}", context: $context) { ...answer }`).join('\n  ')}
}
fragment answer on UseCheck { verdict duties reason reasonZh resolvedBy resolvedWith }`;
const READ = `query($odrl: JSON!, $context: UseContextInput) {
  policyReading(odrl: $odrl, context: $context) { uid kind target assigner termsHash
    uses { use answer { verdict duties reason reasonZh resolvedBy resolvedWith } } }
}`;

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
/** `*` stays within a folder, `**` crosses them. */
const globOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split(/(\*\*\/|\*\*|\*|\?)/)
      .map(
        (part) =>
          ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[part] ??
          part.replace(/[.+^${}()|[\]\\]/g, '\\$&'),
      )
      .join('')}$`,
  );

describe('the description of every listed dataset', () => {
  let market: OpenMarket;
  let lab: Party;
  let profile: Profile;
  let slugs: string[];
  const jsonLd = new JsonLd();
  const documents = new Map<string, any>();

  /** What a document calls the market, where it really listens in this test. */
  const get = (url: string, headers: Record<string, string> = {}) =>
    fetch(url.replace('http://market.example', market.url), { headers });

  async function publish(name: string, files: Record<string, string | Uint8Array>, extra: readonly string[] = []) {
    const folder = join(market.folder, 'sets', name);
    for (const [path, data] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), data);
    }
    return publishFolder(market, lab, { folder, name, extra });
  }

  beforeAll(async () => {
    market = await OpenMarket.open({ environment: { PUBLIC_URL: 'http://market.example/' } });
    lab = await market.party({ isProvider: true }, 'lab');
    // The shelf of three: without an offer, with one, and with one of every licence.
    await publishFolder(market, lab, { folder: sampleFolder('sorting'), name: 'sorting' });
    const { slug: grasping } = await publishFolder(market, lab, { folder: sampleFolder('grasping'), name: 'grasping' });
    const { slug: placement } = await publishFolder(market, lab, {
      folder: sampleFolder('placement'),
      name: 'placement',
    });
    await offerOn(market, lab, grasping, { template: 'commercial', priceMinor: 19_905, currency: 'CNY', per: 'hour' });
    for (const template of [...PUBLIC_LICENCES, 'evaluation', 'research', 'commercial'])
      await offerOn(market, lab, placement, { template });
    const grid = { evaluate: { isGranted: true, duties: ['attribution'], quote: '可以评估本数据。' } };
    await offerOn(market, lab, placement, { template: 'custom', declarations: { custom_map: grid } });
    await offerOn(market, lab, placement, { template: 'montreal', declarations: { mdl_grid: grid } });
    await offerOn(market, lab, placement, { template: 'CC-BY-SA-4.0', declarations: { weights_policy: 'free' } });
    // Other formats, Chinese names, and a provider who says a good deal of people and places.
    const recording = makeRecording({ episodes: 2 });
    const [first] = recording;
    if (!first) throw new Error('There is no recording.');
    const limits = { fields: ['logistics'], territory: ['CN', 'DE'], blockedTerritory: ['US'], seats: 3 };
    const hdf5 = await publish('cups', {
      'demo.hdf5': await writeRobomimic(recording),
      '说明/第一 集.md': '# 抓取\n',
      notes: 'no ending',
      'a[1]/b.bin': 'x',
      'dataset.yaml': [
        'title: { zh: 抓取“杯子” }',
        'summary: { zh: 机械臂抓取杯子的轨迹。 }',
        'personalData: present_with_consent',
        'consentScope: [research]',
        'faces: blurred',
        'export: { origin: CN, route: none }',
        'collectionMethod: teleop_leader_follower',
        'provenance: { source: 原始采集 }',
      ].join('\n'),
    });
    await offerOn(market, lab, hdf5.slug, { template: 'exclusive', limits });
    await offerOn(market, lab, hdf5.slug, { template: 'research' });
    const mcap = await publish('bags', { 'one.mcap': await writeMcap(await messagesOf(first)) });
    await offerOn(market, lab, mcap.slug, { template: 'MIT', needsApproval: true });
    const { datasets } = await market.must('{ datasets(first: 100) { nodes { slug } } }');
    slugs = datasets.nodes.map(({ slug }: { slug: string }) => slug);
    for (const slug of slugs)
      documents.set(slug, await (await get(`http://market.example/datasets/${slug}/croissant.json`)).json());
    const response = await get('http://market.example/ns/odrl');
    profile = new Profile('http://market.example/ns/odrl', await jsonLd.expand(await response.json()));
  }, 600_000);

  afterAll(() => market.close());

  async function policiesOf(slug: string): Promise<{ written: any; expanded: Node }[]> {
    const document = documents.get(slug);
    const [dataset] = await jsonLd.expand(document);
    const written = [document.usageInfo ?? []].flat();
    return nodesAt(dataset ?? {}, USAGE_INFO).map((expanded, i) => ({
      written: { '@context': document['@context'], ...written[i] },
      expanded,
    }));
  }

  it('is there for each of them, and keeps every rule of Croissant 1.1', async () => {
    expect(slugs.sort()).toEqual(['lab/bags', 'lab/cups', 'lab/grasping', 'lab/placement', 'lab/sorting']);
    for (const slug of slugs) expect([slug, await croissantProblems(documents.get(slug), jsonLd)]).toEqual([slug, []]);
  });

  it('names a manifest that has the bytes, the files and the root of the version', async () => {
    for (const slug of slugs) {
      const document = documents.get(slug);
      const [manifest, ...sets] = document.distribution;
      const response = await get(manifest.contentUrl);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const files = Buffer.from(bytes)
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));

      expect(response.headers.get('content-type')).toContain('application/jsonlines');
      expect([sha256(bytes), `${bytes.length} B`]).toEqual([manifest.sha256, manifest.contentSize]);
      const identifiers = new Map(document.identifier.map((one: any) => [one.propertyID, one.value]));
      expect(merkleRootOf(files)).toBe(identifiers.get('merkleRoot'));
      const { dataset } = await market.must(
        'query($slug: String!) { dataset(slug: $slug) { currentVersion { files(first: 100) { nodes { path sha256 sizeBytes } } } } }',
        { slug },
      );
      expect(files).toMatchObject(dataset.currentVersion.files.nodes);
      for (const { path } of files) {
        const holding = sets.filter((set: any) => [set.includes].flat().some((one: string) => globOf(one).test(path)));
        expect([path, holding.length]).toEqual([path, 1]);
      }
    }
  });

  it('links licences whose terms hash to their address, with the text that people accept', async () => {
    for (const slug of slugs) {
      for (const url of [documents.get(slug).license].flat()) {
        const hash = url.split('/').at(-1);
        const { terms, text } = (await (await get(url)).json()) as any;
        const policy = (await (await get(`${url}/odrl.json`)).json()) as any;
        const [expanded] = await jsonLd.expand(policy);

        expect(sha256(canonicalJson(terms))).toBe(hash);
        expect(sha256(text)).toBe(terms.text.sha256);
        expect(await (await get(`${url}/text.txt`)).text()).toBe(text);
        expect(odrlProblems(expanded ?? {}, profile)).toEqual([]);
        const { policyReading } = await market.must(READ, { odrl: policy });
        expect(policyReading).toMatchObject({ kind: 'Set', termsHash: hash });
      }
    }
    expect([documents.get('lab/sorting').license].flat()).toHaveLength(1);
    expect(documents.get('lab/placement').license).toHaveLength(PUBLIC_LICENCES.length + 6);
  });

  it('holds an ODRL offer for each offer, valid by the rules of ODRL and aimed at the version', async () => {
    for (const slug of slugs) {
      const { dataset } = await market.must(
        'query($slug: String!) { dataset(slug: $slug) { offers { id termsHash } currentVersion { label } } }',
        { slug },
      );
      const policies = await policiesOf(slug);

      expect(policies).toHaveLength(dataset.offers.length);
      for (const [i, { written, expanded }] of policies.entries()) {
        expect(odrlProblems(expanded, profile)).toEqual([]);
        const { policyReading } = await market.must(READ, { odrl: written });
        expect(policyReading).toMatchObject({
          uid: `urn:bodega:${dataset.offers[i].id}`,
          kind: 'Offer',
          target: `http://market.example/datasets/${slug}/versions/${dataset.currentVersion.label}`,
          assigner: `urn:bodega:${lab.organizationId}`,
          termsHash: dataset.offers[i].termsHash,
        });
      }
    }
    expect(documents.get('lab/sorting').usageInfo).toBeUndefined();
  });

  it('answers "may I" as the market itself does, whatever the use and the buyer', async () => {
    let asked = 0;
    const verdicts = new Set<string>();
    for (const slug of slugs) {
      for (const { written } of await policiesOf(slug)) {
        const offerId = written['@id'].replace('urn:bodega:', '');
        for (const context of CONTEXTS) {
          const { policyReading } = await market.must(READ, { odrl: written, context });
          const expected = await market.must(CAN_I, { offerId, context });
          const read = policyReading.uses.map(({ use, answer }: any) => [use, answer]);
          expect([offerId, context, Object.fromEntries(read)]).toEqual([offerId, context, expected]);
          for (const [, answer] of read) verdicts.add(answer.verdict);
          asked += read.length;
        }
      }
    }
    expect(verdicts.size).toBe(4);
    expect(asked).toBe((1 + PUBLIC_LICENCES.length + 6 + 2 + 1) * 4 * 12);
  }, 120_000);

  it('tells what is declared as declared, in the words of the provider', () => {
    const document = documents.get('lab/cups');

    expect(document).toMatchObject({
      name: '抓取“杯子”',
      inLanguage: ['zh'],
      version: '1.0.0',
      isAccessibleForFree: true,
    });
    expect(document.description).toContain('机械臂抓取杯子的轨迹。');
    expect(document['rai:personalSensitiveInformation']).toEqual([
      'Declared. Persons can be recognized, and consented.',
      'Declared. Faces are blurred.',
      'Declared. Consent covers: research.',
      'Declared. Personal data leaves CN by: none.',
    ]);
    expect(document['prov:wasDerivedFrom']).toMatchObject({ 'prov:label': '原始采集' });
    expect(document.recordSet).toBeUndefined();
    expect(document.variableMeasured.length).toBeGreaterThan(3);
    const columns = documents.get('lab/sorting').recordSet[0].field.map((one: any) => one.name);
    expect(columns).toEqual(expect.arrayContaining(['action', 'observation.state', 'timestamp', 'index']));
  });

  it('is sent once, and asked about by its tag from then on', async () => {
    for (const name of ['croissant.json', 'versions/v1/croissant.json', 'versions/current/manifest.jsonl']) {
      const url = `http://market.example/datasets/lab/grasping/${name}`;
      const first = await get(url);
      const again = await get(url, { 'if-none-match': first.headers.get('etag') ?? '' });

      expect([first.status, again.status, await again.text()]).toEqual([200, 304, '']);
      expect(first.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/);
      if (name.endsWith('.json')) expect(first.headers.get('content-type')).toBe(MEDIA_TYPE);
    }
  });

  it('is not there for what is not on the shelf, not even for its owner', async () => {
    const { createDataset } = await market.must(
      'mutation($input: CreateDatasetInput!) { createDataset(input: $input) { dataset { slug } } }',
      { input: { name: 'lab/hidden', title: { en: 'hidden' } } },
      lab.apiKey,
    );
    const codes = new Set<string>();
    for (const slug of [createDataset.dataset.slug, 'lab/nothing'])
      for (const name of ['croissant.json', 'versions/v1/croissant.json', 'versions/v1/manifest.jsonl'])
        for (const headers of [{}, { authorization: `Bearer ${lab.apiKey}` }]) {
          const response = await get(
            `http://market.example/datasets/${slug}/${name}`,
            headers as Record<string, string>,
          );
          const { code } = (await response.json()) as { code: string };
          codes.add(`${response.status} ${code} ${response.headers.get('cache-control')}`);
        }
    for (const hash of ['0'.repeat(64), 'x', '..%2f..'])
      codes.add(
        `${(await get(`http://market.example/terms/${hash}`)).status} ${((await (await get(`http://market.example/terms/${hash}`)).json()) as any).code} null`,
      );

    expect([...codes]).toEqual(['404 REQUEST_NOT_FOUND null']);
  });

  it('says of an older version what it is, and offers it no more', async () => {
    const [, second] = makeRecording({ episodes: 2 });
    if (!second) throw new Error('There is no second recording.');
    await publish('bags', { 'one.mcap': await writeMcap(await messagesOf(second)) }, ['--note', 'another recording']);
    const older = (await (
      await get('http://market.example/datasets/lab/bags/versions/v1/croissant.json')
    ).json()) as any;
    const newer = (await (await get('http://market.example/datasets/lab/bags/croissant.json')).json()) as any;

    expect([older.version, newer.version]).toEqual(['1.0.0', '2.0.0']);
    expect(older.usageInfo).toBeUndefined();
    expect(newer.usageInfo).toBeDefined();
    expect(((await (await get(older.license)).json()) as any).terms.template).toBe('NONE');
    for (const document of [older, newer]) expect(await croissantProblems(document, jsonLd)).toEqual([]);
  });
});
