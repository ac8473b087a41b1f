import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { INestApplicationContext } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Database } from '@app/database';
import { startObjectStore } from '@app/embedded';
import type { Faults, RunningObjectStore } from '@app/embedded';
import { ApiKeyService, Authenticator, OrganizationService, SessionService, UserService } from '@app/identity';
import { Clock, SCOPES, systemContext } from '@app/kernel';
import type { RequestContext, Scope } from '@app/kernel';
import { startServer } from '../../apps/api/src/server.js';
import { startWorker } from '../../apps/worker/src/worker.js';
import type { TestDatabase } from './database.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BIN = join(ROOT, 'apps/cli/bin/bodega.mjs');
const KEY = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-access-key' };

/** A clock that a test may move; the market and its store share it. */
export class TestClock extends Clock {
  private shiftMs = 0;

  now(): Date {
    return new Date(Date.now() + this.shiftMs);
  }

  advance(seconds: number): void {
    this.shiftMs += seconds * 1000;
  }
}

/** Somebody who acts: an organization, its owner, and an API key with every scope that he may have. */
export interface Party {
  readonly organizationId: string;
  readonly slug: string;
  readonly email: string;
  readonly password: string;
  readonly apiKey: string;
  readonly ctx: RequestContext;
}

export interface Answer {
  readonly status: number;
  readonly data: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- shapes differ by test
  readonly errors: readonly {
    message: string;
    path?: readonly unknown[];
    extensions: { code: string; kind: string; requestId: string };
  }[];
}

export interface CliRun {
  readonly code: number;
  readonly json: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- shapes differ by command
  readonly stdout: string;
  readonly stderr: string;
}

export interface MarketOptions {
  readonly faults?: Faults;
  readonly environment?: Readonly<Record<string, string>>;
  /** Instead of one made from the template of the test run. */
  readonly database?: TestDatabase;
  /** Have standard forms made of what is published: it keeps the worker busy, so only where it is looked at. */
  readonly withStandardForms?: boolean;
  /** Leave the worker out; the test starts its own. */
  readonly withoutWorker?: boolean;
}

/** The whole market, as processes of production wire it, over a database and a store of the suite's own. */
export class OpenMarket {
  readonly clock = new TestClock();
  url: string;
  folder: string;
  environment: Record<string, string>;
  database: TestDatabase;
  store: RunningObjectStore;
  api: NestFastifyApplication;
  worker: INestApplicationContext | null = null;
  private parties = 0;

  static async open(options: MarketOptions = {}): Promise<OpenMarket> {
    const market = new OpenMarket();
    market.folder = await mkdtemp(join(tmpdir(), 'bodega-e2e-'));
    market.database = options.database ?? (await (await import('./database.js')).createTestDatabase());
    market.store = await startObjectStore({
      dataDir: join(market.folder, 'store'),
      port: 0,
      region: 'us-east-1',
      credentials: [KEY],
      buckets: ['bodega', 'bodega-logs'],
      accessLog: { bucket: 'bodega-logs', prefix: '', flushMs: 200 },
      durable: false,
      clock: market.clock,
      ...(options.faults && { faults: options.faults }),
    });
    const signingKeyFile = await newKey(join(market.folder, 'signing-key.pem'));
    const logKeyFile = await newKey(join(market.folder, 'log-key.pem'));
    market.environment = {
      DATABASE_URL: market.database.url,
      S3_ENDPOINT: market.store.url,
      S3_ACCESS_KEY_ID: KEY.accessKeyId,
      S3_SECRET_ACCESS_KEY: KEY.secretAccessKey,
      SIGN_IN_ATTEMPTS: '1000',
      SIGNING_KEY_FILE: signingKeyFile,
      LOG_KEY_FILE: logKeyFile,
      PORT: '0',
      ...(!options.withStandardForms && { STANDARD_FORMS: 'none' }),
      ...options.environment,
    };
    const { app, url } = await startServer({ environment: market.environment, clock: market.clock });
    market.api = app;
    market.url = url;
    if (!options.withoutWorker)
      market.worker = await startWorker({ environment: market.environment, clock: market.clock });
    return market;
  }

  async close(): Promise<void> {
    await this.worker?.close();
    await this.api.close();
    await this.store.stop();
    await this.database.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A new organization with an owner. Providers are verified, so that what they publish is listed. */
  async party(
    kind: { isProvider?: boolean; isBuyer?: boolean; isOperator?: boolean; isUnverified?: boolean },
    slug?: string,
  ): Promise<Party> {
    const { isProvider = false, isBuyer = false, isOperator = false, isUnverified = false } = kind;
    const system = systemContext('test');
    const name = slug ?? `org-${++this.parties}`;
    const email = `${name}@example.test`;
    const password = `password of ${name}`;
    const userId = await this.api.get(UserService).ensureUser(system, { email, name, password });
    const organizations = this.api.get(OrganizationService);
    const flags = isOperator ? { isProvider: true, isBuyer: true } : { isProvider, isBuyer };
    const organization = await organizations.createFor(system, userId, { slug: name, name, ...flags }, isOperator);
    if (isProvider && !isUnverified) await organizations.verifyOrganization(system, organization.id);
    const session = await this.api.get(SessionService).signIn(system, { email, password });
    const actor = await this.api.get(Authenticator).actorOf({ authorization: `Bearer ${session.accessToken}` });
    const ctx = { ...system, actor };
    const scopes: Scope[] = SCOPES.filter((scope) => actor.scopes.has(scope));
    const { secret } = await this.api.get(ApiKeyService).createApiKey(ctx, { label: 'test', scopes });
    return { organizationId: organization.id, slug: name, email, password, apiKey: secret, ctx };
  }

  /** One GraphQL operation as a caller sends it. */
  async ask(query: string, variables: Record<string, unknown> = {}, credential?: string): Promise<Answer> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(credential && { authorization: `Bearer ${credential}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const body = (await response.json()) as {
      data?: unknown;
      errors?: Answer['errors'];
      code?: string;
      kind?: string;
      message?: string;
      requestId?: string;
    };
    const refused = body.code
      ? [
          {
            message: body.message ?? '',
            extensions: { code: body.code, kind: body.kind ?? '', requestId: body.requestId ?? '' },
          },
        ]
      : [];
    return { status: response.status, data: body.data ?? null, errors: body.errors ?? refused };
  }

  /** The same, for operations that must succeed. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- shapes differ by test
  async must(query: string, variables: Record<string, unknown> = {}, credential?: string): Promise<any> {
    const { data, errors } = await this.ask(query, variables, credential);
    if (errors.length > 0) throw new Error(`${errors.map((e) => `${e.extensions.code}: ${e.message}`).join('; ')}`);
    return data;
  }

  /** The command line, in a process of its own. */
  async cli(args: readonly string[], party?: Party, cwd = ROOT): Promise<CliRun> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      BODEGA_ENDPOINT: this.url,
      ...(party && { BODEGA_API_KEY: party.apiKey }),
    };
    return new Promise((resolve) => {
      execFile(process.execPath, [BIN, ...args], { cwd, env, maxBuffer: 1 << 27 }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 255) : 0;
        resolve({ code, stdout, stderr, json: parsed(stdout) });
      });
    });
  }

  /** Waits until the worker has nothing left to do, so that nothing changes behind a test's back. */
  async idle(): Promise<void> {
    const database = this.api.get(Database);
    await this.eventually(
      async () => {
        const waiting = await database.query(
          systemContext('test'),
          `select from graphile_worker.jobs
            where locked_at is not null or (run_at <= now() and attempts < max_attempts) limit 1`,
        );
        return waiting.length === 0;
      },
      'the end of all queued work',
      300_000,
    );
  }

  /** Waits until the condition holds; for things that the worker does. */
  async eventually<T>(look: () => Promise<T | null | undefined | false>, what: string, withinMs = 60_000): Promise<T> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = await look();
      if (found) return found;
      if (Date.now() > deadline)
        throw new Error(`${what} did not happen within ${withinMs / 1000} s (database ${this.database.name}).`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function newKey(path: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return path;
}
