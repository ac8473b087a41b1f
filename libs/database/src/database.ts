import { Injectable, Logger } from '@nestjs/common';
import type { RequestContext, Transaction } from '@app/kernel';
import type { Pool, PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import type { EntityManager, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import { DatabaseErrors, isConnectionFailure, sqlStateOf } from './database.errors.js';

interface OpenTransaction {
  readonly manager: EntityManager;
  readonly client: PoolClient;
  readonly afterCommit: AfterCommit[];
}

/** Work to do once a transaction is durable. Its own failure is logged: the act itself has happened. */
export type AfterCommit = () => void | Promise<void>;

const open = (tx: Transaction): OpenTransaction => tx as unknown as OpenTransaction;
const seal = (tx: OpenTransaction): Transaction => tx as unknown as Transaction;

const ROUNDS = 3;

/**
 * The only way to the tables. Everything runs on the context's transaction when it has one, else on the pool.
 * `repository` serves commands; hot reads are hand-written SQL through `query` and `prepared`.
 */
@Injectable()
export class Database {
  private readonly log = new Logger(Database.name);

  constructor(readonly dataSource: DataSource) {}

  /** The driver's own pool, for COPY, LISTEN and prepared reads. */
  get pool(): Pool {
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }

  /** Rows of one statement. */
  async query<R extends QueryResultRow>(
    ctx: RequestContext,
    sql: string,
    params: readonly unknown[] = [],
  ): Promise<R[]> {
    return (await this.run<R>(ctx, { text: sql, values: [...params] })).rows;
  }

  /** Rows of a statement that the server plans once per connection; the name must be unique to the text. */
  async prepared<R extends QueryResultRow>(
    ctx: RequestContext,
    name: string,
    sql: string,
    params: readonly unknown[] = [],
  ): Promise<R[]> {
    return (await this.run<R>(ctx, { name, text: sql, values: [...params] })).rows;
  }

  /** How many rows a statement changed. */
  async execute(ctx: RequestContext, sql: string, params: readonly unknown[] = []): Promise<number> {
    return (await this.run(ctx, { text: sql, values: [...params] })).rowCount ?? 0;
  }

  repository<E extends ObjectLiteral>(ctx: RequestContext, entity: EntityTarget<E>): Repository<E> {
    return (ctx.tx ? open(ctx.tx).manager : this.dataSource.manager).getRepository(entity);
  }

  /** The raw client of the context's transaction, for COPY. @throws outside a transaction */
  transactionClient(ctx: RequestContext): PoolClient {
    if (!ctx.tx) throw new Error('This needs an open transaction.');
    return open(ctx.tx).client;
  }

  /**
   * Runs the work in one transaction, joining the context's when it has one. A serialization failure or deadlock is
   * tried again from the start, so the work must not act outside the database; use `afterCommit` for that.
   * @throws DATABASE_BUSY after three lost rounds, DATABASE_UNAVAILABLE when the connection fails
   */
  async transaction<T>(ctx: RequestContext, work: (ctx: RequestContext) => Promise<T>): Promise<T> {
    if (ctx.tx) return work(ctx);
    for (let round = 1; ; round++) {
      try {
        return await this.once(ctx, work);
      } catch (error) {
        const state = sqlStateOf(error);
        const isLostRace = state === '40001' || state === '40P01';
        if (isLostRace && round < ROUNDS) continue;
        if (isLostRace) throw DatabaseErrors.BUSY({}, error);
        if (isConnectionFailure(error)) throw DatabaseErrors.UNAVAILABLE({}, error);
        throw error;
      }
    }
  }

  /** Calls back once the context's transaction is durable, before its caller goes on. Never called on rollback. */
  afterCommit(ctx: RequestContext, callback: AfterCommit): void {
    if (!ctx.tx) throw new Error('This needs an open transaction.');
    open(ctx.tx).afterCommit.push(callback);
  }

  private async run<R extends QueryResultRow>(ctx: RequestContext, query: QueryConfig): Promise<QueryResult<R>> {
    try {
      return await (ctx.tx ? open(ctx.tx).client : this.pool).query<R>(query);
    } catch (error) {
      if (isConnectionFailure(error)) throw DatabaseErrors.UNAVAILABLE({}, error);
      throw error;
    }
  }

  private async once<T>(ctx: RequestContext, work: (ctx: RequestContext) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    const afterCommit: AfterCommit[] = [];
    let result: T;
    try {
      const client = (await runner.connect()) as PoolClient;
      await runner.startTransaction();
      result = await work({ ...ctx, tx: seal({ manager: runner.manager, client, afterCommit }) });
      await runner.commitTransaction();
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
    for (const callback of afterCommit) {
      await Promise.resolve()
        .then(callback)
        .catch((error: unknown) => this.log.error(error));
    }
    return result;
  }
}
