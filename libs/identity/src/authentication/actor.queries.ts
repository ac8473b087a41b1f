import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { SCOPES } from '@app/kernel';
import type { RequestContext, Scope, UserActor } from '@app/kernel';

interface ActorRow {
  userId: string;
  organizationId: string;
  organizationSlug: string;
  role: 'owner' | 'member';
  isProvider: boolean;
  isBuyer: boolean;
  isAdmin: boolean;
  credentialId: string;
  scopes: Scope[] | null;
  isUseStale: boolean;
}

const FACTS = `m.user_id as "userId", m.organization_id as "organizationId", o.slug as "organizationSlug", m.role,
  o.is_provider as "isProvider", o.is_buyer as "isBuyer", o.is_operator as "isAdmin"`;

/** Turns a credential into the actor behind it, with one statement per request and nothing remembered between requests. */
@Injectable()
export class ActorQueries {
  constructor(private readonly database: Database) {}

  async bySession(ctx: RequestContext, sessionId: string, now: Date): Promise<UserActor | null> {
    const [row] = await this.database.prepared<ActorRow>(
      ctx,
      'actor_by_session',
      `select ${FACTS}, s.id as "credentialId", null as scopes, false as "isUseStale"
         from sessions s
         join memberships m on m.user_id = s.user_id and m.organization_id = s.organization_id
         join organizations o on o.id = m.organization_id
        where s.id = $1 and s.revoked_at is null and s.expires_at > $2`,
      [sessionId, now],
    );
    return row ? toActor(row, 'session') : null;
  }

  /** Also notes the use, at most once a minute per key, so that reading stays cheap. */
  async byApiKey(ctx: RequestContext, secretSha256: string, now: Date): Promise<UserActor | null> {
    const [row] = await this.database.prepared<ActorRow>(
      ctx,
      'actor_by_api_key',
      `select ${FACTS}, k.id as "credentialId", k.scopes,
              (k.last_used_at is null or k.last_used_at < $2::timestamptz - interval '1 minute') as "isUseStale"
         from api_keys k
         join memberships m on m.user_id = k.user_id and m.organization_id = k.organization_id
         join organizations o on o.id = m.organization_id
        where k.secret_sha256 = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > $2)`,
      [secretSha256, now],
    );
    if (!row) return null;
    if (row.isUseStale) {
      await this.database.execute(ctx, 'update api_keys set last_used_at = $2 where id = $1', [row.credentialId, now]);
    }
    return toActor(row, 'api_key');
  }
}

function toActor(row: ActorRow, credential: UserActor['credential']): UserActor {
  const held = row.scopes ?? SCOPES;
  return {
    kind: 'user',
    userId: row.userId,
    organizationId: row.organizationId,
    organizationSlug: row.organizationSlug,
    role: row.role,
    isProvider: row.isProvider,
    isBuyer: row.isBuyer,
    isAdmin: row.isAdmin,
    credential,
    credentialId: row.credentialId,
    scopes: new Set(row.isAdmin ? held : held.filter((scope) => scope !== 'admin')),
  };
}
