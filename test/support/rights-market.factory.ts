import { createHash } from 'node:crypto';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { AuditModule } from '@app/audit';
import { BillingModule, TopUpService } from '@app/billing';
import { DatasetService } from '@app/catalog';
import { ConfigModule } from '@app/config';
import { Database, DatabaseModule } from '@app/database';
import { JobsModule } from '@app/jobs';
import { Clock, DomainError, SCOPES, commitIdOf, newId, systemContext } from '@app/kernel';
import type { Currency, RequestContext, Scope, UserActor } from '@app/kernel';
import { OfferService } from '@app/licensing';
import { StorageModule } from '@app/storage';
import { createTestDatabase } from './database.js';

/** A clock that a test moves. */
export class MovableClock extends Clock {
  private shiftMs = 0;
  private stoppedAtMs: number | null = null;

  now(): Date {
    return new Date((this.stoppedAtMs ?? Date.now()) + this.shiftMs);
  }

  /** From now on time passes only as the test says. */
  stop(): void {
    this.stoppedAtMs = Date.now();
  }

  advanceDays(days: number): void {
    this.shiftMs += days * 86_400_000;
  }
}

/** An organization and a context in which its owner acts. */
export interface Party {
  readonly organizationId: string;
  readonly slug: string;
  readonly ctx: RequestContext;
}

export interface Shelf {
  readonly datasetId: string;
  readonly versionId: string;
  readonly slug: string;
}

export const ANONYMOUS: RequestContext = { requestId: newId('Request'), actor: { kind: 'anonymous' } };

let parties = 0;
let shelves = 0;

/** Real services of rights and money over one real database. */
export class RightsMarket {
  readonly system = systemContext('test');
  readonly clock = new MovableClock();

  private constructor(
    private readonly module: TestingModule,
    readonly url: string,
    private readonly drop: () => Promise<void>,
    clock: MovableClock,
  ) {
    this.clock = clock;
  }

  /** On a database of its own, or on the one whose URL is given. */
  static async open(
    url?: string,
    feeBasisPoints = 1_000,
    environment: Readonly<Record<string, string>> = {},
    clock: MovableClock = new MovableClock(),
  ): Promise<RightsMarket> {
    const made = url === undefined ? await createTestDatabase() : { url, drop: async (): Promise<void> => undefined };
    const module = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot({
          clock,
          environment: {
            DATABASE_URL: made.url,
            MARKET_FEE_BASIS_POINTS: String(feeBasisPoints),
            // No byte moves in these tests; nothing connects here.
            S3_ENDPOINT: 'http://127.0.0.1:9',
            S3_ACCESS_KEY_ID: 'unused',
            S3_SECRET_ACCESS_KEY: 'unused-secret',
            ...environment,
          },
        }),
        DatabaseModule,
        StorageModule,
        JobsModule,
        AuditModule,
        BillingModule,
      ],
    }).compile();
    return new RightsMarket(module, made.url, made.drop, clock);
  }

  async close(): Promise<void> {
    await this.module.close();
    await this.drop();
  }

  get<T>(type: abstract new (...args: never[]) => T): T {
    return this.module.get<T>(type, { strict: false });
  }

  get database(): Database {
    return this.get(Database);
  }

  async rows<R extends object>(sql: string, params: readonly unknown[] = []): Promise<R[]> {
    return this.database.query<R & Record<string, unknown>>(this.system, sql, params);
  }

  /** The same party with other facts: a lesser key, another role. */
  as(party: Party, facts: Partial<UserActor>): RequestContext {
    if (party.ctx.actor.kind !== 'user') throw new Error('A party is a user.');
    return { ...party.ctx, actor: { ...party.ctx.actor, ...facts } };
  }

  async party(kind: { isProvider?: boolean; isBuyer?: boolean; isAdmin?: boolean }): Promise<Party> {
    const { isProvider = false, isBuyer = false, isAdmin = false } = kind;
    const slug = `party-${++parties}`;
    const organizationId = newId('Organization');
    await this.rows(
      `insert into organizations (id, slug, name, is_provider, is_buyer, is_operator, created_at) values ($1, $2, $2, $3, $4, $5, now())`,
      [organizationId, slug, isProvider, isBuyer, isAdmin],
    );
    const scopes = new Set<Scope>(SCOPES.filter((scope) => isAdmin || scope !== 'admin'));
    const actor: UserActor = {
      kind: 'user',
      userId: newId('User'),
      organizationId,
      organizationSlug: slug,
      role: 'owner',
      isProvider,
      isBuyer,
      isAdmin,
      credential: 'session',
      credentialId: newId('Session'),
      scopes,
    };
    return { organizationId, slug, ctx: { requestId: newId('Request'), actor } };
  }

  /** A listed dataset. Its version is written as the ingest worker leaves it, since no bytes are needed here. */
  async shelf(provider: Party, facts: { episodes?: number; durationS?: number } = {}): Promise<Shelf> {
    const slug = `${provider.slug}/set-${++shelves}`;
    const { id: datasetId } = await this.get(DatasetService).createDataset(provider.ctx, { name: slug });
    const versionId = await this.release({ datasetId, number: 1, ...facts });
    return { datasetId, versionId, slug };
  }

  /** A further version of a dataset becomes the current one. */
  async release(version: {
    datasetId: string;
    number: number;
    episodes?: number;
    durationS?: number;
  }): Promise<string> {
    const { datasetId, number, episodes = 100, durationS = 5_400 } = version;
    const versionId = newId('Version');
    const merkleRoot = createHash('sha256').update(versionId).digest('hex');
    await this.rows(
      `insert into dataset_versions (id, dataset_id, number, label, status, commit_id, merkle_root, episodes, duration_s, created_by, created_at, published_at)
       values ($1, $2, $3, $4, 'published', $5, $6, $7, $8, 'test', now(), now())`,
      [versionId, datasetId, number, `v${number}`, commitIdOf(merkleRoot), merkleRoot, episodes, durationS],
    );
    await this.rows(
      `update datasets set status = 'listed', current_version_id = $2, episodes = $3, duration_s = $4, published_at = now() where id = $1`,
      [datasetId, versionId, episodes, durationS],
    );
    return versionId;
  }

  async offer(
    provider: Party,
    shelf: Shelf,
    more: Partial<Parameters<OfferService['createOffer']>[1]> = {},
  ): Promise<string> {
    const priced = more.priceMinor ? { currency: 'CNY' as const } : {};
    const { id } = await this.get(OfferService).createOffer(provider.ctx, {
      slug: shelf.slug,
      template: 'commercial',
      ...priced,
      ...more,
    });
    return id;
  }

  async topUp(party: Party, amountMinor: number, currency: Currency = 'CNY'): Promise<void> {
    await this.get(TopUpService).topUpBalance(this.system, {
      organizationSlug: party.slug,
      amountMinor,
      currency,
      reference: 'test transfer',
      idempotencyKey: newId('Request'),
    });
  }

  /** Entries that do not balance, counted over the whole ledger: must always be none. */
  async unbalancedEntries(): Promise<string[]> {
    const rows = await this.rows<{ id: string }>(
      `select e.id from ledger_entries e left join ledger_lines l on l.entry_id = e.id
        group by e.id, l.currency having count(l.entry_id) < 2 or sum(l.amount_minor) <> 0`,
    );
    return rows.map((row) => row.id);
  }
}

/** The code of the refusal that the work ends in. @throws when it ends in none */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  throw new Error('The work was not refused.');
}
