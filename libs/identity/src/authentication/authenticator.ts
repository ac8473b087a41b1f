import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import passport from 'passport';
import type { Strategy as AnyStrategy } from 'passport';
import { Strategy as CustomStrategy } from 'passport-custom';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import { Strategy as LocalStrategy } from 'passport-local';
import { Database } from '@app/database';
import { Clock, KernelErrors, systemContext } from '@app/kernel';
import type { UserActor } from '@app/kernel';
import { IdentityErrors } from '../identity.errors.js';
import { API_KEY_PATTERN, API_KEY_PREFIX } from '../keys/api-key.rules.js';
import { sha256Hex } from '../sessions/token.js';
import { isPassword } from '../users/password.js';
import { ActorQueries } from './actor.queries.js';
import { SessionSecret } from './session-secret.js';

export const TOKEN_ISSUER = 'bodega';
export const TOKEN_AUDIENCE = 'bodega-api';
const CLOCK_TOLERANCE_S = 5;

interface CredentialRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body?: { email: string; password: string };
}

/** The user whom a password proved. */
export interface ProvenUser {
  readonly id: string;
}

const bearerOf = (headers: IncomingHttpHeaders): string | null =>
  /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;

/**
 * Who is asking? Three passport strategies: `local` (e-mail and password), `jwt` (access token) and `api-key`.
 * The passport instance is this object's own, so that two servers in one process do not share strategies.
 */
@Injectable()
export class Authenticator {
  private readonly passport = new passport.Passport();

  constructor(
    private readonly database: Database,
    private readonly actors: ActorQueries,
    private readonly secret: SessionSecret,
    private readonly clock: Clock,
  ) {
    this.passport.use('local', this.localStrategy());
    this.passport.use('jwt', this.jwtStrategy());
    this.passport.use('api-key', this.apiKeyStrategy());
  }

  /** The actor that the request's Authorization header proves. @throws IDENTITY_KEY_REFUSED, IDENTITY_TOKEN_REFUSED */
  async actorOf(headers: IncomingHttpHeaders): Promise<UserActor> {
    const bearer = bearerOf(headers);
    if (bearer === null)
      throw KernelErrors.UNAUTHENTICATED({ reason: 'The Authorization header is not of the form "Bearer …".' });
    const isKey = bearer.startsWith(API_KEY_PREFIX);
    const actor = await this.run<UserActor>(isKey ? 'api-key' : 'jwt', { headers });
    if (actor) return actor;
    throw isKey ? IdentityErrors.KEY_REFUSED({}) : IdentityErrors.TOKEN_REFUSED({});
  }

  /** The user whose e-mail and password these are. @throws IDENTITY_WRONG_CREDENTIALS */
  async userOf(email: string, password: string): Promise<ProvenUser> {
    const user = await this.run<ProvenUser>('local', { headers: {}, body: { email, password } });
    if (!user) throw IdentityErrors.WRONG_CREDENTIALS({});
    return user;
  }

  private async run<T>(strategy: string, request: CredentialRequest): Promise<T | null> {
    return new Promise((resolve, reject) => {
      const finish = (error: unknown, user?: unknown): void => {
        if (error) reject(error instanceof Error ? error : new Error(String(error)));
        else resolve((user as T | false | undefined) || null);
      };
      const middleware = this.passport.authenticate(strategy, { session: false }, finish) as (
        request: unknown,
        response: unknown,
        next: (error?: unknown) => void,
      ) => void;
      middleware({ ...request, query: {} }, {}, finish);
    });
  }

  private localStrategy(): AnyStrategy {
    return new LocalStrategy({ usernameField: 'email', session: false }, (email, password, done) => {
      this.database
        .query<{ id: string; passwordHash: string }>(
          systemContext('local-strategy'),
          'select id, password_hash as "passwordHash" from users where email = $1',
          [email.trim().toLowerCase()],
        )
        .then(async ([user]) =>
          done(null, (await isPassword(user?.passwordHash ?? null, password)) && user ? { id: user.id } : false),
        )
        .catch(done);
    });
  }

  private jwtStrategy(): AnyStrategy {
    return new JwtStrategy(
      {
        jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
        secretOrKeyProvider: (_request, _token, done) => {
          this.secret.read().then(
            (secret) => done(null, Buffer.from(secret)),
            (error: unknown) => done(error),
          );
        },
        algorithms: ['HS256'],
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        // Times are compared below with the injected clock.
        ignoreExpiration: true,
      },
      (claims: { sid?: unknown; exp?: unknown }, done) => {
        const now = this.clock.now();
        const isLive = typeof claims.exp === 'number' && claims.exp + CLOCK_TOLERANCE_S > now.getTime() / 1000;
        if (!isLive || typeof claims.sid !== 'string') return done(null, false);
        this.actors
          .bySession(systemContext('jwt-strategy'), claims.sid, now)
          .then((actor) => done(null, actor ?? false), done);
      },
    );
  }

  private apiKeyStrategy(): AnyStrategy {
    return new CustomStrategy((request, done) => {
      const key = bearerOf(request.headers);
      if (key === null || !API_KEY_PATTERN.test(key)) return done(null, false);
      this.actors
        .byApiKey(systemContext('api-key-strategy'), sha256Hex(key), this.clock.now())
        .then((actor) => done(null, actor ?? false), done);
    });
  }
}
