import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { FileQueries } from '@app/catalog';
import type { FileRow } from '@app/catalog';
import { Settings } from '@app/config';
import { Database } from '@app/database';
import { Clock, decodeCursor, encodeCursor, newId, requireBuyer, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantGate } from '@app/licensing';
import { ObjectStore } from '@app/storage';
import { LEASE_PARAMETER } from '../access-log/explanation.rules.js';
import { deliverySettings } from '../delivery.config.js';
import { DeliveryErrors } from '../delivery.errors.js';
import { rangeBytes, rangeHeaderOf } from './byte-range.rules.js';
import type { ByteRange } from './byte-range.rules.js';
import { LEASE_PAGE_CAP, leaseRequestSchema, leaseTimes, pathsBehind } from './lease-request.rules.js';
import type { LeaseRequest } from './lease-request.rules.js';

/** One file of a manifest, with the URL that reads it. */
export interface LeasedFile {
  readonly path: string;
  /** Size of the whole file, also where only a range of it is leased. */
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly url: string;
  /** The exact `Range` header that the URL demands; null where any range, or none, is fine. */
  readonly range: string | null;
}

export interface CreatedLease {
  readonly lease: { readonly id: string; readonly grantId: string; readonly expiresAt: Date; readonly bytes: number };
  readonly files: readonly LeasedFile[];
  readonly hasNextPage: boolean;
  readonly endCursor: string;
}

interface Item {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly objectKey: string;
  readonly range: ByteRange | null;
  readonly bytes: number;
}

interface Minted {
  readonly id: string;
  readonly items: readonly Item[];
  readonly hasNextPage: boolean;
  readonly bytes: number;
  readonly signedAt: Date;
  readonly expiresS: number;
}

const INSERT_SQL = `
  insert into leases (grant_id, id, organization_id, provider_organization_id, dataset_id, version_id, files, bytes, requested_by,
    created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;

/** The one place where URLs to a product's bytes are made. */
@Injectable()
export class LeaseService {
  constructor(
    private readonly database: Database,
    private readonly gate: GrantGate,
    private readonly files: FileQueries,
    private readonly store: ObjectStore,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  /**
   * Mints signed URLs for one page of a granted version's files, each tied to a new lease. The gate looks at the grant in the
   * transaction that writes the lease and holds it still until then, so a revocation either comes first and wins, or waits.
   *
   * @throws REQUEST_INVALID, REQUEST_NOT_FOUND, LICENSING_GRANT_NOT_ACTIVE, DELIVERY_FILE_NOT_IN_GRANT,
   * DELIVERY_RANGE_OUTSIDE_FILE, DELIVERY_NOTHING_LEFT
   */
  async create(ctx: RequestContext, input: unknown): Promise<CreatedLease> {
    const request = validate(leaseRequestSchema, input);
    const user = requireBuyer(ctx);
    const minted = await this.database.transaction(ctx, async (tx) => {
      const grant = await this.gate.require(tx, request.grantId);
      const { items, hasNextPage } = await this.select(tx, grant.versionId, request);
      const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
      const now = this.clock.now();
      const { signedAt, expiresS } = leaseTimes(now, this.settings.of(deliverySettings).leaseS, grant.expiresAt);
      const id = newId('Lease', now.getTime());
      const expiresAt = new Date(signedAt.getTime() + expiresS * 1000);
      await this.database.execute(tx, INSERT_SQL, [
        grant.id,
        id,
        grant.organizationId,
        grant.providerOrganizationId,
        grant.datasetId,
        grant.versionId,
        items.length,
        bytes,
        user.userId,
        signedAt,
        expiresAt,
      ]);
      await this.audit.record(tx, {
        action: 'lease.created',
        subject: { kind: 'lease', id },
        about: {
          datasetId: grant.datasetId,
          organizationIds: [grant.organizationId, grant.providerOrganizationId],
          grantId: grant.id,
        },
        facts: { versionId: grant.versionId, files: items.length, bytes, expiresAt: expiresAt.toISOString() },
      });
      return { id, items, hasNextPage, bytes, signedAt, expiresS };
    });
    return this.sign(request.grantId, minted);
  }

  private async select(
    ctx: RequestContext,
    versionId: string,
    request: LeaseRequest,
  ): Promise<{ items: Item[]; hasNextPage: boolean }> {
    const after = request.after ? String(decodeCursor(request.after, 1)[0]) : null;
    const size = request.first ?? LEASE_PAGE_CAP;
    if (request.ranges) return { items: await this.selectRanges(ctx, versionId, request.ranges), hasNextPage: false };
    if (request.paths) {
      const wanted = pathsBehind(request.paths, after);
      const page = wanted.slice(0, size);
      return { items: await this.selectPaths(ctx, versionId, page), hasNextPage: wanted.length > size };
    }
    const rows = await this.files.page(ctx, versionId, { after: after ?? undefined, limit: size + 1 });
    if (!rows.length) throw DeliveryErrors.NOTHING_LEFT({});
    const items = rows.slice(0, size).map(toItem);
    return { items, hasNextPage: rows.length > size };
  }

  private async selectPaths(ctx: RequestContext, versionId: string, paths: readonly string[]): Promise<Item[]> {
    if (!paths.length) throw DeliveryErrors.NOTHING_LEFT({});
    const rows = await this.files.page(ctx, versionId, { limit: paths.length, paths: [...paths] });
    if (rows.length < paths.length) {
      const found = new Set(rows.map((row) => row.path));
      throw DeliveryErrors.FILE_NOT_IN_GRANT({ paths: paths.filter((path) => !found.has(path)).slice(0, 10) });
    }
    return rows.map(toItem);
  }

  private async selectRanges(ctx: RequestContext, versionId: string, ranges: readonly ByteRange[]): Promise<Item[]> {
    const rows = await this.selectPaths(
      ctx,
      versionId,
      pathsBehind(
        ranges.map((range) => range.path),
        null,
      ),
    );
    const byPath = new Map(rows.map((row) => [row.path, row]));
    return ranges.flatMap((range) => {
      const row = byPath.get(range.path);
      if (!row) return [];
      const bytes = rangeBytes(range, row.sizeBytes);
      if (bytes === null) throw DeliveryErrors.RANGE_OUTSIDE_FILE({ path: row.path, sizeBytes: row.sizeBytes });
      return [{ ...row, range, bytes }];
    });
  }

  /** Outside the transaction: signing needs no lock, and what is committed may be signed. */
  private sign(grantId: string, minted: Minted): CreatedLease {
    const options = {
      expiresS: minted.expiresS,
      now: minted.signedAt,
      // Without a name, browsers save under the last segment of the URL, which is the file's own.
      query: { [LEASE_PARAMETER]: minted.id, 'response-content-disposition': 'attachment' },
    };
    const whole = this.store.prepareGets(options);
    const files = minted.items.map(({ path, sizeBytes, sha256, objectKey, range }) => {
      if (!range) return { path, sizeBytes, sha256, url: whole.sign(objectKey), range: null };
      const header = rangeHeaderOf(range);
      return { path, sizeBytes, sha256, url: this.store.presignGet(objectKey, { ...options, headers: { range: header } }), range: header };
    });
    return {
      lease: {
        id: minted.id,
        grantId,
        expiresAt: new Date(minted.signedAt.getTime() + minted.expiresS * 1000),
        bytes: minted.bytes,
      },
      files,
      hasNextPage: minted.hasNextPage,
      endCursor: encodeCursor([minted.items.at(-1)?.path ?? '']),
    };
  }
}

function toItem(row: FileRow): Item {
  // Ingest hashes every file before a version can be released, and only released versions are granted.
  if (row.sha256 === null) throw new Error(`"${row.objectKey}" was granted without a hash.`);
  return { path: row.path, sizeBytes: row.sizeBytes, sha256: row.sha256, objectKey: row.objectKey, range: null, bytes: row.sizeBytes };
}
