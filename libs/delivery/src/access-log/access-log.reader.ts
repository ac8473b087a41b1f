import { Inject, Injectable, Logger } from '@nestjs/common';
import { DatasetQueries } from '@app/catalog';
import { Settings } from '@app/config';
import { Database } from '@app/database';
import { Clock, DomainError } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { MeteringService } from '@app/metering';
import type { MeteredRequest, UnexplainedRequest } from '@app/metering';
import { LOG_STORE, ObjectStore } from '@app/storage';
import type { ListedObject } from '@app/storage';
import { deliverySettings } from '../delivery.config.js';
import { LeaseQueries } from '../leases/lease.queries.js';
import { parseAccessLogLine } from './access-log.rules.js';
import type { AccessLogEntry } from './access-log.rules.js';
import { explain, leaseIdOf } from './explanation.rules.js';
import type { Explanation } from './explanation.rules.js';
import { linesOf } from './log-lines.js';
import { listAfter } from './log-window.rules.js';
import { LogObjectService, emptyTally } from './log-object.service.js';
import type { LogTally } from './log-object.service.js';

/** Lines accounted for at a time: bounds memory whatever the size of a log object. */
const BATCH_LINES = 20_000;

export interface LogReading {
  readonly objects: number;
  readonly lines: number;
}

/** Turns the store's access log into counted usage. Objects are read, never changed: they are the evidence. */
@Injectable()
export class AccessLogReader {
  private readonly log = new Logger(AccessLogReader.name);

  constructor(
    @Inject(LOG_STORE) private readonly logStore: ObjectStore,
    private readonly store: ObjectStore,
    private readonly database: Database,
    private readonly leases: LeaseQueries,
    private readonly metering: MeteringService,
    private readonly datasets: DatasetQueries,
    private readonly objects: LogObjectService,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  /**
   * Counts every log object delivered since `backMs` before the newest counted one, each in one transaction with the mark that
   * it was read. An object that cannot be read is left for the next round, and does not hold up the others.
   *
   * @throws DATABASE_UNAVAILABLE, STORAGE_UNAVAILABLE
   */
  async readNew(ctx: RequestContext, backMs: number, signal?: AbortSignal): Promise<LogReading> {
    const prefix = this.settings.of(deliverySettings).logPrefix;
    const newestKey = await this.objects.newestKey(ctx, prefix);
    const reading = { objects: 0, lines: 0 };
    let after = listAfter(prefix, newestKey, backMs);
    do {
      const page = await this.logStore.listPage(prefix, { after });
      for (const object of await this.objects.unread(ctx, page.objects)) {
        if (signal?.aborted) return reading;
        const tally = await this.readOne(ctx, object);
        if (!tally) continue;
        reading.objects++;
        reading.lines += tally.lines;
      }
      after = page.next;
    } while (after !== undefined);
    return reading;
  }

  private async readOne(ctx: RequestContext, object: ListedObject): Promise<LogTally | null> {
    try {
      return await this.database.transaction(ctx, (tx) => this.count(tx, object));
    } catch (error) {
      // Without database or store the other objects cannot be read either.
      if (error instanceof DomainError && error.kind === 'UNAVAILABLE') throw error;
      this.log.warn(`Log object "${object.key}" could not be counted and stays for the next round: ${String(error)}`);
      return null;
    }
  }

  private async count(ctx: RequestContext, object: ListedObject): Promise<LogTally | null> {
    // Claimed first: a second reader of the same object waits here, then finds it read.
    if (!(await this.objects.claim(ctx, object, this.clock.now()))) return null;
    const tally = emptyTally();
    let batch: AccessLogEntry[] = [];
    const stream = await this.logStore.get(object.key);
    for await (const line of linesOf(stream)) {
      tally.lines++;
      const entry = line === null ? null : parseAccessLogLine(line);
      if (!entry) tally.malformedLines++;
      else if (batch.push(entry) >= BATCH_LINES) {
        await this.account(ctx, batch, tally);
        batch = [];
      }
    }
    await this.account(ctx, batch, tally);
    await this.objects.close(ctx, object.key, tally);
    if (tally.malformedLines)
      this.log.warn(`Log object "${object.key}" has ${tally.malformedLines} lines in no known form.`);
    return tally;
  }

  private async account(ctx: RequestContext, entries: readonly AccessLogEntry[], tally: LogTally): Promise<void> {
    const ids = new Set(entries.map(leaseIdOf).filter((id) => id !== null));
    const leases = await this.leases.byIds(ctx, [...ids]);
    const metered: MeteredRequest[] = [];
    const unexplained: { entry: AccessLogEntry; why: Explanation & { kind: 'unexplained' } }[] = [];
    for (const entry of entries) {
      const why = explain(entry, this.store.bucket, leases);
      switch (why.kind) {
        case 'metered':
          metered.push(toMetered(entry, why));
          break;
        case 'unexplained':
          unexplained.push({ entry, why });
          break;
        case 'own':
          tally.ownLines++;
          tally.ownBytes += entry.bytesSent;
          break;
        case 'refused':
          tally.refusedLines++;
          break;
        case 'other':
          tally.otherLines++;
      }
    }
    tally.meteredLines += metered.length;
    tally.unexplainedLines += unexplained.length;
    await this.metering.record(ctx, metered);
    await this.recordUnexplained(ctx, unexplained);
  }

  private async recordUnexplained(
    ctx: RequestContext,
    unexplained: readonly { entry: AccessLogEntry; why: Explanation & { kind: 'unexplained' } }[],
  ): Promise<void> {
    if (!unexplained.length) return;
    const providers = await this.providersOf(ctx, new Set(unexplained.map(({ why }) => why.datasetId)));
    const requests = unexplained.map(({ entry, why }): UnexplainedRequest => ({
      requestId: entry.requestId,
      at: entry.at,
      reason: why.reason,
      objectKey: why.key,
      method: why.method,
      status: entry.status,
      bytesSent: entry.bytesSent,
      leaseId: why.leaseId,
      grantId: why.lease?.grantId ?? null,
      datasetId: why.datasetId,
      buyerOrganizationId: why.lease?.organizationId ?? null,
      providerOrganizationId: providers.get(why.datasetId) ?? null,
    }));
    const added = await this.metering.recordUnexplained(ctx, requests);
    if (added) this.log.warn(`${added} requests for products are explained by no right; see unexplained_requests.`);
  }

  /** Who owns the data that was taken without a right. A key may name a dataset that never was. */
  private async providersOf(ctx: RequestContext, datasetIds: ReadonlySet<string>): Promise<Map<string, string>> {
    const rows = await this.datasets.byIds(ctx, [...datasetIds]);
    return new Map(rows.map((row) => [row.id, row.organizationId]));
  }
}

function toMetered(entry: AccessLogEntry, why: Explanation & { kind: 'metered' }): MeteredRequest {
  return {
    requestId: entry.requestId,
    at: entry.at,
    leaseId: why.lease.id,
    grantId: why.lease.grantId,
    datasetId: why.lease.datasetId,
    buyerOrganizationId: why.lease.organizationId,
    providerOrganizationId: why.lease.providerOrganizationId,
    method: why.method,
    status: entry.status,
    bytesSent: entry.bytesSent,
    objectSize: entry.objectSize,
  };
}
