import { DataSource } from 'typeorm';
import { Audit, OperatorReads } from '@app/audit';
import { Settings } from '@app/config';
import { Database, Notices } from '@app/database';
import { SystemClock } from '@app/kernel';
import { BrowseIndex } from '../../libs/catalog/src/browse/browse-index.js';
import { BrowseQueries } from '../../libs/catalog/src/browse/browse.queries.js';
import { CatalogEpoch } from '../../libs/catalog/src/browse/catalog-epoch.js';
import { IndexRowQueries } from '../../libs/catalog/src/browse/index-rows.queries.js';
import { TextSearchQueries } from '../../libs/catalog/src/browse/text-search.queries.js';
import { CatalogRevision } from '../../libs/catalog/src/catalog-revision.js';
import { DatasetQueries } from '../../libs/catalog/src/datasets/dataset.queries.js';

/** The catalogue's reading half in this process, without a server before it. */
export interface BrowseProcess {
  readonly browseIndex: BrowseIndex;
  readonly texts: TextSearchQueries;
  readonly browse: BrowseQueries;
  stop(): Promise<void>;
}

export async function openBrowse(url: string): Promise<BrowseProcess> {
  const dataSource = await new DataSource({
    type: 'postgres',
    url,
    poolSize: 4,
    parseInt8: true,
    synchronize: false,
  }).initialize();
  const notices = new Notices(new Settings({ DATABASE_URL: url }));
  const database = new Database(dataSource);
  const clock = new SystemClock();
  const texts = new TextSearchQueries(database);
  const browseIndex = new BrowseIndex(
    database,
    notices,
    new CatalogRevision(database),
    new IndexRowQueries(database),
    texts,
    new CatalogEpoch(),
  );
  await browseIndex.onModuleInit();
  return {
    browseIndex,
    texts,
    browse: new BrowseQueries(
      browseIndex,
      texts,
      new DatasetQueries(database, new OperatorReads(database, new Audit(database, clock), clock)),
    ),
    stop: async () => {
      browseIndex.onApplicationShutdown();
      await notices.onApplicationShutdown();
      await dataSource.destroy();
    },
  };
}
