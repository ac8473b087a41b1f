import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { KernelErrors, requireAdmin, requireUser } from '@app/kernel';
import type { RequestContext, Scope } from '@app/kernel';
import { ACCESS_METADATA } from './access.js';
import type { AccessRule } from './access.js';
import { requestContextOf } from './request-context.js';

/** Deny by default: every root field and route must declare a rule, and the actor must satisfy it. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(execution: ExecutionContext): boolean {
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_METADATA, [
      execution.getHandler(),
      execution.getClass(),
    ]);
    if (rule === undefined) {
      throw new Error(`${execution.getClass().name}.${execution.getHandler().name} declares no access rule.`);
    }
    checkAccess(requestContextOf(execution), rule);
    return true;
  }
}

/** Scopes that open anything of an organization's own; `catalog:read` opens what everybody may see. */
const PRIVATE_SCOPES: readonly Scope[] = ['data:read', 'data:write', 'admin'];

/** @throws REQUEST_UNAUTHENTICATED, REQUEST_FORBIDDEN */
export function checkAccess(ctx: RequestContext, rule: AccessRule): void {
  if (rule === 'anonymous') return;
  if (rule === 'admin') return void requireAdmin(ctx);
  const user = requireUser(ctx);
  if (!PRIVATE_SCOPES.some((scope) => user.scopes.has(scope))) {
    throw KernelErrors.FORBIDDEN({
      reason: 'This API key opens the catalogue alone; make one with the scope "data:read".',
    });
  }
  if (rule === 'provider' && !user.isProvider && !user.isAdmin) {
    throw KernelErrors.FORBIDDEN({ reason: 'This needs an organization that is a provider.' });
  }
  if (rule === 'buyer' && !user.isBuyer && !user.isAdmin) {
    throw KernelErrors.FORBIDDEN({ reason: 'This needs an organization that is a buyer.' });
  }
}
