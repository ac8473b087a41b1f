import { Extensions } from '@nestjs/graphql';

/** What a cached answer may depend on besides the operation and its variables. */
export type CacheScope = 'catalog';

/**
 * Declares that a root field or field resolver, asked by nobody in particular, answers from public facts alone, and that
 * every change of those facts moves the scope's revision. An operation made only of such fields may be answered from memory.
 */
export function Cached(scope: CacheScope): MethodDecorator {
  return Extensions({ cached: scope }) as MethodDecorator;
}
