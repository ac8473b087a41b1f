import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';
import { formatGraphqlError } from './errors.js';
import type { GraphqlContext } from './request-context.js';

/** Remembers which request an error belongs to, because Apollo's `formatError` is not told. */
const requestIdOf = new WeakMap<object, string>();

export const requestIdPlugin: ApolloServerPlugin<GraphqlContext> = {
  requestDidStart: async () => ({
    didEncounterErrors: async ({ errors, contextValue }) => {
      for (const error of errors) requestIdOf.set(error, contextValue.ctx.requestId);
    },
  }),
};

/** Apollo's hook: every error in the one form of the house. */
export function formatError(_formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const requestId = error instanceof GraphQLError ? (requestIdOf.get(error) ?? 'unknown') : 'unknown';
  return formatGraphqlError(error, requestId);
}
