import { ApolloServer } from '@apollo/server';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSchema } from 'graphql';
import { JitPlugin } from './jit.plugin.js';
import type { GraphqlContext } from './request-context.js';

const schema = buildSchema(`
  input Wish { name: String!, isBuyer: Boolean! = true }
  input Nested { wishes: [Wish!]! }
  type Query {
    wish(input: Wish!): String
    nested(input: Nested!): String
    zoned(zone: String! = "UTC"): String
  }
`);
const echo = (args: unknown): string => JSON.stringify(args);
for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) field.resolve = (_, args) => echo(args);

const CASES = [
  {
    what: 'fields of a variable',
    query: 'query($input: Wish!) { wish(input: $input) }',
    variables: { input: { name: 'a' } },
    expected: { wish: echo({ input: { name: 'a', isBuyer: true } }) },
  },
  {
    what: 'fields deep in a variable',
    query: 'query($input: Nested!) { nested(input: $input) }',
    variables: { input: { wishes: [{ name: 'a' }] } },
    expected: { nested: echo({ input: { wishes: [{ name: 'a', isBuyer: true }] } }) },
  },
  {
    what: 'fields of an object that holds a variable',
    query: 'query($name: String!) { wish(input: { name: $name }) }',
    variables: { name: 'a' },
    expected: { wish: echo({ input: { name: 'a', isBuyer: true } }) },
  },
  {
    what: 'an argument whose variable is left out',
    query: 'query($zone: String) { zoned(zone: $zone) }',
    variables: {},
    expected: { zoned: echo({ zone: 'UTC' }) },
  },
];

describe('a repeated operation', () => {
  const server = new ApolloServer<GraphqlContext>({ schema, plugins: [new JitPlugin()] });

  beforeAll(() => server.start());
  afterAll(() => server.stop());

  it.each(CASES)('takes the default of $what, every time', async ({ query, variables, expected }) => {
    const contextValue: GraphqlContext = {
      ctx: { requestId: 'req_1', actor: { kind: 'anonymous' } },
      loaders: new Map(),
    };

    for (let time = 1; time <= 3; time++) {
      const { body } = await server.executeOperation({ query, variables }, { contextValue });

      expect(body).toMatchObject({ singleResult: { data: expected } });
    }
  });
});
