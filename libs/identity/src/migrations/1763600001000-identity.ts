import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organizations, users, memberships, API keys, sessions and the counters that limit sign-in. */
export class Identity1763600001000 implements MigrationInterface {
  name = 'Identity1763600001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table organizations (
        id text primary key,
        slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$'),
        name text not null check (length(name) between 1 and 200),
        is_provider boolean not null default false,
        is_buyer boolean not null default false,
        is_operator boolean not null default false,
        verified_at timestamptz,
        created_at timestamptz not null
      );
      create table users (
        id text primary key,
        email text not null unique check (email = lower(email)),
        name text not null,
        password_hash text not null,
        created_at timestamptz not null
      );
      create table memberships (
        organization_id text not null references organizations (id),
        user_id text not null references users (id),
        role text not null check (role in ('owner', 'member')),
        created_at timestamptz not null,
        primary key (organization_id, user_id)
      );
      create index memberships_user on memberships (user_id, created_at);
      create table api_keys (
        id text primary key,
        organization_id text not null references organizations (id),
        user_id text not null references users (id),
        label text not null,
        secret_sha256 text not null unique,
        hint text not null,
        scopes text[] not null,
        expires_at timestamptz,
        last_used_at timestamptz,
        revoked_at timestamptz,
        created_at timestamptz not null
      );
      create index api_keys_organization on api_keys (organization_id, id);
      create table sessions (
        id text primary key,
        user_id text not null references users (id),
        organization_id text not null references organizations (id),
        created_at timestamptz not null,
        expires_at timestamptz not null,
        revoked_at timestamptz,
        revoked_reason text
      );
      create index sessions_user on sessions (user_id);
      create table refresh_tokens (
        secret_sha256 text primary key,
        session_id text not null references sessions (id),
        created_at timestamptz not null,
        used_at timestamptz
      );
      create index refresh_tokens_session on refresh_tokens (session_id);
      create table rate_windows (
        key text not null,
        window_start timestamptz not null,
        count int not null,
        primary key (key, window_start)
      );
      create table identity_secrets (
        name text primary key,
        secret text not null,
        created_at timestamptz not null
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
