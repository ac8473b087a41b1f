import { Module } from '@nestjs/common';
import { CatalogModule } from '@app/catalog';
import { registerTables } from '@app/database';
import { IdentityModule } from '@app/identity';
import { LicensingModule } from '@app/licensing';
import { MeteringModule } from '@app/metering';
import { RenditionsModule } from '@app/renditions';
import { LeaseQueries } from './leases/lease.queries.js';
import { LeaseService } from './leases/lease.service.js';
import { ManifestQueries } from './leases/manifest.queries.js';
import { Delivery1763600008000 } from './migrations/1763600008000-delivery.js';
import { UsageReportQueries } from './usage/usage-report.queries.js';

// Leases are written by one insert and never loaded to be changed: no entities.
registerTables({ domain: 'delivery', entities: [], migrations: [Delivery1763600008000] });

/** Leases and what became of them, for every process. */
@Module({
  imports: [IdentityModule, CatalogModule, LicensingModule, MeteringModule, RenditionsModule],
  providers: [LeaseService, LeaseQueries, ManifestQueries, UsageReportQueries],
  exports: [LeaseService, LeaseQueries, UsageReportQueries],
})
export class DeliveryModule {}
