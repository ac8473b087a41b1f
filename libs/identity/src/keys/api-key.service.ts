import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database } from '@app/database';
import {
  Clock,
  KernelErrors,
  newId,
  requireScope,
  requireUser,
  toPage,
  pageSize,
  encodeCursor,
  decodeCursor,
  validate,
} from '@app/kernel';
import type { Page, PageRequest, RequestContext, UserActor } from '@app/kernel';
import { LessThan } from 'typeorm';
import { IdentityErrors } from '../identity.errors.js';
import { sha256Hex } from '../sessions/token.js';
import { ApiKeyEntity } from './api-key.entity.js';
import { apiKeySchema, hintOf, newApiKeySecret } from './api-key.rules.js';
import type { NewApiKey } from './api-key.rules.js';

@Injectable()
export class ApiKeyService {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** A key for the user in the organization that he acts for. The secret is returned once and never again. */
  async createApiKey(ctx: RequestContext, input: NewApiKey): Promise<{ key: ApiKeyEntity; secret: string }> {
    const user = requireUser(ctx);
    const { label, scopes, expiresAt } = validate(apiKeySchema, input);
    for (const scope of scopes) if (!user.scopes.has(scope)) throw IdentityErrors.SCOPE_TOO_WIDE({ scope });
    const now = this.clock.now();
    if (expiresAt && expiresAt <= now) {
      throw KernelErrors.INVALID({ problems: [{ path: 'input.expiresAt', message: 'must be in the future' }] });
    }
    const latest = await this.endOf(ctx, user);
    if (latest && (!expiresAt || expiresAt > latest)) {
      const message = `must not be after ${latest.toISOString()}, when the key that makes it ends`;
      throw KernelErrors.INVALID({ problems: [{ path: 'input.expiresAt', message }] });
    }
    const secret = newApiKeySecret();
    const key: ApiKeyEntity = {
      id: newId('ApiKey', now.getTime()),
      organizationId: user.organizationId,
      userId: user.userId,
      label,
      secretSha256: sha256Hex(secret),
      hint: hintOf(secret),
      scopes,
      expiresAt: expiresAt ?? null,
      lastUsedAt: null,
      revokedAt: null,
      createdAt: now,
    };
    await this.database.transaction(ctx, async (ctx) => {
      await this.database.repository(ctx, ApiKeyEntity).insert(key);
      await this.audit.record(ctx, {
        action: 'api_key.created',
        subject: { kind: 'api_key', id: key.id },
        about: { organizationIds: [user.organizationId] },
        facts: { scopes, expiresAt: key.expiresAt?.toISOString() ?? null },
        private: { label },
      });
    });
    return { key, secret };
  }

  /**
   * Ends one of the user's own keys; an owner may end any key of the organization. A key ends only keys that may do no more
   * than itself, so that a narrow one in the wrong hands cannot lock its owner out.
   * @throws REQUEST_NOT_FOUND, REQUEST_FORBIDDEN
   */
  async revokeApiKey(ctx: RequestContext, keyId: string): Promise<ApiKeyEntity> {
    const user = requireUser(ctx);
    return this.database.transaction(ctx, async (ctx) => {
      const repository = this.database.repository(ctx, ApiKeyEntity);
      const key = await repository.findOneBy({ id: keyId, organizationId: user.organizationId });
      if (!key || (key.userId !== user.userId && user.role !== 'owner')) {
        throw KernelErrors.NOT_FOUND({ what: 'API key', id: keyId });
      }
      if (user.credential === 'api_key') for (const scope of key.scopes) requireScope(user, scope);
      if (key.revokedAt) return key;
      key.revokedAt = this.clock.now();
      await repository.save(key);
      await this.audit.record(ctx, {
        action: 'api_key.revoked',
        subject: { kind: 'api_key', id: key.id },
        about: { organizationIds: [user.organizationId] },
        facts: {},
      });
      return key;
    });
  }

  /** When the key that acts ends; null for a session, and for a key without an end. */
  private async endOf(ctx: RequestContext, user: UserActor): Promise<Date | null> {
    if (user.credential !== 'api_key') return null;
    const key = await this.database.repository(ctx, ApiKeyEntity).findOneBy({ id: user.credentialId });
    return key?.expiresAt ?? null;
  }

  /** Keys of the acting organization that the user may see, newest first. */
  async apiKeys(ctx: RequestContext, page: PageRequest): Promise<Page<ApiKeyEntity>> {
    const user = requireUser(ctx);
    const size = pageSize(page);
    const before = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const rows = await this.database.repository(ctx, ApiKeyEntity).find({
      where: {
        organizationId: user.organizationId,
        ...(user.role === 'owner' ? {} : { userId: user.userId }),
        ...(before ? { id: LessThan(before) } : {}),
      },
      order: { id: 'DESC' },
      take: size + 1,
    });
    return toPage(rows, size, (row) => encodeCursor([row.id]));
  }
}
