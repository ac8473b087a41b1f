import { Module } from '@nestjs/common';
import { CatalogModule } from '@app/catalog';
import { registerTables } from '@app/database';
import { Renditions1763600005600 } from './migrations/1763600005600-renditions.js';
import { RenditionQueries } from './shelf/rendition.queries.js';
import { RenditionService } from './shelf/rendition.service.js';

// Renditions are changed by single statements and never loaded to be changed: no entities.
registerTables({ domain: 'renditions', entities: [], migrations: [Renditions1763600005600] });

const services = [RenditionQueries, RenditionService];

/** Standard forms of versions, for every process. */
@Module({ imports: [CatalogModule], providers: services, exports: services })
export class RenditionsModule {}
