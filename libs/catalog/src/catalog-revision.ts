import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';

export const CATALOG_CHANNEL = 'catalog_revision';

/** The number that moves on every change that a listing shows. Caches and indexes follow it. */
@Injectable()
export class CatalogRevision {
  private readonly followers: ((datasetId: string) => Promise<void>)[] = [];

  constructor(private readonly database: Database) {}

  /** Calls back after each commit of this process, before other processes hear of it, so that a writer reads his own writes. */
  follow(follower: (datasetId: string) => Promise<void>): void {
    this.followers.push(follower);
  }

  /** Marks the dataset as changed in the context's transaction and tells every process when it commits. */
  async touch(ctx: RequestContext, datasetId: string): Promise<void> {
    // One writer of revisions at a time until its commit: else a later number could become visible before an earlier one,
    // and a follower that asks for "all after the last" would miss the earlier for ever.
    await this.database.query(ctx, `select pg_advisory_xact_lock(hashtext('catalog_revision'))`);
    await this.database.query(
      ctx,
      `with changed as (
         update datasets set revision = nextval('catalog_revision') where id = $1 returning revision
       )
       select pg_notify('${CATALOG_CHANNEL}', revision || ':' || $1) from changed`,
      [datasetId],
    );
    this.database.afterCommit(ctx, async () => {
      for (const follower of this.followers) await follower(datasetId);
    });
  }
}
