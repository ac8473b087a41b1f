import { describe, it, expect } from '@jest/globals';
import { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import type { GraphQLFieldConfigMap } from 'graphql';
import { isPublicCatalogOperation } from './public-operation.rules.js';

const cachedForAll = { access: 'anonymous', cached: 'catalog' };

const typeOf = (
  name: string,
  visibility: string | undefined,
  fields: GraphQLFieldConfigMap<unknown, unknown>,
): GraphQLObjectType =>
  new GraphQLObjectType({ name, extensions: visibility === undefined ? {} : { visibility }, fields });

const Secret = typeOf('Secret', 'member', { note: { type: GraphQLString } });
const Dataset = typeOf('Dataset', 'public', {
  slug: { type: GraphQLString },
  versions: { type: GraphQLInt, extensions: cachedForAll },
  offers: { type: GraphQLInt, extensions: { access: 'anonymous' } },
  note: { type: GraphQLInt, extensions: { access: 'member', cached: 'catalog' } },
  secret: { type: Secret },
});
const schema = new GraphQLSchema({
  query: typeOf('Query', undefined, {
    datasets: { type: Dataset, extensions: cachedForAll },
    viewer: { type: Dataset, extensions: { access: 'anonymous' } },
    bare: { type: GraphQLString },
    secret: { type: Secret, extensions: cachedForAll },
  }),
  mutation: typeOf('Mutation', undefined, { datasets: { type: Dataset, extensions: cachedForAll } }),
});

describe('isPublicCatalogOperation', () => {
  it.each([
    '{ datasets { slug __typename } }',
    '{ datasets { slug versions } again: datasets { slug } }',
    'query A { datasets { ...F } } fragment F on Dataset { slug ... { versions } }',
    '{ ... on Query { datasets { slug } } }',
  ])('keeps %s', (text) => {
    expect(isPublicCatalogOperation(schema, text, null)).toBe(true);
  });

  it.each([
    ['another root field', '{ datasets { slug } viewer { slug } }'],
    ['a root field that declares nothing', '{ bare }'],
    ['a field resolver that is not covered', '{ datasets { offers } }'],
    ['a field resolver for members', '{ datasets { note } }'],
    ['a type that is not public', '{ datasets { secret { note } } }'],
    ['a root field that leads to a type that is not public', '{ secret { note } }'],
    ['what hides in a fragment', '{ datasets { ...F } } fragment F on Dataset { ... on Dataset { offers } }'],
    ['a mutation', 'mutation { datasets { slug } }'],
    ['introspection', '{ datasets { slug } __schema { description } }'],
    ['an unknown field', '{ datasets { nothing } }'],
    ['a fragment that calls itself', '{ datasets { ...F } } fragment F on Dataset { ...F }'],
    ['a missing fragment', '{ datasets { ...F } }'],
    ['two operations without a name', 'query A { datasets { slug } } query B { datasets { slug } }'],
    ['text that is no GraphQL', '{ datasets {'],
  ])('does not keep %s', (_what, text) => {
    expect(isPublicCatalogOperation(schema, text, null)).toBe(false);
  });

  it('judges the operation that is named', () => {
    const text = 'query A { datasets { slug } } query B { viewer { slug } }';

    expect(isPublicCatalogOperation(schema, text, 'A')).toBe(true);
    expect(isPublicCatalogOperation(schema, text, 'B')).toBe(false);
    expect(isPublicCatalogOperation(schema, text, 'C')).toBe(false);
  });
});
