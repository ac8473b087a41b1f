import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { GqlContextType } from '@nestjs/graphql';
import type { RequestContext } from '@app/kernel';

/** What the front door leaves on every request. */
export interface RequestWithContext {
  requestContext?: RequestContext;
}

/** What resolvers share within one operation. */
export interface GraphqlContext {
  readonly ctx: RequestContext;
  /** Data loaders of this operation, by name. */
  readonly loaders: Map<string, unknown>;
}

/** The request's context, whether it came through GraphQL or a route. */
export function requestContextOf(execution: ExecutionContext): RequestContext {
  const ctx =
    execution.getType<GqlContextType>() === 'graphql'
      ? GqlExecutionContext.create(execution).getContext<GraphqlContext>().ctx
      : execution.switchToHttp().getRequest<RequestWithContext>().requestContext;
  if (!ctx) throw new Error('The request has no context: the identity hook did not run.');
  return ctx;
}

/** Parameter: the RequestContext of this request. */
export const CurrentContext = createParamDecorator((_: unknown, execution: ExecutionContext) =>
  requestContextOf(execution),
);

/** Parameter: the loaders of this operation. */
export const OperationLoaders = createParamDecorator(
  (_: unknown, execution: ExecutionContext) =>
    GqlExecutionContext.create(execution).getContext<GraphqlContext>().loaders,
);
