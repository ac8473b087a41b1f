import { Injectable } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import { Args, Field, ID, InterfaceType, Query, Resolver } from '@nestjs/graphql';
import { KernelErrors, kindOfId } from '@app/kernel';
import type { IdKind, RequestContext } from '@app/kernel';
import { Allow, Visible } from './access.js';
import { CurrentContext } from './request-context.js';

/** Anything with a global id. */
@Visible('public')
@InterfaceType('Node', {
  description: 'Anything that can be fetched again by its id.',
  resolveType: (value: object) => typeOf.get(value),
})
export abstract class NodeType {
  @Field(() => ID)
  id: string;
}

const typeOf = new WeakMap<object, Type<object>>();

type NodeLoader = (ctx: RequestContext, id: string) => Promise<object>;

/** How each kind of id is fetched; resolvers register theirs. The loader checks what the asker may see. */
@Injectable()
export class NodeLoaders {
  private readonly loaders = new Map<IdKind, NodeLoader>();

  register(kind: IdKind, type: Type<object>, load: NodeLoader): void {
    this.loaders.set(kind, async (ctx, id) => {
      const node = await load(ctx, id);
      typeOf.set(node, type);
      return node;
    });
  }

  /** @throws REQUEST_NOT_FOUND */
  async load(ctx: RequestContext, id: string): Promise<object> {
    const kind = kindOfId(id);
    const loader = kind && this.loaders.get(kind);
    if (!loader) throw KernelErrors.NOT_FOUND({ what: 'thing', id });
    return loader(ctx, id);
  }
}

@Resolver()
export class NodeResolver {
  constructor(private readonly loaders: NodeLoaders) {}

  @Allow('anonymous')
  @Query(() => NodeType, { description: 'Anything by its id, if you may see it.' })
  async node(@CurrentContext() ctx: RequestContext, @Args('id', { type: () => ID }) id: string): Promise<object> {
    return this.loaders.load(ctx, id);
  }
}
