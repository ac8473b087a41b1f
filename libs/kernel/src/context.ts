import { newId } from './ids.js';
import { KernelErrors } from './errors.js';

export type Scope = 'catalog:read' | 'data:read' | 'data:write' | 'admin';
export const SCOPES: readonly Scope[] = ['catalog:read', 'data:read', 'data:write', 'admin'];

/** Who acts. An organization's facts are read once per request, so a service never asks again. */
export type Actor = { readonly kind: 'anonymous' } | { readonly kind: 'system'; readonly name: string } | UserActor;

export interface UserActor {
  readonly kind: 'user';
  readonly userId: string;
  readonly organizationId: string;
  readonly organizationSlug: string;
  readonly role: 'owner' | 'member';
  readonly isProvider: boolean;
  readonly isBuyer: boolean;
  /** The market's operator: member of the operating organization. */
  readonly isAdmin: boolean;
  readonly credential: 'session' | 'api_key';
  readonly credentialId: string;
  readonly scopes: ReadonlySet<Scope>;
}

declare const transactionBrand: unique symbol;
/** An open transaction; only the database library looks inside. */
export interface Transaction {
  readonly [transactionBrand]: true;
}

/** First argument of every service and query method: who asks, in which request, within which transaction. */
export interface RequestContext {
  readonly requestId: string;
  readonly actor: Actor;
  readonly ip?: string;
  readonly tx?: Transaction;
}

/** A context for work that no request asked for: jobs, start-up, tests. */
export function systemContext(name: string): RequestContext {
  return { requestId: newId('Request'), actor: { kind: 'system', name } };
}

/** The signed-in user behind a request. @throws REQUEST_UNAUTHENTICATED */
export function requireUser(ctx: RequestContext): UserActor {
  if (ctx.actor.kind === 'user') return ctx.actor;
  throw KernelErrors.UNAUTHENTICATED({ reason: 'This needs an account.' });
}

/** A user of a selling organization, with the right to write. @throws REQUEST_UNAUTHENTICATED, REQUEST_FORBIDDEN */
export function requireProvider(ctx: RequestContext): UserActor {
  const user = requireUser(ctx);
  if (!user.isProvider) throw KernelErrors.FORBIDDEN({ reason: 'This needs an organization that is a provider.' });
  requireScope(user, 'data:write');
  return user;
}

/** A user of a buying organization. @throws REQUEST_UNAUTHENTICATED, REQUEST_FORBIDDEN */
export function requireBuyer(ctx: RequestContext): UserActor {
  const user = requireUser(ctx);
  if (!user.isBuyer) throw KernelErrors.FORBIDDEN({ reason: 'This needs an organization that is a buyer.' });
  requireScope(user, 'data:read');
  return user;
}

/** An operator of the market. @throws REQUEST_UNAUTHENTICATED, REQUEST_FORBIDDEN */
export function requireAdmin(ctx: RequestContext): UserActor {
  const user = requireUser(ctx);
  if (!user.isAdmin) throw KernelErrors.FORBIDDEN({ reason: 'This needs the admin role of the market.' });
  requireScope(user, 'admin');
  return user;
}

/** How far an asker sees into what is not public. */
export interface Sight {
  /** Whose private things are seen; null for nobody's in particular. */
  readonly organizationId: string | null;
  /** Everybody's: the operator's with the scope `admin`, and the market's own. */
  readonly seesAll: boolean;
}

/**
 * What of the private things of organizations the asker sees. Whoever takes the way of `seesAll` tells `OperatorReads` of the
 * audit library what an operator was shown; a contract test looks for files that forget it.
 */
export function sightOf({ actor }: RequestContext): Sight {
  if (actor.kind !== 'user') return { organizationId: null, seesAll: actor.kind === 'system' };
  return { organizationId: actor.organizationId, seesAll: actor.isAdmin && actor.scopes.has('admin') };
}

/** Sessions carry every scope; API keys only those that they were made with. @throws REQUEST_FORBIDDEN */
export function requireScope(user: UserActor, scope: Scope): void {
  if (!user.scopes.has(scope)) {
    throw KernelErrors.FORBIDDEN({ reason: `This API key lacks the scope "${scope}"; make one that has it.` });
  }
}

/** The same request as if nobody were signed in: what is public is the same for all who ask. */
export function asAnyone(ctx: RequestContext): RequestContext {
  return { ...ctx, actor: { kind: 'anonymous' } };
}
