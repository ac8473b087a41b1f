import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { Authenticator } from '../authentication/authenticator.js';
import { ViewerQueries } from '../authentication/viewer.queries.js';
import { IdentityErrors } from '../identity.errors.js';
import {
  RefreshSessionInput,
  SessionType,
  SignInInput,
  SignUpInput,
  ViewerType,
  toViewerType,
} from './session.graphql.js';
import { SessionService } from './session.service.js';
import type { SessionTokens } from './session.service.js';

@Resolver()
export class SessionResolver {
  constructor(
    private readonly sessions: SessionService,
    private readonly authenticator: Authenticator,
    private readonly viewers: ViewerQueries,
  ) {}

  @Allow('anonymous')
  @Query(() => ViewerType, { nullable: true, description: 'Who am I? Null for a passer-by.' })
  async viewer(@CurrentContext() ctx: RequestContext): Promise<ViewerType | null> {
    const viewer = await this.viewers.viewer(ctx);
    return viewer && toViewerType(viewer);
  }

  @Allow('anonymous')
  @Mutation(() => SessionType, { description: 'A new account with an organization of its own.' })
  async signUp(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => SignUpInput }) input: SignUpInput,
  ): Promise<SessionType> {
    return this.toSession(ctx, await this.sessions.signUp(ctx, input));
  }

  @Allow('anonymous')
  @Mutation(() => SessionType)
  async signIn(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => SignInInput }) input: SignInInput,
  ): Promise<SessionType> {
    return this.toSession(ctx, await this.sessions.signIn(ctx, input));
  }

  @Allow('anonymous')
  @Mutation(() => SessionType, {
    description: 'Exchanges a refresh token for new tokens. A second use closes the session.',
  })
  async refreshSession(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => RefreshSessionInput }) input: RefreshSessionInput,
  ): Promise<SessionType> {
    return this.toSession(ctx, await this.sessions.refreshSession(ctx, input.refreshToken));
  }

  @Allow('member')
  @Mutation(() => Boolean, { description: 'Ends the session behind the access token.' })
  async signOut(@CurrentContext() ctx: RequestContext): Promise<boolean> {
    await this.sessions.signOut(ctx);
    return true;
  }

  private async toSession(ctx: RequestContext, tokens: SessionTokens): Promise<SessionType> {
    const actor = await this.authenticator.actorOf({ authorization: `Bearer ${tokens.accessToken}` });
    const viewer = await this.viewers.viewer({ ...ctx, actor });
    if (!viewer) throw IdentityErrors.SESSION_ENDED({});
    const { accessToken, refreshToken, expiresAt } = tokens;
    return { accessToken, refreshToken, expiresAt, viewer: toViewerType(viewer) };
  }
}
