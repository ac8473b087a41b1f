import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Visible } from '@app/graphql';
import type { Scope } from '@app/kernel';
import {
  CreateOrganizationInput,
  OrganizationType,
  toOrganizationType,
} from '../organizations/organization.graphql.js';
import type { ViewerRow } from '../authentication/viewer.queries.js';

@Visible('member')
@ObjectType('User')
export class UserType {
  @Field(() => ID)
  id: string;

  @Field(() => String)
  name: string;

  @Field(() => String)
  email: string;
}

@Visible('member')
@ObjectType('Viewer', { description: 'The signed-in user and the organization that he acts for.' })
export class ViewerType {
  @Field(() => UserType)
  user: UserType;

  @Field(() => OrganizationType)
  organization: OrganizationType;

  @Field(() => String, { description: 'owner or member' })
  role: string;

  @Field(() => Boolean, { description: 'Whether the organization operates the market.' })
  isAdmin: boolean;

  @Field(() => [String])
  scopes: Scope[];
}

@Visible('member')
@ObjectType('Session', {
  description: 'Tokens of a session. The access token is short-lived; each refresh token works once.',
})
export class SessionType {
  @Field(() => String)
  accessToken: string;

  @Field(() => String)
  refreshToken: string;

  @Field(() => GraphQLISODateTime, { description: 'When the access token ends.' })
  expiresAt: Date;

  @Field(() => ViewerType)
  viewer: ViewerType;
}

@InputType()
export class SignUpInput {
  @Field(() => String)
  email: string;

  @Field(() => String, { description: 'At least 10 characters.' })
  password: string;

  @Field(() => String)
  name: string;

  @Field(() => CreateOrganizationInput)
  organization: CreateOrganizationInput;
}

@InputType()
export class SignInInput {
  @Field(() => String)
  email: string;

  @Field(() => String)
  password: string;

  @Field(() => String, {
    nullable: true,
    description: 'Slug of the organization to act for; the one joined first when left out.',
  })
  organization?: string | null;
}

@InputType()
export class RefreshSessionInput {
  @Field(() => String)
  refreshToken: string;
}

export function toViewerType(row: ViewerRow): ViewerType {
  return {
    user: { ...row.user },
    organization: toOrganizationType(row.organization),
    role: row.role,
    isAdmin: row.organization.isOperator,
    scopes: row.scopes,
  };
}
