import { SCOPES, newId } from '@app/kernel';
import type { RequestContext, UserActor } from '@app/kernel';

/** The context of a signed-in user who may do everything that a buyer and provider may; change what the test is about. */
export function userContext(change: Partial<UserActor> = {}): RequestContext {
  const actor: UserActor = {
    kind: 'user',
    userId: newId('User'),
    organizationId: newId('Organization'),
    organizationSlug: 'acme',
    role: 'owner',
    isProvider: true,
    isBuyer: true,
    isAdmin: false,
    credential: 'session',
    credentialId: newId('Session'),
    scopes: new Set(SCOPES),
    ...change,
  };
  return { requestId: newId('Request'), actor };
}

/** Somebody who has not signed in. */
export function anonymousContext(): RequestContext {
  return { requestId: newId('Request'), actor: { kind: 'anonymous' } };
}
