import { Module } from '@nestjs/common';
import { DeliveryModule } from '@app/delivery';
import { IdentityModule } from '@app/identity';
import { LicensingModule } from '@app/licensing';
import { MeteringModule } from '@app/metering';
import { EvidenceService } from './evidence/evidence.service.js';
import { ExportService } from './exports/export.service.js';

/** What auditors take with them. It owns no table: it reads through the doors of the others. */
@Module({
  imports: [DeliveryModule, IdentityModule, LicensingModule, MeteringModule],
  providers: [EvidenceService, ExportService],
  exports: [EvidenceService, ExportService],
})
export class DeskModule {}
