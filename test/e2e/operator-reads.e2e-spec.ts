import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getNamedType, isLeafType, isObjectType } from 'graphql';
import type { GraphQLField, GraphQLObjectType, GraphQLSchema } from 'graphql';
import { Database } from '@app/database';
import { systemContext } from '@app/kernel';
import { buildPublicSchema } from '../../scripts/public-schema.js';
import { Tenants } from '../support/tenants.js';
import { sampleFolder } from '../support/published-set.js';

const PAST_THE_WINDOW_S = 11 * 60;

let schema: GraphQLSchema;
let tenants: Tenants;

beforeAll(async () => {
  schema = await buildPublicSchema();
  tenants = await Tenants.settle();
  const newcomer = await tenants.market.party({ isProvider: true, isUnverified: true }, 'newcomer');
  const { code } = await tenants.market.cli(
    ['publish', sampleFolder('grasping'), '--name', 'newcomer/waiting', '--terms', 'CC-BY-4.0', '--json'],
    newcomer,
  );
  expect(code).toBe(0);
});

afterAll(() => tenants.market.close());

/** Acts of reading that the work leaves, in and before the log. */
async function readsOf(work: () => Promise<unknown>): Promise<string[]> {
  const { market } = tenants;
  // What was read a moment ago is the same look; a later one is another.
  market.clock.advance(PAST_THE_WINDOW_S);
  const acts = async (): Promise<string[]> =>
    (
      await market.api.get(Database).query<{ action: string }>(
        systemContext('test'),
        `select action from (select id, action from audit_pending union select act_id, action from audit_log) acts
          where action like '%.read_by_operator' or action like '%.exported' order by id`,
      )
    ).map(({ action }) => action);
  const before = (await acts()).length;
  await work();
  return (await acts()).slice(before);
}

/** A selection of every field of a type that can be asked without arguments, some levels deep. */
function everything(type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields()).filter(
    (field) => !field.args.some((argument) => argument.type.toString().endsWith('!')),
  );
  const parts = fields.flatMap((field: GraphQLField<unknown, unknown>) => {
    const named = getNamedType(field.type);
    if (isLeafType(named)) return [field.name];
    if (!isObjectType(named) || depth === 0) return [];
    const first = field.args.some((argument) => argument.name === 'first') ? '(first: 1)' : '';
    return [`${field.name}${first} { __typename ${everything(named, depth - 1)} }`];
  });
  return parts.join(' ');
}

const of = (name: string, depth = 1): string => {
  const type = schema.getType(name);
  return isObjectType(type) ? everything(type, depth) : '';
};

type Ask = (tenants: Tenants) => { readonly query: string; readonly variables?: Record<string, unknown> };

/**
 * Every query of the schema: why an operator who asks it reads nothing of others that is private, or how he does. A new field
 * without an entry fails the first test.
 */
const READS: Readonly<Record<string, { readonly nothing: string } | readonly Ask[]>> = {
  viewer: { nothing: 'himself' },
  apiKeys: { nothing: 'his own keys' },
  balance: { nothing: 'his own organization' },
  orders: { nothing: 'orders of his own organization' },
  ownDatasets: { nothing: 'datasets of his own organization' },
  datasets: { nothing: 'what is on the shelf' },
  vocabulary: { nothing: 'the controlled terms' },
  checkpoint: { nothing: 'the tip of the published log' },
  auditLog: { nothing: 'the log is published; private records are not in it' },
  inclusionProof: { nothing: 'hashes of the published log' },
  consistencyProof: { nothing: 'hashes of the published log' },
  logHealth: { nothing: 'checks of the published log' },
  policyReading: { nothing: 'what he brings himself' },
  notices: { nothing: 'notices to his own organization' },
  withdrawals: [() => ({ query: `{ withdrawals(first: 5) { nodes { ${of('Withdrawal')} } } }` })],
  affectedByWithdrawal: [
    ({ things, seller }) => ({
      query: 'query($p: String!, $o: ID!) { affectedByWithdrawal(pseudonym: $p, organizationId: $o) { episodes } }',
      variables: { p: things.pseudonym, o: seller.organizationId },
    }),
  ],
  dataset: [
    ({ things }) => ({
      query: `query($s: String!) { dataset(slug: $s) { ${of('Dataset')} } }`,
      variables: { s: things.draft.slug },
    }),
  ],
  version: [
    ({ things }) => ({
      query: `query($d: ID!) { version(datasetId: $d, selector: "v1") { ${of('Version')} } }`,
      variables: { d: things.draft.datasetId },
    }),
    ({ listed }) => ({
      query: `query($d: ID!) { version(datasetId: $d, selector: "v2") { ${of('Version')} } }`,
      variables: { d: listed.datasetId },
    }),
  ],
  episodeFiles: [
    ({ things }) => ({
      query: 'query($v: ID!) { episodeFiles(versionId: $v, indices: [0]) }',
      variables: { v: things.draft.versionId },
    }),
  ],
  node: [
    ...(
      ['draft.datasetId', 'draft.versionId', 'uploadingVersionId', 'draftOfferId', 'privateOfferId', 'grantId'] as const
    ).map((path): Ask => ({ things }) => ({
      query: 'query($id: ID!) { node(id: $id) { id __typename } }',
      variables: {
        id: path.startsWith('draft.') ? Reflect.get(things.draft, path.slice(6)) : Reflect.get(things, path),
      },
    })),
  ],
  canI: [
    ({ things }) => ({
      query: 'query($g: ID!) { canI(grantId: $g, use: "evaluate") { verdict } }',
      variables: { g: things.grantId },
    }),
    ({ things }) => ({
      query: 'query($s: String!) { canI(datasetSlug: $s, use: "evaluate") { verdict } }',
      variables: { s: things.draft.slug },
    }),
  ],
  canITogether: [
    ({ things }) => ({
      query: 'query($s: [String!]!) { canITogether(datasetSlugs: $s, use: "evaluate") { verdict } }',
      variables: { s: [things.draft.slug] },
    }),
  ],
  grants: [() => ({ query: `{ grants(first: 5, filter: { holder: "victim" }) { nodes { ${of('Grant')} } } }` })],
  useRights: [() => ({ query: `{ useRights(filter: { holder: "victim" }) { nodes { ${of('UseRight')} } } }` })],
  usage: [
    () => ({ query: `{ usage(groupBy: ORGANIZATION) { ${of('Usage')} } }` }),
    ({ things }) => ({
      query: 'query($g: ID!) { usage(filter: { grantId: $g }) { servedBytes } }',
      variables: { g: things.grantId },
    }),
  ],
  reviewQueue: [() => ({ query: `{ reviewQueue { nodes { ${of('Review')} } } }` })],
  reviews: [() => ({ query: `{ reviews(slug: "newcomer/waiting") { nodes { ${of('Review')} } } }` })],
};

describe('what an operator reads of others', () => {
  it('is classified for every query of the schema', () => {
    expect(Object.keys(READS).sort()).toEqual(Object.keys(schema.getQueryType()?.getFields() ?? {}).sort());
  });

  describe.each(Object.entries(READS).flatMap(([name, reads]) => ('nothing' in reads ? [] : [{ name, reads }])))(
    '$name',
    ({ reads }) => {
      it('leaves a leaf', async () => {
        for (const askOf of reads) {
          const { query, variables } = askOf(tenants);

          const left = await readsOf(() => tenants.market.must(query, variables ?? {}, tenants.admin.apiKey));

          expect([query, left.length > 0]).toEqual([query, true]);
        }
      });

      it('leaves none where the owners ask', async () => {
        for (const askOf of reads) {
          const { query, variables } = askOf(tenants);
          const left = await readsOf(async () => {
            await tenants.market.ask(query, variables ?? {}, tenants.seller.apiKey);
            await tenants.market.ask(query, variables ?? {}, tenants.victim.apiKey);
          });

          expect(left).toEqual([]);
        }
      });
    },
  );

  it('leaves a leaf for every file that he takes', async () => {
    const { market, admin, things } = tenants;
    const get = async (path: string): Promise<void> => {
      const response = await fetch(market.url + path, { headers: { authorization: `Bearer ${admin.apiKey}` } });
      expect(response.status).toBe(200);
      await response.arrayBuffer();
    };

    expect(await readsOf(() => get(`/datasets/${things.draft.slug}/versions/v1/report.json`))).not.toEqual([]);
    expect(await readsOf(() => get('/export/grants.csv?holder=victim'))).toEqual(['grants.exported']);
    expect(await readsOf(() => get('/export/audit-log.jsonl?action=grant.requested'))).toEqual(['audit_log.exported']);
    expect(await readsOf(() => get('/export/usage.csv'))).toEqual(['usage.exported']);
    expect(await readsOf(() => get(`/grants/${things.grantId}/evidence.zip`))).toEqual([
      'grant.read_by_operator',
      'evidence.exported',
    ]);
  });

  it('is found by those whom it concerns', async () => {
    const { market, admin, victim, seller, things } = tenants;
    market.clock.advance(PAST_THE_WINDOW_S);
    await market.must('query($id: ID!) { node(id: $id) { id } }', { id: things.grantId }, admin.apiKey);

    for (const party of [victim, seller]) {
      await market.eventually(async () => {
        const { auditLog } = await market.must(
          'query($g: ID!) { auditLog(first: 100, filter: { action: "grant.read_by_operator", grantId: $g }) { nodes { actorOrganizationId } } }',
          { g: things.grantId },
          party.apiKey,
        );
        return auditLog.nodes.some(
          (leaf: { actorOrganizationId: string }) => leaf.actorOrganizationId === admin.organizationId,
        );
      }, 'the leaf in the log of a party');
    }
  });
});
