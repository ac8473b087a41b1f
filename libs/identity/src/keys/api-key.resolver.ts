import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, PageArgs, toConnection } from '@app/graphql';
import type { ConnectionOf } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import {
  ApiKeyConnection,
  ApiKeyType,
  CreateApiKeyInput,
  CreatedApiKeyType,
  RevokeApiKeyInput,
  toApiKeyType,
} from './api-key.graphql.js';
import { ApiKeyService } from './api-key.service.js';

@Resolver(() => ApiKeyType)
export class ApiKeyResolver {
  constructor(private readonly keys: ApiKeyService) {}

  @Allow('member')
  @Query(() => ApiKeyConnection, {
    description: 'Your API keys in the acting organization; an owner sees all of them.',
  })
  async apiKeys(@CurrentContext() ctx: RequestContext, @Args() page: PageArgs): Promise<ConnectionOf<ApiKeyType>> {
    return toConnection(await this.keys.apiKeys(ctx, page), toApiKeyType);
  }

  @Allow('member')
  @Mutation(() => CreatedApiKeyType)
  async createApiKey(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => CreateApiKeyInput }) input: CreateApiKeyInput,
  ): Promise<CreatedApiKeyType> {
    const { key, secret } = await this.keys.createApiKey(ctx, input);
    return { key: toApiKeyType(key), secret };
  }

  @Allow('member')
  @Mutation(() => ApiKeyType)
  async revokeApiKey(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => RevokeApiKeyInput }) input: RevokeApiKeyInput,
  ): Promise<ApiKeyType> {
    return toApiKeyType(await this.keys.revokeApiKey(ctx, input.keyId));
  }
}
