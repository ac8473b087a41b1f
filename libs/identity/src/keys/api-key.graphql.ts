import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Visible, connectionOf } from '@app/graphql';
import type { Scope } from '@app/kernel';
import type { ApiKeyEntity } from './api-key.entity.js';

@Visible('member')
@ObjectType('ApiKey')
export class ApiKeyType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  label: string;

  @Field(() => String, { description: 'The last four characters, to tell keys apart.' })
  hint: string;

  @Field(() => [String])
  scopes: Scope[];

  @Field(() => GraphQLISODateTime)
  createdAt: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  expiresAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  lastUsedAt: Date | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  revokedAt: Date | null;
}

export const { Connection: ApiKeyConnection } = connectionOf(ApiKeyType, 'ApiKey', 'member');

@Visible('member')
@ObjectType('CreatedApiKey')
export class CreatedApiKeyType {
  @Field(() => ApiKeyType)
  key: ApiKeyType;

  @Field(() => String, { description: 'The key itself. It is shown this once and never again.' })
  secret: string;
}

@InputType()
export class CreateApiKeyInput {
  @Field(() => String)
  label: string;

  @Field(() => [String], { description: 'Of: catalog:read, data:read, data:write, admin.' })
  scopes: Scope[];

  @Field(() => GraphQLISODateTime, { nullable: true })
  expiresAt?: Date | null;
}

@InputType()
export class RevokeApiKeyInput {
  @Field(() => ID)
  keyId: string;
}

export function toApiKeyType(key: ApiKeyEntity): ApiKeyType {
  const { id, label, hint, scopes, createdAt, expiresAt, lastUsedAt, revokedAt } = key;
  return { id, label, hint, scopes, createdAt, expiresAt, lastUsedAt, revokedAt };
}
