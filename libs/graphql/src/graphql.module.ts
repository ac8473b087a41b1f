import { ApolloDriver } from '@nestjs/apollo';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { NodeLoaders, NodeResolver } from './node.graphql.js';
import { JitPlugin } from './jit.plugin.js';
import { MAX_TOKENS, operationLimits } from './limits.js';
import type { GraphqlContext, RequestWithContext } from './request-context.js';
import { formatError, requestIdPlugin } from './request-id.plugin.js';

/** The GraphQL front door: Apollo on Fastify, compiled operations, limits, one error form. */
@Global()
@Module({ providers: [NodeLoaders, NodeResolver], exports: [NodeLoaders] })
export class GraphqlModule {
  static forRoot(): DynamicModule {
    const front = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      path: '/graphql',
      autoSchemaFile: true,
      sortSchema: true,
      graphiql: false,
      playground: false,
      introspection: true,
      includeStacktraceInErrorResponses: false,
      hideSchemaDetailsFromClientErrors: false,
      allowBatchedHttpRequests: false,
      csrfPrevention: true,
      persistedQueries: false,
      validationRules: [operationLimits],
      parseOptions: { maxTokens: MAX_TOKENS },
      plugins: [new JitPlugin(), requestIdPlugin],
      formatError,
      context: (request: RequestWithContext): GraphqlContext => {
        if (!request.requestContext) throw new Error('The request has no context: the identity hook did not run.');
        return { ctx: request.requestContext, loaders: new Map() };
      },
    });
    return { module: GraphqlModule, imports: [front] };
  }
}
