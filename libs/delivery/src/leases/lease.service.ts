import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Settings } from '@app/config';
import { Database } from '@app/database';
import { Clock, encodeCursor, newId, requireBuyer, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { GrantGate } from '@app/licensing';
import { ObjectStore } from '@app/storage';
import { LEASE_PARAMETER } from '../access-log/explanation.rules.js';
import { deliverySettings } from '../delivery.config.js';
import { rangeHeaderOf } from './byte-range.rules.js';
import { leaseRequestSchema, leaseTimes } from './lease-request.rules.js';
import { ManifestQueries } from './manifest.queries.js';
import type { ManifestItem } from './manifest.queries.js';

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

interface Minted {
  readonly id: string;
  readonly items: readonly ManifestItem[];
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
    private readonly manifest: ManifestQueries,
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
   * DELIVERY_RANGE_OUTSIDE_FILE, DELIVERY_NOTHING_LEFT, DELIVERY_RENDITION_NOT_READY, DELIVERY_CONSENT_WITHDRAWN
   */
  async create(ctx: RequestContext, input: unknown): Promise<CreatedLease> {
    const request = validate(leaseRequestSchema, input);
    const user = requireBuyer(ctx);
    const minted = await this.database.transaction(ctx, async (tx) => {
      const grant = await this.gate.require(tx, request.grantId);
      const rendition = request.rendition ?? null;
      const { items, hasNextPage } = await this.manifest.select(tx, { ...grant, rendition }, request);
      const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
      const now = this.clock.now();
      const { signedAt, expiresS } = leaseTimes(now, this.settings.of(deliverySettings).leaseS, grant.expiresAt);
      const id = newId('Lease', now.getTime());
      const expiresAt = new Date(signedAt.getTime() + expiresS * 1000);
      await this.database.prepared(tx, 'delivery_insert_lease', INSERT_SQL, [
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
        facts: {
          versionId: grant.versionId,
          ...(rendition && { rendition }),
          files: items.length,
          bytes,
          expiresAt: expiresAt.toISOString(),
        },
      });
      return {
        id,
        items,
        hasNextPage,
        bytes,
        signedAt,
        expiresS,
      };
    });
    return this.sign(request.grantId, minted);
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
      return {
        path,
        sizeBytes,
        sha256,
        url: this.store.presignGet(objectKey, { ...options, headers: { range: header } }),
        range: header,
      };
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
