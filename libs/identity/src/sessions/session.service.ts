import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { Audit } from '@app/audit';
import { Settings } from '@app/config';
import { Database, isDuplicate } from '@app/database';
import { Clock, newId, requireUser, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { Authenticator, TOKEN_AUDIENCE, TOKEN_ISSUER } from '../authentication/authenticator.js';
import { RateLimiter } from '../authentication/rate-limiter.js';
import { SessionSecret } from '../authentication/session-secret.js';
import { identitySettings } from '../identity.config.js';
import { IdentityErrors } from '../identity.errors.js';
import { OrganizationService } from '../organizations/organization.service.js';
import { hashPassword } from '../users/password.js';
import { UserEntity } from '../users/user.entity.js';
import { signUpSchema } from '../users/user.rules.js';
import type { SignUp } from '../users/user.rules.js';
import { randomBase62, sha256Hex, SECRET_LENGTH } from './token.js';

export interface SessionTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAt: Date;
  readonly sessionId: string;
}

interface RefreshRow {
  sessionId: string;
  userId: string;
  organizationId: string;
  usedAt: Date | null;
  isOpen: boolean;
}

const QUARTER_HOUR_S = 900;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

@Injectable()
export class SessionService {
  constructor(
    private readonly database: Database,
    private readonly authenticator: Authenticator,
    private readonly organizations: OrganizationService,
    private readonly limiter: RateLimiter,
    private readonly secret: SessionSecret,
    private readonly settings: Settings,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** A new user with a new organization that he owns. @throws IDENTITY_EMAIL_TAKEN, IDENTITY_SLUG_TAKEN */
  async signUp(ctx: RequestContext, input: SignUp): Promise<SessionTokens> {
    await this.limit(ctx, 'sign-up', null);
    const { email, password, name, organization } = validate(signUpSchema, input);
    const passwordHash = await hashPassword(password);
    const now = this.clock.now();
    return this.database.transaction(ctx, async (ctx) => {
      const user = { id: newId('User', now.getTime()), email, name, passwordHash, createdAt: now };
      try {
        await this.database.repository(ctx, UserEntity).insert(user);
      } catch (error) {
        if (isDuplicate(error)) throw IdentityErrors.EMAIL_TAKEN({}, error);
        throw error;
      }
      const { id } = await this.organizations.createFor(ctx, user.id, organization);
      return this.open(ctx, user.id, id);
    });
  }

  /** Opens a session in the named organization, or in the one joined first. @throws IDENTITY_WRONG_CREDENTIALS */
  async signIn(
    ctx: RequestContext,
    input: { email: string; password: string; organization?: string | null },
  ): Promise<SessionTokens> {
    await this.limit(ctx, 'sign-in', input.email.trim().toLowerCase());
    const user = await this.authenticator.userOf(input.email, input.password);
    const [membership] = await this.database.query<{ organizationId: string }>(
      ctx,
      `select m.organization_id as "organizationId" from memberships m join organizations o on o.id = m.organization_id
        where m.user_id = $1 and ($2::text is null or o.slug = lower($2)) order by m.created_at, m.organization_id limit 1`,
      [user.id, input.organization ?? null],
    );
    if (!membership) throw IdentityErrors.NO_ORGANIZATION({});
    return this.database.transaction(ctx, (ctx) => this.open(ctx, user.id, membership.organizationId));
  }

  /**
   * Exchanges a refresh token for a new pair. Each token works once; a second use means that somebody copied it, so the
   * whole session closes. @throws IDENTITY_REFRESH_REUSED, IDENTITY_SESSION_ENDED
   */
  async refreshSession(ctx: RequestContext, refreshToken: string): Promise<SessionTokens> {
    await this.limit(ctx, 'refresh', null);
    const outcome = await this.database.transaction(ctx, async (ctx) => {
      const row = await this.lockRefreshToken(ctx, sha256Hex(refreshToken));
      if (!row?.isOpen) return 'ended' as const;
      if (row.usedAt) {
        await this.close(ctx, row.sessionId, 'refresh token reused', row.organizationId);
        return 'reused' as const;
      }
      const now = this.clock.now();
      await this.database.execute(ctx, 'update refresh_tokens set used_at = $2 where secret_sha256 = $1', [
        sha256Hex(refreshToken),
        now,
      ]);
      await this.database.execute(ctx, 'update sessions set expires_at = $2 where id = $1', [
        row.sessionId,
        this.sessionEnd(now),
      ]);
      return this.issue(ctx, row.sessionId, row.userId);
    });
    // Thrown outside, so that closing the session is not rolled back.
    if (outcome === 'ended') throw IdentityErrors.SESSION_ENDED({});
    if (outcome === 'reused') throw IdentityErrors.REFRESH_REUSED({});
    return outcome;
  }

  /** Ends the session behind the request; an API key stays as it is. */
  async signOut(ctx: RequestContext): Promise<void> {
    const user = requireUser(ctx);
    if (user.credential !== 'session') return;
    await this.database.transaction(ctx, (ctx) =>
      this.close(ctx, user.credentialId, 'signed out', user.organizationId),
    );
  }

  private async lockRefreshToken(ctx: RequestContext, secretSha256: string): Promise<RefreshRow | undefined> {
    const [row] = await this.database.query<RefreshRow>(
      ctx,
      `select s.id as "sessionId", s.user_id as "userId", s.organization_id as "organizationId", t.used_at as "usedAt",
              (s.revoked_at is null and s.expires_at > $2) as "isOpen"
         from refresh_tokens t join sessions s on s.id = t.session_id where t.secret_sha256 = $1 for update`,
      [secretSha256, this.clock.now()],
    );
    return row;
  }

  private async open(ctx: RequestContext, userId: string, organizationId: string): Promise<SessionTokens> {
    const now = this.clock.now();
    const sessionId = newId('Session', now.getTime());
    await this.database.execute(
      ctx,
      'insert into sessions (id, user_id, organization_id, created_at, expires_at) values ($1, $2, $3, $4, $5)',
      [sessionId, userId, organizationId, now, this.sessionEnd(now)],
    );
    await this.audit.record(ctx, {
      action: 'session.opened',
      subject: { kind: 'session', id: sessionId },
      about: { organizationIds: [organizationId] },
      facts: {},
      private: { userId, ip: ctx.ip ?? null },
    });
    return this.issue(ctx, sessionId, userId);
  }

  private async close(ctx: RequestContext, sessionId: string, reason: string, organizationId: string): Promise<void> {
    const changed = await this.database.execute(
      ctx,
      'update sessions set revoked_at = $2, revoked_reason = $3 where id = $1 and revoked_at is null',
      [sessionId, this.clock.now(), reason],
    );
    if (changed === 0) return;
    await this.audit.record(ctx, {
      action: 'session.closed',
      subject: { kind: 'session', id: sessionId },
      about: { organizationIds: [organizationId] },
      facts: { reason },
    });
  }

  private async issue(ctx: RequestContext, sessionId: string, userId: string): Promise<SessionTokens> {
    const now = this.clock.now();
    const refreshToken = randomBase62(SECRET_LENGTH);
    await this.database.execute(
      ctx,
      'insert into refresh_tokens (secret_sha256, session_id, created_at) values ($1, $2, $3)',
      [sha256Hex(refreshToken), sessionId, now],
    );
    const expiresAt = new Date(now.getTime() + this.settings.of(identitySettings).accessMinutes * MINUTE_MS);
    const accessToken = await new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(userId)
      .setIssuer(TOKEN_ISSUER)
      .setAudience(TOKEN_AUDIENCE)
      .setIssuedAt(Math.floor(now.getTime() / 1000))
      .setExpirationTime(Math.floor(expiresAt.getTime() / 1000))
      .sign(await this.secret.read());
    return { accessToken, refreshToken, expiresAt, sessionId };
  }

  private sessionEnd(now: Date): Date {
    return new Date(now.getTime() + this.settings.of(identitySettings).refreshDays * DAY_MS);
  }

  private async limit(
    ctx: RequestContext,
    act: 'sign-in' | 'sign-up' | 'refresh',
    email: string | null,
  ): Promise<void> {
    const { signInsPerQuarter } = this.settings.of(identitySettings);
    const what = `${act} attempts`;
    if (email !== null)
      await this.limiter.count(ctx, `${act}:email:${sha256Hex(email)}`, what, signInsPerQuarter, QUARTER_HOUR_S);
    if (ctx.ip) {
      const factor = act === 'refresh' ? 50 : 5;
      await this.limiter.count(ctx, `${act}:ip:${ctx.ip}`, what, signInsPerQuarter * factor, QUARTER_HOUR_S);
    }
  }
}
