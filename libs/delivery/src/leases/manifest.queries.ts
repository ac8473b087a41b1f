import { Injectable } from '@nestjs/common';
import { FileQueries, WithdrawalQueries, objectKeyOf } from '@app/catalog';
import { Database } from '@app/database';
import { decodeCursor } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { RenditionQueries } from '@app/renditions';
import type { RenditionTarget } from '@app/renditions';
import { DeliveryErrors } from '../delivery.errors.js';
import { rangeBytes } from './byte-range.rules.js';
import type { ByteRange } from './byte-range.rules.js';
import { LEASE_PAGE_CAP, pathsBehind } from './lease-request.rules.js';
import type { LeaseRequest } from './lease-request.rules.js';

/** One thing to lease: a file, or a range of it. */
export interface ManifestItem {
  readonly path: string;
  /** Of the whole file. */
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Where the bytes are in the store. */
  readonly objectKey: string;
  readonly range: ByteRange | null;
  /** What the URL can serve, used once. */
  readonly bytes: number;
}

export interface ManifestPage {
  readonly items: readonly ManifestItem[];
  readonly hasNextPage: boolean;
}

/** What is leased: the files of a version, or of one of its standard forms. */
export interface LeasedVersion {
  readonly datasetId: string;
  readonly versionId: string;
  readonly rendition: RenditionTarget | null;
}

type PackedFile = [path: string, sizeBytes: number, sha256: string | null];

/**
 * One page of up to a thousand files, packed by the database into one value: three times as fast as a thousand rows. The lower
 * bound is never null, so that a plan made once still begins at the cursor instead of at the first file.
 */
const PAGE_SQL = `
  select coalesce(json_agg(json_build_array(path, size_bytes, sha256)), '[]') as files
    from (select path, size_bytes, sha256 from version_files where version_id = $1 and path > $2 order by path limit $3) as page`;

/** Which files a lease is for. Callers hold a grant on the version. */
@Injectable()
export class ManifestQueries {
  constructor(
    private readonly database: Database,
    private readonly files: FileQueries,
    private readonly renditions: RenditionQueries,
    private readonly withdrawals: WithdrawalQueries,
  ) {}

  /**
   * @throws DELIVERY_FILE_NOT_IN_GRANT, DELIVERY_RANGE_OUTSIDE_FILE, DELIVERY_NOTHING_LEFT, DELIVERY_RENDITION_NOT_READY,
   *         DELIVERY_CONSENT_WITHDRAWN
   */
  async select(ctx: RequestContext, version: LeasedVersion, request: LeaseRequest): Promise<ManifestPage> {
    const page = await this.selectAny(ctx, version, request);
    await this.requireConsent(
      ctx,
      version,
      page.items.map(({ path }) => path),
    );
    return page;
  }

  /**
   * A file holds many episodes, and its bytes go out whole or not at all: one withdrawn episode stops the file. Where a
   * standard form keeps its episodes is known to nobody here, so it is stopped as a whole.
   */
  private async requireConsent(
    ctx: RequestContext,
    { versionId, rendition }: LeasedVersion,
    paths: readonly string[],
  ): Promise<void> {
    const stopped = await this.withdrawals.stoppedFiles(ctx, versionId, paths);
    if (!stopped) return;
    const isWhole = stopped.isWhole || rendition !== null;
    if (!isWhole && stopped.paths.length === 0) return;
    const named = isWhole ? [] : stopped.paths.slice(0, 10);
    throw DeliveryErrors.CONSENT_WITHDRAWN({ paths: named, successor: stopped.successor });
  }

  private async selectAny(ctx: RequestContext, version: LeasedVersion, request: LeaseRequest): Promise<ManifestPage> {
    const { rendition, versionId } = version;
    if (rendition && !(await this.renditions.ready(ctx, versionId, rendition)))
      throw DeliveryErrors.RENDITION_NOT_READY({ rendition });
    if (request.ranges) return { items: await this.ofRanges(ctx, version, request.ranges), hasNextPage: false };
    const after = request.after ? String(decodeCursor(request.after, 1)[0]) : null;
    const size = request.first ?? LEASE_PAGE_CAP;
    if (request.paths) {
      const wanted = pathsBehind(request.paths, after);
      return { items: await this.ofPaths(ctx, version, wanted.slice(0, size)), hasNextPage: wanted.length > size };
    }
    const items = await this.page(ctx, version, after ?? '', size + 1);
    if (!items.length) throw DeliveryErrors.NOTHING_LEFT({});
    return { items: items.slice(0, size), hasNextPage: items.length > size };
  }

  private async page(
    ctx: RequestContext,
    { datasetId, versionId, rendition }: LeasedVersion,
    after: string,
    limit: number,
  ): Promise<ManifestItem[]> {
    if (rendition) return (await this.renditions.files(ctx, versionId, rendition, { after, limit })).map(toItem);
    const rows = await this.database.prepared<{ files: PackedFile[] }>(ctx, 'delivery_manifest_page', PAGE_SQL, [
      versionId,
      after,
      limit,
    ]);
    const folder = objectKeyOf({ datasetId, versionId, path: '' });
    return (rows[0]?.files ?? []).map(([path, sizeBytes, sha256]) =>
      toItem({ path, sizeBytes, sha256, objectKey: folder + path }),
    );
  }

  private async ofPaths(
    ctx: RequestContext,
    { versionId, rendition }: LeasedVersion,
    paths: readonly string[],
  ): Promise<ManifestItem[]> {
    if (!paths.length) throw DeliveryErrors.NOTHING_LEFT({});
    const page = { limit: paths.length, paths };
    const rows = rendition
      ? await this.renditions.files(ctx, versionId, rendition, page)
      : await this.files.page(ctx, versionId, page);
    if (rows.length < paths.length) {
      const found = new Set(rows.map((row) => row.path));
      throw DeliveryErrors.FILE_NOT_IN_GRANT({ paths: paths.filter((path) => !found.has(path)).slice(0, 10) });
    }
    return rows.map(toItem);
  }

  private async ofRanges(
    ctx: RequestContext,
    version: LeasedVersion,
    ranges: readonly ByteRange[],
  ): Promise<ManifestItem[]> {
    const paths = ranges.map((range) => range.path);
    const byPath = new Map(
      (await this.ofPaths(ctx, version, pathsBehind(paths, null))).map((item) => [item.path, item]),
    );
    return ranges.flatMap((range) => {
      const item = byPath.get(range.path);
      if (!item) return [];
      const bytes = rangeBytes(range, item.sizeBytes);
      if (bytes === null) throw DeliveryErrors.RANGE_OUTSIDE_FILE({ path: item.path, sizeBytes: item.sizeBytes });
      return [{ ...item, range, bytes }];
    });
  }
}

interface StoredFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string | null;
  readonly objectKey: string;
}

function toItem({ path, sizeBytes, sha256, objectKey }: StoredFile): ManifestItem {
  // Ingest hashes every file before a version can be released, and only released versions are granted.
  if (sha256 === null) throw new Error(`"${path}" was granted without a hash.`);
  return { path, sizeBytes, sha256, objectKey, range: null, bytes: sizeBytes };
}
