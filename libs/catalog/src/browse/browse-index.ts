import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { Database, DatabaseErrors, Notices } from '@app/database';
import { systemContext } from '@app/kernel';
import { CATALOG_CHANNEL, CatalogRevision } from '../catalog-revision.js';
import { CatalogEpoch } from './catalog-epoch.js';
import { FacetIndex } from './index/facet-index.js';
import { IndexRowQueries } from './index-rows.queries.js';
import { TextSearchQueries } from './text-search.queries.js';

/** A line that died without a word (a NAT that forgot it) is noticed after at most this long. */
const PULSE_MS = 5_000;

/**
 * The facet index of this process and its refreshing. Revisions become visible in their order, so "all after the last one"
 * misses nothing, whether a notice, a commit of our own, a reconnect or the pulse asked for it.
 */
@Injectable()
export class BrowseIndex implements OnModuleInit, OnApplicationShutdown {
  private readonly log = new Logger(BrowseIndex.name);
  private readonly ctx = systemContext('catalog browse index');
  private index: FacetIndex | null = null;
  private revision = 0;
  private refreshing: Promise<void> | null = null;
  private isAskedAgain = false;
  /** Settles when this process's own committed changes are in the index. */
  private ownChanges: Promise<void> = Promise.resolve();
  private isLineUp = false;
  private isRefreshed = false;
  private pulse: NodeJS.Timeout | null = null;

  constructor(
    private readonly database: Database,
    private readonly notices: Notices,
    private readonly catalogRevision: CatalogRevision,
    private readonly rows: IndexRowQueries,
    private readonly texts: TextSearchQueries,
    private readonly epoch: CatalogEpoch,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.notices.listen(CATALOG_CHANNEL, {
      onNotice: () => {
        this.epoch.move();
        void this.refresh();
      },
      onDisconnected: () => {
        this.isLineUp = false;
        this.epoch.setFollowing(false);
      },
      onConnected: () => {
        this.isLineUp = true;
        this.isRefreshed = false;
        void this.refresh();
      },
    });
    this.catalogRevision.follow(async () => {
      this.epoch.move();
      this.ownChanges = this.refresh();
      await this.ownChanges;
    });
    await this.refresh();
    this.pulse = setInterval(() => void this.refresh(), PULSE_MS);
    this.pulse.unref();
  }

  onApplicationShutdown(): void {
    if (this.pulse) clearInterval(this.pulse);
  }

  /** The index with every change that this process has committed. @throws DATABASE_UNAVAILABLE while it was never built */
  async current(): Promise<FacetIndex> {
    await this.ownChanges;
    if (!this.index) throw DatabaseErrors.UNAVAILABLE({});
    return this.index;
  }

  /** The last revision that the index has taken in. */
  get takenRevision(): number {
    return this.revision;
  }

  /** Takes in what changed. Asked while it runs, it runs once more, since the change may have come after its query. */
  refresh(): Promise<void> {
    if (this.refreshing) {
      this.isAskedAgain = true;
      return this.refreshing;
    }
    this.refreshing = this.follow();
    return this.refreshing;
  }

  private async follow(): Promise<void> {
    do {
      this.isAskedAgain = false;
      try {
        const index = !this.index || this.index.isWorn ? await this.build() : this.index;
        await this.takeChanges(index);
        this.isRefreshed = true;
      } catch (error) {
        this.isRefreshed = false;
        this.log.warn({ message: 'The catalogue index could not be refreshed.', error: String(error) });
      }
      this.epoch.setFollowing(this.isLineUp && this.isRefreshed);
    } while (this.isAskedAgain);
    // In the same breath as the last look at `isAskedAgain`: a later moment would lose who asks in between.
    this.refreshing = null;
  }

  private async build(): Promise<FacetIndex> {
    const { index, revision } = await this.database.transaction(this.ctx, async (ctx) => {
      const { count, revision } = await this.rows.extent(ctx);
      const index = new FacetIndex(count);
      await this.rows.load(ctx, (row) => index.add(row));
      await this.texts.loadWords(ctx);
      return { index, revision };
    });
    this.index = index;
    this.revision = revision;
    this.epoch.move();
    return index;
  }

  private async takeChanges(index: FacetIndex): Promise<void> {
    for (;;) {
      const changes = await this.rows.changesAfter(this.ctx, this.revision);
      if (changes.length === 0) return;
      for (const { id, row, revision } of changes) {
        if (row) index.upsert(row);
        else index.remove(id);
        this.revision = revision;
      }
      this.texts.onChange(changes.flatMap(({ words }) => words));
      this.epoch.move();
    }
  }
}
