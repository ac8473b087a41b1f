import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getNamedType, isInterfaceType, isObjectType, isUnionType } from 'graphql';
import type { GraphQLField, GraphQLNamedType, GraphQLObjectType, GraphQLSchema } from 'graphql';
import { ACCESS_METADATA, ACCESS_RULES, VISIBILITIES } from '@app/graphql';
import type { AccessRule } from '@app/graphql';
import { buildPublicSchema, publicControllers, publicResolvers } from '../../scripts/public-schema.js';
import { OpenMarket } from '../support/open-market.js';
import { callOf } from '../support/sample-arguments.js';

type Role = 'anonymous' | 'buyer' | 'provider' | 'admin';
const ROLES: readonly Role[] = ['anonymous', 'buyer', 'provider', 'admin'];

/** Which roles each rule lets through the door; the operator's organization buys and sells as well. */
const LETS_IN: Readonly<Record<AccessRule, readonly Role[]>> = {
  anonymous: ROLES,
  member: ['buyer', 'provider', 'admin'],
  buyer: ['buyer', 'admin'],
  provider: ['provider', 'admin'],
  admin: ['admin'],
};

const DENIED = new Set(['REQUEST_UNAUTHENTICATED', 'REQUEST_FORBIDDEN']);

const ruleOf = (field: GraphQLField<unknown, unknown>): AccessRule | undefined =>
  field.extensions['access'] as AccessRule | undefined;

interface RootField {
  kind: 'query' | 'mutation';
  field: GraphQLField<unknown, unknown>;
}

const rootFields = (schema: GraphQLSchema): RootField[] => [
  ...Object.values(schema.getQueryType()?.getFields() ?? {}).map((field) => ({ kind: 'query' as const, field })),
  ...Object.values(schema.getMutationType()?.getFields() ?? {}).map((field) => ({ kind: 'mutation' as const, field })),
];

/** Output types that a root field leads to, not looking behind fields that have a rule of their own. */
function reachable(schema: GraphQLSchema, from: GraphQLNamedType, seen = new Set<string>()): Set<string> {
  if (seen.has(from.name)) return seen;
  if (isUnionType(from)) from.getTypes().forEach((type) => reachable(schema, type, seen));
  if (isInterfaceType(from)) schema.getPossibleTypes(from).forEach((type) => seen.add(`(${type.name})`));
  if (!isObjectType(from)) return seen;
  seen.add(from.name);
  for (const field of Object.values(from.getFields())) {
    const rule = ruleOf(field);
    if (rule === undefined || rule === 'anonymous') reachable(schema, getNamedType(field.type), seen);
  }
  return seen;
}

describe('who may call what', () => {
  let schema: GraphQLSchema;
  let market: OpenMarket;
  const credentials: Partial<Record<Role, string>> = {};

  beforeAll(async () => {
    schema = await buildPublicSchema();
    market = await OpenMarket.open({ withoutWorker: true });
    credentials.buyer = (await market.party({ isBuyer: true })).apiKey;
    credentials.provider = (await market.party({ isProvider: true })).apiKey;
    credentials.admin = (await market.party({ isOperator: true }, 'operator')).apiKey;
  });

  afterAll(() => market.close());

  it('is declared for every root field', () => {
    const without = rootFields(schema).filter(({ field }) => !ACCESS_RULES.includes(ruleOf(field) as AccessRule));

    expect(without.map(({ field }) => field.name)).toEqual([]);
    expect(rootFields(schema).length).toBeGreaterThan(30);
  });

  it('is declared for every field resolver and every route', () => {
    const undeclared: string[] = [];
    for (const owner of [...publicResolvers(), ...publicControllers()]) {
      for (const name of Object.getOwnPropertyNames(owner.prototype)) {
        const method: unknown = Object.getOwnPropertyDescriptor(owner.prototype, name)?.value;
        if (typeof method !== 'function' || name === 'constructor') continue;
        const isDoor = ['graphql:resolve_property', 'graphql:resolver_type', 'path'].some((key) =>
          Reflect.hasMetadata(key, method),
        );
        if (isDoor && !Reflect.hasMetadata(ACCESS_METADATA, method)) undeclared.push(`${owner.name}.${name}`);
      }
    }

    expect(undeclared).toEqual([]);
  });

  it('is declared for every object type', () => {
    const types = Object.values(schema.getTypeMap()).filter(
      (type): type is GraphQLObjectType =>
        isObjectType(type) &&
        !type.name.startsWith('__') &&
        type !== schema.getQueryType() &&
        type !== schema.getMutationType(),
    );
    const without = types.filter((type) => !VISIBILITIES.includes(type.extensions['visibility'] as never));

    expect(without.map((type) => type.name)).toEqual([]);
  });

  it('lets public reads lead to public types only', () => {
    const leaks: string[] = [];
    const selfOnly = new Set(['viewer']);
    for (const { kind, field } of rootFields(schema)) {
      if (kind !== 'query' || ruleOf(field) !== 'anonymous' || selfOnly.has(field.name)) continue;
      for (const name of reachable(schema, getNamedType(field.type))) {
        const visibility = schema.getType(name)?.extensions['visibility'];
        if (visibility !== undefined && visibility !== 'public') leaks.push(`${field.name} → ${name}`);
      }
    }

    expect(leaks).toEqual([]);
  });

  it.each(ROLES)('is kept for %s at every root field', async (role) => {
    const wrong: string[] = [];
    for (const { kind, field } of rootFields(schema)) {
      if (field.name === 'signOut') continue;
      const { errors, data } = await market.ask(callOf(kind, field), {}, credentials[role]);
      const isDenied = errors.some((error) => DENIED.has(error.extensions.code));
      const mayEnter = LETS_IN[ruleOf(field) ?? 'admin'].includes(role);
      if (isDenied === mayEnter)
        wrong.push(`${field.name}: ${isDenied ? 'denied' : 'let in'} (${JSON.stringify(errors[0] ?? data)})`);
    }

    expect(wrong).toEqual([]);
  });

  it.each(ROLES)('is kept for %s at every route', async (role) => {
    const statuses: Record<string, number> = {};
    for (const path of [
      '/',
      '/graphiql',
      '/graphiql/graphiql.css',
      '/healthz',
      '/readyz',
      '/metrics',
      '/.well-known/jwks.json',
      '/.well-known/jwt-vc-issuer',
      '/log/vkey',
    ]) {
      const credential = credentials[role];
      const response = await fetch(market.url + path, {
        headers: credential ? { authorization: `Bearer ${credential}` } : {},
      });
      statuses[path] = response.status;
      await response.arrayBuffer();
    }

    expect(new Set(Object.values(statuses))).toEqual(new Set([200]));
  });

  it('never takes a wrong credential for a passer-by', async () => {
    for (const wrong of ['hf_bodega_' + 'x'.repeat(43), 'not.a.jwt', 'hf_other']) {
      const { status, errors } = await market.ask('{ viewer { role } }', {}, wrong);

      expect(status).toBe(401);
      expect(errors[0]?.extensions.kind).toBe('UNAUTHENTICATED');
    }
  });

  it('refuses operations that are too deep, too wide, too long or batched, before anything runs', async () => {
    const deep = `{ datasets { nodes { versions { nodes { files { nodes { path } } episodeList { nodes { index } } } } } } }`;
    const wide = `{ ${Array.from({ length: 20 }, (_, i) => `a${i}: checkpoint { size }`).join(' ')} }`;
    const long = `{ ${'checkpoint { size } '.repeat(800)} }`;
    for (const query of [deep, wide, long]) {
      const { errors, data } = await market.ask(query);

      expect(data).toBeNull();
      expect(errors[0]?.extensions).toMatchObject({ code: 'REQUEST_INVALID', kind: 'INVALID' });
    }
    const batch = await fetch(`${market.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ query: '{ checkpoint { size } }' }, { query: '{ checkpoint { size } }' }]),
    });
    expect(batch.status).toBeGreaterThanOrEqual(400);
  });

  it('answers errors in one form, with a request id, and never with a stack', async () => {
    const { errors } = await market.ask('{ dataset(slug: "nobody/nothing") { id } }');

    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('nobody/nothing'),
      extensions: { code: 'REQUEST_NOT_FOUND', kind: 'NOT_FOUND', requestId: expect.stringMatching(/^req_/) },
    });
    expect(JSON.stringify(errors)).not.toMatch(/at .*\.ts:|stacktrace/);
    const page = await fetch(`${market.url}/no/such/page`);
    expect(page.status).toBe(404);
    expect(await page.json()).toMatchObject({ code: 'REQUEST_NOT_FOUND', kind: 'NOT_FOUND' });
  });
});
