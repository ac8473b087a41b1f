import { Module } from '@nestjs/common';
import { CatalogModule } from '@app/catalog';
import { registerTables } from '@app/database';
import { Previews1763600005500 } from './migrations/1763600005500-previews.js';
import { PreviewQueries } from './samples/preview.queries.js';
import { PreviewStore } from './samples/preview-store.service.js';

// Previews are written by one insert and never loaded to be changed: no entities.
registerTables({ domain: 'previews', entities: [], migrations: [Previews1763600005500] });

const services = [PreviewQueries, PreviewStore];

/** What may be seen without a licence, for every process. */
@Module({ imports: [CatalogModule], providers: services, exports: services })
export class PreviewsModule {}
