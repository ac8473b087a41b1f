import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '@app/config';
import { Database } from '@app/database';
import { Clock, systemContext } from '@app/kernel';
import { identitySettings } from '../identity.config.js';

/** The key that signs access tokens: from the settings, else made once and kept, so that a restart ends no session. */
@Injectable()
export class SessionSecret {
  private secret: Promise<Uint8Array> | null = null;

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async read(): Promise<Uint8Array> {
    this.secret ??= this.load().catch((error: unknown) => {
      this.secret = null;
      throw error;
    });
    return this.secret;
  }

  private async load(): Promise<Uint8Array> {
    const { sessionSecret } = this.settings.of(identitySettings);
    if (sessionSecret) return Buffer.from(sessionSecret);
    const ctx = systemContext('session-secret');
    await this.database.execute(
      ctx,
      `insert into identity_secrets (name, secret, created_at) values ('session', $1, $2) on conflict (name) do nothing`,
      [randomBytes(32).toString('base64url'), this.clock.now()],
    );
    const [row] = await this.database.query<{ secret: string }>(
      ctx,
      `select secret from identity_secrets where name = 'session'`,
    );
    if (!row) throw new Error('The session secret has vanished from the database.');
    return Buffer.from(row.secret);
  }
}
